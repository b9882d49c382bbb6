import { chmodSync, chownSync, existsSync, statSync } from 'node:fs';
import { fileCall } from '../kernel/kernel-call.ts';
import type { HandedOver } from './setup-record.ts';

/** Somebody who is to use the gadget. */
export interface SetupUser {
  readonly name: string;
  readonly uid: number;
  /** Primary group. */
  readonly gid: number;
  /** All groups. */
  readonly groups: readonly number[];
}

const READ_WRITE = 0o6;

/** Whether the user may read and write a file, by its permission bits. */
export function mayUse(path: string, { uid, gid, groups }: SetupUser): boolean {
  const { uid: owner, gid: group, mode } = fileCall(`stat ${path}`, () => statSync(path));
  if (uid === 0) return true;
  if (uid === owner) return ((mode >> 6) & READ_WRITE) === READ_WRITE;
  const bits = group === gid || groups.includes(group) ? mode >> 3 : mode;
  return (bits & READ_WRITE) === READ_WRITE;
}

/** Makes the user the owner of a file. */
export function giveFile({ path }: HandedOver, { uid, gid }: SetupUser): void {
  fileCall(`chown ${path}`, () => chownSync(path, uid, gid));
}

/** Lets the group of the user read and write a device; who else may, still may. */
export function giveDevice({ path, uid, mode }: HandedOver, { gid }: SetupUser): void {
  fileCall(`chown ${path}`, () => chownSync(path, uid, gid));
  fileCall(`chmod ${path}`, () => chmodSync(path, mode | 0o060));
}

/** Undoes {@link giveFile} and {@link giveDevice}, for files that are still there. */
export function takeBack({ path, uid, gid, mode }: HandedOver): void {
  if (!existsSync(path)) return;
  fileCall(`chown ${path}`, () => chownSync(path, uid, gid));
  fileCall(`chmod ${path}`, () => chmodSync(path, mode));
}

/** How a file is now, before it is handed over. */
export function accessOf(path: string): HandedOver {
  const { uid, gid, mode } = fileCall(`stat ${path}`, () => statSync(path));
  return { path, uid, gid, mode: mode & 0o7777 };
}
