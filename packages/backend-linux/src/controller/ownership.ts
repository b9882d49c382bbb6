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

/** Who made a gadget, and what belongs to it. Kept outside of configfs, which has no room for notes. */
export interface GadgetNote {
  readonly gadget: string;
  readonly pid: number;
  /** The thread in it, unless it is the first: a worker can end without its process. */
  readonly thread?: number;
  /** When the thread started, in clock ticks since boot: numbers of processes are used again. */
  readonly started: string;
  /** Its instances of FunctionFS. */
  readonly instances: readonly string[];
  /** It only uses the gadget, which was set up before. */
  readonly borrowed?: true;
  /** Inode of the gadget's directory, once it is there: somebody else may make one of that name later. */
  readonly directory?: number;
}

/** Instances of FunctionFS in a gadget. */
export function instancesOf({ configurations }: GadgetConfig): string[] {
  const all = configurations.flatMap(({ functions }) =>
    functions.flatMap(({ type, instance }) => (type === 'ffs' ? [instance] : [])),
  );
  return [...new Set(all)];
}

/** Writes down that this process makes the gadget or has made it, or that it uses one that was set up. */
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

/** The note about a gadget, if this project made it. */
export function findNote(paths: LinuxPaths, gadget: string): GadgetNote | undefined {
  const path = notePath(paths, gadget);
  return existsSync(path) ? readNote(path) : undefined;
}

/** Files among the notes that are none, and that nothing here reads or removes. */
export function strangeNotes(paths: LinuxPaths): string[] {
  const directory = runDirectory(paths, 'gadgets');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(directory, name))
    .filter((path) => readNote(path) === undefined);
}

/** Every note. */
export function allNotes(paths: LinuxPaths): GadgetNote[] {
  const directory = runDirectory(paths, 'gadgets');
  return readdirSync(directory).flatMap((name) =>
    name.endsWith('.json') ? (readNote(join(directory, name)) ?? []) : [],
  );
}

/** True if the gadget of that name is the one that was noted down, as far as can be known. */
export function isNoted(files: ConfigFiles, { directory }: Pick<GadgetNote, 'directory'>): boolean {
  return directory === undefined || files.directory === directory;
}

/** True while the process that made the gadget runs, and the worker in it. */
export function ownerLives(paths: LinuxPaths, note: GadgetNote): boolean {
  return startOf(paths, note.pid, note.thread) === note.started;
}

function notePath(paths: LinuxPaths, gadget: string): string {
  return join(runDirectory(paths, 'gadgets'), `${encodeURIComponent(gadget)}.json`);
}

/** Nothing is known, and nothing removed, of what is no note of ours. */
function readNote(path: string): GadgetNote | undefined {
  return readNoteFile<GadgetNote>(
    path,
    ({ gadget, pid, started, instances }) =>
      typeof gadget === 'string' && Number.isSafeInteger(pid) && typeof started === 'string' && isTexts(instances),
  );
}

/** Number of the thread that calls, if it is not the first of the process. */
function ownThread(paths: LinuxPaths): number | undefined {
  const link = join(paths.proc, 'thread-self');
  if (!existsSync(link)) return undefined;
  const thread = Number(basename(fileCall(`read ${link}`, () => readlinkSync(link))));
  return thread === process.pid ? undefined : thread;
}

/**
 * Start of a process or of a thread in it (proc(5), /proc/PID/stat, field 22); `undefined` if there is none.
 *
 * @throws KernelError it cannot be known, which must not be taken for its death
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
