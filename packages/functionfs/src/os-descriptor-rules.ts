import { viewOf } from './field-layout.ts';
import {
  OS_COMPATIBLE_ID_SIZE,
  OS_HEADER_SIZE,
  OS_INDEX,
  OS_PROPERTY_OVERHEAD,
  OS_VERSION,
  OS_VERSION_TOLERATED,
} from './os-descriptor.ts';
import { BlobRejected } from './rejection.ts';

/** Bytes of struct usb_ext_prop_desc: a property without its name, data length and data. */
const PROPERTY_HEAD_SIZE = 10;

/**
 * Checks the OS descriptor at `start` (f_fs.c, ffs_do_os_descs and __ffs_data_do_os_desc).
 *
 * @returns where the next one starts
 * @throws BlobRejected
 */
export function readOsDescriptor(blob: Uint8Array, start: number, number: number, interfaceCount: number): number {
  const where = `OS descriptor ${number}`;
  const view = viewOf(blob);
  const left = blob.length - start;
  if (left < OS_HEADER_SIZE) throw refused(start, where, `its head needs 11 bytes, ${left} are left`);
  const length = view.getUint32(start + 1, true);
  const version = view.getUint16(start + 5, true);
  const index = view.getUint16(start + 7, true);
  const count = view.getUint16(start + 9, true);
  if (length > left) throw refused(start + 1, where, `dwLength is ${length}, ${left} bytes are left`);
  if (version !== OS_VERSION && version !== OS_VERSION_TOLERATED) {
    throw refused(start + 5, where, `bcdVersion is 0x${version.toString(16)}; it has to be 0x100`);
  }
  if (index !== OS_INDEX['compatible-ids'] && index !== OS_INDEX.properties) {
    throw refused(start + 7, where, `wIndex is ${index}; it has to be 4 or 5`);
  }
  const properties = index === OS_INDEX.properties;
  if (!properties && count > 255) throw refused(start + 10, where, 'the byte after bCount is not 0');
  let at = start + OS_HEADER_SIZE;
  for (let n = 1; n <= count; n++) {
    at += properties
      ? propertyLength(blob, at, blob[start]! < interfaceCount, `${where}, property ${n}`)
      : compatibleIdLength(blob, at, interfaceCount, `${where}, function ${n}`);
  }
  return at;
}

function compatibleIdLength(blob: Uint8Array, at: number, interfaceCount: number, where: string): number {
  const left = blob.length - at;
  if (left < OS_COMPATIBLE_ID_SIZE) throw refused(at, where, `needs ${OS_COMPATIBLE_ID_SIZE} bytes, ${left} are left`);
  if (blob[at]! >= interfaceCount) {
    throw refused(at, where, `there is no interface ${blob[at]}; the function has ${interfaceCount}`);
  }
  const reserved = blob.subarray(at + 18, at + OS_COMPATIBLE_ID_SIZE).findIndex((byte) => byte !== 0);
  if (reserved >= 0) throw refused(at + 18 + reserved, where, 'a reserved byte is not 0');
  return OS_COMPATIBLE_ID_SIZE;
}

function propertyLength(blob: Uint8Array, at: number, hasInterface: boolean, where: string): number {
  const view = viewOf(blob);
  const left = blob.length - at;
  if (left < PROPERTY_HEAD_SIZE)
    throw refused(at, where, `needs at least ${PROPERTY_HEAD_SIZE} bytes, ${left} are left`);
  if (!hasInterface) throw refused(at, where, 'the function does not have its interface');
  // The kernel keeps dwSize in eight bits.
  const size = blob[at]!;
  if (left < size) throw refused(at, where, `dwSize is ${size}, ${left} bytes are left`);
  const type = view.getUint32(at + 4, true);
  if (type < 1 || type > 7) throw refused(at + 4, where, `dwPropertyDataType is ${type}; it has to be 1 to 7`);
  const nameLength = view.getUint16(at + 8, true);
  if (size < OS_PROPERTY_OVERHEAD + nameLength) {
    throw refused(at, where, `the lowest byte of dwSize is ${size}, too small for a name of ${nameLength} bytes`);
  }
  const dataLength = view.getUint32(at + PROPERTY_HEAD_SIZE + nameLength, true);
  if (size !== OS_PROPERTY_OVERHEAD + nameLength + dataLength) {
    const right = `${OS_PROPERTY_OVERHEAD} + ${nameLength} + ${dataLength}`;
    throw refused(at, where, `the lowest byte of dwSize is ${size}; it has to be ${right}, at most 255`);
  }
  return size;
}

function refused(offset: number, where: string, reason: string): BlobRejected {
  return new BlobRejected('EINVAL', offset, where, reason);
}
