import { encodeDescriptors, type OsDescriptor } from '@gadgetloom/functionfs';
import { type Blob, followedBy, iface, takes } from './blobs.ts';
import type { Requirement } from './requirement.ts';

/** Where an OS descriptor begins in {@link withOs}, and its fields from there. */
const START = 20 + 9;
const VERSION = 5;
const INDEX = 7;
const COUNT = 9;
const HEAD = 11;

const WINUSB: OsDescriptor = {
  ...{ type: 'compatible-ids', interface: 0 },
  functions: [{ firstInterface: 0, compatibleId: 'WINUSB', subCompatibleId: '' }],
};
const GUID: OsDescriptor = {
  ...{ type: 'properties', interface: 0 },
  properties: [{ dataType: 1, name: 'Name\0', data: new Uint8Array(8) }],
};

/** An interface at full speed, and one OS descriptor. */
const withOs = (descriptor: OsDescriptor): Uint8Array => encodeDescriptors({ full: [iface(0)], os: [descriptor] });

/** The same with bytes of the OS descriptor that are others. */
function changed(descriptor: OsDescriptor, at: number, ...bytes: number[]): Uint8Array {
  const blob = withOs(descriptor);
  blob.set(bytes, START + at);
  return blob;
}

const HEADS: readonly Blob[] = [
  ['compatible IDs', withOs(WINUSB), '0'],
  ['a version with its bytes the other way round', changed(WINUSB, VERSION, 1, 0), '0'],
  ['another version', changed(WINUSB, VERSION, 0, 2), 'EINVAL'],
  ['another index', changed(WINUSB, INDEX, 6, 0), 'EINVAL'],
  ['more bytes than there are', withOs({ ...WINUSB, declaredLength: 36 }), 'EINVAL'],
  ['fewer bytes than there are', withOs({ ...WINUSB, declaredLength: 1 }), '0'],
  ['a byte too many', followedBy(withOs(WINUSB), 0), 'EINVAL'],
  ['one of two functions', changed(WINUSB, COUNT, 2), 'EINVAL'],
];

const COMPATIBLE_IDS: readonly Blob[] = [
  ['an interface that there is not', changed(WINUSB, HEAD, 1), 'EINVAL'],
  ['a first reserved byte of 0', changed(WINUSB, HEAD + 1, 0), '0'],
  ['another reserved byte of 1', changed(WINUSB, HEAD + 18, 1), 'EINVAL'],
];

const PROPERTIES: readonly Blob[] = [
  ['a property', withOs(GUID), '0'],
  ['an interface that there is not', withOs({ ...GUID, interface: 1 }), 'EINVAL'],
  ['no type', changed(GUID, HEAD + 4, 0), 'EINVAL'],
  ['type 7', changed(GUID, HEAD + 4, 7), '0'],
  ['type 8', changed(GUID, HEAD + 4, 8), 'EINVAL'],
  ['a size that is too small', changed(GUID, HEAD, 26), 'EINVAL'],
  ['a size of which the second byte says more', changed(GUID, HEAD + 1, 1), '0'],
  ['a name that is too long', changed(GUID, HEAD + 8, 6), 'EINVAL'],
];

/** Microsoft's OS descriptors, of a function. */
export const OS_DESCRIPTORS: readonly Requirement[] = [
  {
    id: 'os-descriptors-head',
    sentence: 'OS descriptors state their version, kind and number: else EINVAL.',
    ...{ source: 'f_fs.c, ffs_do_os_descs and __ffs_do_os_desc_header', needs: [], proof: takes(HEADS) },
  },
  {
    id: 'os-compatible-ids',
    sentence: 'Compatible IDs name an interface of the function and have reserved fields of 0: else EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_do_os_desc (FFS_OS_DESC_EXT_COMPAT)', needs: [], proof: takes(COMPATIBLE_IDS) },
  },
  {
    id: 'os-properties',
    sentence: 'Properties have a type from 1 to 7 and the length of their parts: else EINVAL.',
    ...{ source: 'f_fs.c, __ffs_data_do_os_desc (FFS_OS_DESC_EXT_PROP)', needs: [], proof: takes(PROPERTIES) },
  },
];
