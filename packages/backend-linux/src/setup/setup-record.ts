import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../controller/whole-file.ts';
import { fileCall } from '../kernel/kernel-call.ts';
import { isTexts, readNoteFile } from '../kernel/note-file.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { type Acl, isAclEntry } from './acl.ts';

/** A file that was handed over, with its state before. */
export interface HandedOver {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
  /** The access control list of a device in whose list the user got an entry. */
  readonly acl?: Acl;
}

/** Record of what root set up for a user. Setup and record last until the machine restarts. */
export interface SetupRecord {
  readonly gadget: string;
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  /** FunctionFS instances of the gadget. */
  readonly instances: readonly string[];
  readonly handedOver: readonly HandedOver[];
  /** Inode of the gadget's directory once it exists. It tells the gadget from a later one of the same name. */
  readonly directory?: number;
}

/** Finds the setup of a gadget. */
export function findSetup(paths: LinuxPaths, gadget: string): SetupRecord | undefined {
  return readRecord(recordPath(paths, gadget));
}

/** Lists all setups. */
export function allSetups(paths: LinuxPaths): SetupRecord[] {
  if (!existsSync(paths.setup)) return [];
  return readdirSync(paths.setup)
    .sort()
    .flatMap((name) => (name.endsWith('.json') ? (readRecord(join(paths.setup, name)) ?? []) : []));
}

/** Returns where the instance is mounted for this user, if it is. */
export function setupOfInstance(paths: LinuxPaths, instance: string): string | undefined {
  const own = process.getuid?.() ?? 0;
  const found = allSetups(paths).find(
    ({ uid, instances }) => instances.includes(instance) && (own === uid || own === 0),
  );
  const path = found && setupMount(paths, found.gadget, instance);
  // It may have been unmounted.
  return path !== undefined && existsSync(join(path, 'ep0')) ? path : undefined;
}

/** Returns the mount point of an instance. */
export function setupMount(paths: LinuxPaths, gadget: string, instance: string): string {
  return join(setupMounts(paths, gadget), instance);
}

/** Returns the directory of a gadget's mount points. */
export function setupMounts(paths: LinuxPaths, gadget: string): string {
  return join(paths.setup, encodeURIComponent(gadget));
}

/** Writes a record, readable for all users. */
export function recordSetup(paths: LinuxPaths, record: SetupRecord): void {
  const path = recordPath(paths, record.gadget);
  fileCall(`mkdir ${paths.setup}`, () => mkdirSync(paths.setup, { recursive: true, mode: 0o755 }));
  const text = `${JSON.stringify(record)}\n`;
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeWhole(path, text, 0o644);
}

export function forgetSetup(paths: LinuxPaths, gadget: string): void {
  rmSync(recordPath(paths, gadget), { force: true });
}

function recordPath(paths: LinuxPaths, gadget: string): string {
  return join(paths.setup, `${encodeURIComponent(gadget)}.json`);
}

function readRecord(path: string): SetupRecord | undefined {
  try {
    const { uid } = lstatSync(path);
    // Only root writes setups.
    if (uid !== 0 && uid !== process.getuid?.()) return undefined;
    return readNoteFile<SetupRecord>(
      path,
      ({ gadget, user, uid, gid, instances, handedOver, directory = 0 }) =>
        [gadget, user].every((text) => typeof text === 'string') &&
        [uid, gid, directory].every(Number.isSafeInteger) &&
        isTexts(instances) &&
        Array.isArray(handedOver) &&
        handedOver.every(isHandedOver),
    );
  } catch {
    // There is none, or another program wrote it.
    return undefined;
  }
}

function isHandedOver(file: unknown): file is HandedOver {
  const { path, uid, gid, mode, acl = [] } = (file ?? {}) as HandedOver;
  return (
    typeof path === 'string' &&
    [uid, gid, mode].every(Number.isSafeInteger) &&
    Array.isArray(acl) &&
    acl.every(isAclEntry)
  );
}
