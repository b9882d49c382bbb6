import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isKernelError } from '@gadgetloom/core';
import type { GadgetConfig } from '@gadgetloom/udc';
import { fileCall } from '../kernel/kernel-call.ts';
import { isTexts, readNoteFile } from '../kernel/note-file.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { runDirectory } from '../kernel/run-directory.ts';
import type { ConfigFiles } from './config-files.ts';
import { writeWhole } from './whole-file.ts';

/** Records who made a gadget and what belongs to it. Kept outside configfs, which cannot store notes. */
export interface GadgetNote {
  readonly gadget: string;
  readonly pid: number;
  /** Thread of the process, unless it is the main thread. A worker can end before its process. */
  readonly thread?: number;
  /** Start of the thread in clock ticks since boot. It tells processes apart that reuse a number. */
  readonly started: string;
  /** FunctionFS instances of the gadget. */
  readonly instances: readonly string[];
  /** The process only uses the gadget, which root set up. */
  readonly borrowed?: true;
  /** Inode of the gadget's directory once it exists. It tells the gadget from a later one of the same name. */
  readonly directory?: number;
}

/** Lists the FunctionFS instances of a gadget. */
export function instancesOf({ configurations }: GadgetConfig): string[] {
  const all = configurations.flatMap(({ functions }) =>
    functions.flatMap(({ type, instance }) => (type === 'ffs' ? [instance] : [])),
  );
  return [...new Set(all)];
}

/** Notes that this process makes or has made the gadget, or that it uses a gadget that root set up. */
export function noteGadget(
  paths: LinuxPaths,
  config: GadgetConfig,
  { borrowed = false, directory }: { readonly borrowed?: boolean; readonly directory?: number | undefined } = {},
): void {
  const thread = ownThread(paths);
  const note: GadgetNote = {
    gadget: config.name,
    pid: process.pid,
    ...(thread !== undefined && { thread }),
    started: startOf(paths, process.pid, thread) ?? '',
    instances: instancesOf(config),
    ...(borrowed && { borrowed }),
    ...(directory !== undefined && { directory }),
  };
  writeWhole(notePath(paths, config.name), `${JSON.stringify(note)}\n`);
}

export function forgetGadget(paths: LinuxPaths, gadget: string): void {
  rmSync(notePath(paths, gadget), { force: true });
}

/** Returns the note about a gadget that this package made. */
export function findNote(paths: LinuxPaths, gadget: string): GadgetNote | undefined {
  const path = notePath(paths, gadget);
  return existsSync(path) ? readNote(path) : undefined;
}

/** Lists files among the notes that are not notes. This package neither uses nor removes them. */
export function strangeNotes(paths: LinuxPaths): string[] {
  const directory = runDirectory(paths, 'gadgets');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(directory, name))
    .filter((path) => readNote(path) === undefined);
}

/** Lists every note. */
export function allNotes(paths: LinuxPaths): GadgetNote[] {
  const directory = runDirectory(paths, 'gadgets');
  return readdirSync(directory).flatMap((name) =>
    name.endsWith('.json') ? (readNote(join(directory, name)) ?? []) : [],
  );
}

/** True if the gadget in configfs is the noted one. Without a noted inode, the name decides. */
export function isNoted(files: ConfigFiles, { directory }: Pick<GadgetNote, 'directory'>): boolean {
  return directory === undefined || files.directory === directory;
}

/** True while the process, and the worker, that made the gadget run. */
export function ownerLives(paths: LinuxPaths, note: GadgetNote): boolean {
  return startOf(paths, note.pid, note.thread) === note.started;
}

function notePath(paths: LinuxPaths, gadget: string): string {
  return join(runDirectory(paths, 'gadgets'), `${encodeURIComponent(gadget)}.json`);
}

/** Reads a note. Returns `undefined` for a file of another format, so that nothing removes it. */
function readNote(path: string): GadgetNote | undefined {
  return readNoteFile<GadgetNote>(
    path,
    ({ gadget, pid, started, instances }) =>
      typeof gadget === 'string' && Number.isSafeInteger(pid) && typeof started === 'string' && isTexts(instances),
  );
}

/** Number of the calling thread; `undefined` for the main thread. */
function ownThread(paths: LinuxPaths): number | undefined {
  const link = join(paths.proc, 'thread-self');
  if (!existsSync(link)) return undefined;
  const thread = Number(basename(fileCall(`read ${link}`, () => readlinkSync(link))));
  return thread === process.pid ? undefined : thread;
}

/**
 * Returns the start of a process or of its thread (proc(5), /proc/PID/stat, field 22); `undefined` if there is none.
 *
 * @throws KernelError the start cannot be read; callers must not take that for the end of the process
 */
function startOf(paths: LinuxPaths, pid: number, thread?: number): string | undefined {
  const path = join(paths.proc, String(pid), thread === undefined ? '' : `task/${thread}`, 'stat');
  try {
    const text = fileCall(`read ${path}`, () => readFileSync(path, 'utf8'));
    // The second field is a name in parentheses that may contain anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (isKernelError(error, 'ENOENT') || isKernelError(error, 'ESRCH')) return undefined;
    throw error;
  }
}
