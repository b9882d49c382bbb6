import { chmodSync, chownSync, existsSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { KernelError } from '@gadgetloom/core';
import type { Addon } from '@gadgetloom/linux-native';
import { fileCall } from '../kernel/kernel-call.ts';
import { aclAllows, aclOfMode, allowUser, readAcl, restoreUser, writeAcl } from './acl.ts';
import type { HandedOver } from './setup-record.ts';

/** The user for whom a gadget is set up. */
export interface SetupUser {
  readonly name: string;
  readonly uid: number;
  /** Primary group. */
  readonly gid: number;
  /** All groups of the user. */
  readonly groups: readonly number[];
}

/** The permission bits of the owning group. */
const GROUP = 0o070;

/** True if the user may read and write a file, by its access control list or its permission bits. */
export function mayUse(addon: Addon, path: string, { uid, gid, groups }: SetupUser): boolean {
  if (uid === 0) return true;
  const file = accessOf(addon, path);
  return aclAllows(file.acl ?? aclOfMode(file.mode), { uid, groups: [gid, ...groups] }, file.uid, file.gid);
}

/** Makes the user the owner of a file in configfs or sysfs, which have no access control lists. Root keeps access. */
export function giveFile({ path }: HandedOver, { uid, gid }: SetupUser): void {
  fileCall(`chown ${path}`, () => chownSync(path, uid, gid));
}

/**
 * Lets the user read and write a device, by an entry in its access control list. Owner, group and others keep their
 * rights.
 *
 * If /dev has no such lists, the user's group gets the device, provided that the device's own group has no permissions.
 *
 * @throws KernelError EOPNOTSUPP neither is possible
 */
export function giveDevice(addon: Addon, { path, uid, gid, mode, acl }: HandedOver, user: SetupUser): void {
  if (acl !== undefined) {
    writeAcl(addon, path, allowUser(acl, user.uid));
    return;
  }
  if (gid !== user.gid && (mode & GROUP) !== 0)
    throw new KernelError(
      'EOPNOTSUPP',
      `give ${path} to ${user.name}`,
      `The kernel has no access control lists in /dev (CONFIG_TMPFS_POSIX_ACL), and group ${gid} uses the device. Make ${user.name} a member of that group.`,
    );
  fileCall(`chown ${path}`, () => chownSync(path, uid, user.gid));
  fileCall(`chmod ${path}`, () => chmodSync(path, mode | 0o060));
}

/** Undoes {@link giveFile} and {@link giveDevice} for one user, if the file still exists. */
export function takeBack(addon: Addon, { path, uid, gid, mode, acl }: HandedOver, user: number): void {
  if (!existsSync(path)) return;
  if (acl === undefined) {
    fileCall(`chown ${path}`, () => chownSync(path, uid, gid));
    fileCall(`chmod ${path}`, () => chmodSync(path, mode));
    return;
  }
  const now = accessOf(addon, path).acl ?? acl;
  // Others, such as logind or another setup, may have changed the list meanwhile.
  const untouched = isDeepStrictEqual(now, allowUser(acl, user));
  writeAcl(addon, path, untouched ? acl : restoreUser(now, user, acl));
}

/** Owner and permission bits of a file. */
export function ownershipOf(path: string): HandedOver {
  const { uid, gid, mode } = fileCall(`stat ${path}`, () => statSync(path));
  return { path, uid, gid, mode: mode & 0o7777 };
}

/** {@link ownershipOf}, with the access control list if the file system has one. */
export function accessOf(addon: Addon, path: string): HandedOver {
  const file = ownershipOf(path);
  const list = readAcl(addon, path);
  return list === undefined ? file : { ...file, acl: list === 'none' ? aclOfMode(file.mode) : list };
}
