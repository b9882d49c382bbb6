import { describe, expect, it } from 'vitest';
import { encodeDescriptors } from './descriptor-blob.ts';
import { validateDescriptors } from './descriptor-rules.ts';
import type { OsDescriptor } from './os-descriptor.ts';

const interfaceDescriptor = {
  type: 'interface',
  number: 0,
  alternate: 0,
  endpoints: 0,
  class: 0xff,
  subClass: 0,
  protocol: 0,
  string: 0,
} as const;
const winusb: OsDescriptor = {
  type: 'compatible-ids',
  interface: 0,
  functions: [{ firstInterface: 0, compatibleId: 'WINUSB', subCompatibleId: '' }],
};
const guid: OsDescriptor = {
  type: 'properties',
  interface: 0,
  properties: [{ dataType: 1, name: 'Label\0', data: Uint8Array.from([0x41, 0]) }],
};

/** Where the OS descriptors start: 8 + flags + two counts + one interface descriptor. */
const START = 8 + 4 + 8 + 9;

function blobOf(...os: readonly OsDescriptor[]): Uint8Array {
  return encodeDescriptors({ full: [interfaceDescriptor], os });
}

function patched(os: OsDescriptor, at: number, ...bytes: readonly number[]): Uint8Array {
  const blob = blobOf(os);
  blob.set(bytes, START + at);
  return blob;
}

describe('OS descriptors', () => {
  it('are encoded as Microsoft and f_fs.c want them', () => {
    const hex = (blob: Uint8Array): string =>
      Array.from(blob.subarray(START), (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(hex(blobOf(winusb))).toBe(`0023000000000104000100${'0001'}${'57494e555342'}${'00'.repeat(16)}`);
    expect(hex(blobOf(guid))).toBe(
      `0021000000000105000100${'16000000'}${'01000000'}0600${'4c6162656c00'}02000000${'4100'}`,
    );
  });

  it.each<[string, Uint8Array]>([
    ['compatible IDs', blobOf(winusb)],
    ['properties', blobOf(guid)],
    ['several', blobOf(guid, winusb, guid)],
    ['without entries', blobOf({ ...winusb, functions: [] })],
    ['version 0x0001', blobOf({ ...winusb, version: 1 })],
    ['a dwLength that is too small', patched(winusb, 1, 0)],
    ['a first reserved byte that is not 1', patched(winusb, 12, 0)],
    ['a dwSize of which only the lowest byte is right', patched(guid, 11 + 1, 0xff)],
  ])('are accepted: %s', (_, blob) => {
    expect(validateDescriptors(blob)).toBeUndefined();
  });

  it.each<[string, Uint8Array, number]>([
    ['a head of less than 11 bytes', cut(blobOf(winusb), START + 10), 0],
    ['dwLength larger than what is left', patched(winusb, 1, 36), 1],
    ['another version', patched(winusb, 5, 0, 2), 5],
    ['another index', patched(winusb, 7, 6), 7],
    ['a reserved byte after bCount', patched(winusb, 10, 1), 10],
    ['more compatible IDs than there are', patched(winusb, 9, 2), 11 + 24],
    ['an interface that is not there', patched(winusb, 11, 1), 11],
    ['a reserved byte of a compatible ID', patched(winusb, 11 + 20, 7), 11 + 20],
    ['a property of an interface that is not there', patched(guid, 0, 1), 11],
    ['property type 0', patched(guid, 11 + 4, 0), 11 + 4],
    ['property type 8', patched(guid, 11 + 4, 8), 11 + 4],
    ['a dwSize that is too large', patched(guid, 11, 23), 11],
    ['a dwSize that is too small for the name', patched(guid, 11, 19), 11],
    ['a dwSize that does not fit the data', patched(guid, 11, 21), 11],
    ['data lengths that do not fit', patched(guid, 11 + 16, 1), 11],
    ['a property that ends after nine bytes', cut(blobOf(guid), START + 11 + 9), 11],
  ])('are refused: %s', (_, blob, at) => {
    expect(validateDescriptors(blob)).toMatchObject({ code: 'EINVAL', offset: START + at });
  });

  it('need interfaces: with OS descriptors alone there are none', () => {
    expect(validateDescriptors(encodeDescriptors({ os: [winusb] }))).toMatchObject({ code: 'EINVAL' });
    expect(validateDescriptors(encodeDescriptors({ os: [{ ...winusb, functions: [] }] }))).toBeUndefined();
  });

  it('have properties of at most 255 bytes, since the kernel looks at the lowest byte of their size', () => {
    const property = (length: number): OsDescriptor => ({
      ...guid,
      properties: [{ dataType: 3, name: '', data: new Uint8Array(length) }],
    });
    expect(validateDescriptors(blobOf(property(241)))).toBeUndefined();
    expect(validateDescriptors(blobOf(property(242)))).toMatchObject({ code: 'EINVAL' });
  });
});

/** The first `length` bytes, with a head that knows, and a dwLength that is small enough. */
function cut(blob: Uint8Array, length: number): Uint8Array {
  const short = blob.slice(0, length);
  short[4] = length;
  if (short.length > START + 4) short[START + 1] = 0;
  return short;
}
