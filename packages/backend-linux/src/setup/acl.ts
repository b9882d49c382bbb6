import { Errno } from '@gadgetloom/core';
import type { Addon } from '@gadgetloom/linux-native';
import { succeeded } from '../kernel/kernel-call.ts';

/** Kinds of entries. Source: include/uapi/linux/posix_acl.h. */
const TAG = { owner: 0x01, user: 0x02, owningGroup: 0x04, group: 0x08, mask: 0x10, other: 0x20 } as const;

/** One line of an access control list. */
export interface AclEntry {
  readonly tag: keyof typeof TAG;
  /** Permissions as an octal digit: 4 read, 2 write, 1 execute. */
  readonly permissions: number;
  /** uid or gid of `user` and `group`. */
  readonly id?: number;
}

/** True if a value that was read from a file is an entry. */
export function isAclEntry(value: unknown): value is AclEntry {
  const { tag, permissions, id = 0 } = (value ?? {}) as AclEntry;
  return Object.hasOwn(TAG, tag) && [permissions, id].every((number) => Number.isSafeInteger(number));
}

/** An access control list: acl(5). */
export type Acl = readonly AclEntry[];

/** A user whose access is checked. */
export interface AclUser {
  readonly uid: number;
  readonly groups: readonly number[];
}

const READ_WRITE = 0o6;

const isNamed = ({ tag }: AclEntry): boolean => tag === 'user' || tag === 'group';
const permissionsOf = (acl: Acl, tag: AclEntry['tag']): number | undefined =>
  acl.find((entry) => entry.tag === tag)?.permissions;

/** The list that is equivalent to permission bits. */
export function aclOfMode(mode: number): Acl {
  return [
    { tag: 'owner', permissions: (mode >> 6) & 7 },
    { tag: 'owningGroup', permissions: (mode >> 3) & 7 },
    { tag: 'other', permissions: mode & 7 },
  ];
}

/** True if a user other than root may read and write. The order of the checks is that of posix_acl_permission. */
export function aclAllows(acl: Acl, { uid, groups }: AclUser, owner: number, owningGroup: number): boolean {
  const enough = (permissions: number): boolean => (permissions & READ_WRITE) === READ_WRITE;
  const mask = permissionsOf(acl, 'mask') ?? 0o7;
  if (uid === owner) return enough(permissionsOf(acl, 'owner') ?? 0);
  const own = acl.find(({ tag, id }) => tag === 'user' && id === uid);
  if (own !== undefined) return enough(own.permissions & mask);
  const matching = acl.filter(
    ({ tag, id }) =>
      (tag === 'owningGroup' && groups.includes(owningGroup)) || (tag === 'group' && groups.includes(id!)),
  );
  if (matching.length > 0) return matching.some(({ permissions }) => enough(permissions & mask));
  return enough(permissionsOf(acl, 'other') ?? 0);
}

/** Lets a user read and write. All others keep their rights. */
export function allowUser(acl: Acl, uid: number): Acl {
  return withUser(acl, { tag: 'user', id: uid, permissions: READ_WRITE });
}

/** Undoes {@link allowUser}: restores the user's entry of `before`, or removes it. Entries of others stay. */
export function restoreUser(acl: Acl, uid: number, before: Acl): Acl {
  return withUser(
    acl,
    before.find(({ tag, id }) => tag === 'user' && id === uid),
    uid,
  );
}

/** Replaces a user's entry. The mask is the union of the named entries and the group, as setfacl computes it. */
function withUser(acl: Acl, entry: AclEntry | undefined, uid = entry?.id): Acl {
  const rest = acl.filter(({ tag, id }) => tag !== 'mask' && !(tag === 'user' && id === uid));
  const all = entry === undefined ? rest : [...rest, entry];
  if (!all.some(isNamed)) return sorted(all);
  const masked = all.filter((each) => isNamed(each) || each.tag === 'owningGroup');
  return sorted([...all, { tag: 'mask', permissions: masked.reduce((union, each) => union | each.permissions, 0) }]);
}

/** Sorts entries by tag and number, the only order that the kernel accepts. */
function sorted(acl: Acl): Acl {
  return acl.toSorted((one, other) => TAG[one.tag] - TAG[other.tag] || (one.id ?? 0) - (other.id ?? 0));
}

// struct posix_acl_xattr_header and struct posix_acl_xattr_entry, little-endian.
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const NO_ID = 0xffff_ffff;
const LONGEST = 65_536;

/** Reads the list of a file: `'none'` if it has only permission bits, `undefined` if its file system has no lists. */
export function readAcl(addon: Addon, path: string): Acl | 'none' | undefined {
  const bytes = new Uint8Array(LONGEST);
  const length = addon.readAcl(path, bytes);
  if (length === -Errno.ENODATA) return 'none';
  if (length === -Errno.EOPNOTSUPP) return undefined;
  succeeded(length, `read the access control list of ${path}`);
  const view = new DataView(bytes.buffer);
  const tags = Object.keys(TAG) as AclEntry['tag'][];
  const count = Math.floor((length - HEADER_BYTES) / ENTRY_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const id = view.getUint32(at + 4, true);
    return {
      tag: tags.find((tag) => TAG[tag] === view.getUint16(at, true))!,
      permissions: view.getUint16(at + 2, true),
      ...(id !== NO_ID && { id }),
    };
  });
}

/** Sets the list of a file. @throws KernelError EOPNOTSUPP its file system has no lists */
export function writeAcl(addon: Addon, path: string, acl: Acl): void {
  const bytes = new Uint8Array(HEADER_BYTES + acl.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  acl.forEach(({ tag, permissions, id = NO_ID }, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    view.setUint16(at, TAG[tag], true);
    view.setUint16(at + 2, permissions, true);
    view.setUint32(at + 4, id, true);
  });
  succeeded(addon.writeAcl(path, bytes), `write the access control list of ${path}`);
}
