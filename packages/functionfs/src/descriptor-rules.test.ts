import { describe, expect, it } from 'vitest';
import { loopback } from '../test/functions.ts';
import { encodeDescriptors } from './descriptor-blob.ts';
import { DescriptorState, validateDescriptor, validateDescriptors } from './descriptor-rules.ts';
import type { FunctionDescriptor } from './function-descriptor.ts';
import type { Rejection } from './rejection.ts';

/** A v2 blob with one speed, out of raw descriptors. */
function blobOf(...descriptors: readonly (readonly number[])[]): Uint8Array {
  const body = descriptors.flat();
  const length = 16 + body.length;
  return Uint8Array.from([3, 0, 0, 0, length, length >> 8, 0, 0, 1, 0, 0, 0, descriptors.length, 0, 0, 0, ...body]);
}

const withClass = (ofClass: number, subClass = 0): number[] => [9, 4, 0, 0, 0, ofClass, subClass, 0, 0];
const VENDOR = withClass(0xff);
const endpoint = (address: number): number[] => [7, 5, address, 2, 64, 0, 0];
const sized = (length: number, type: number): number[] => [
  length,
  type,
  ...new Array<number>(Math.max(0, length - 2)).fill(1),
];

function patched(blob: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = blob.slice();
  copy.set(bytes, at);
  return copy;
}

const good = blobOf(VENDOR, endpoint(0x81));

describe('descriptors that the kernel accepts', () => {
  it.each<[string, Uint8Array]>([
    ['an interface', blobOf(VENDOR)],
    ['an endpoint of 7 bytes', blobOf(endpoint(0x0f))],
    ['an endpoint of 9 bytes', blobOf([9, 5, 0x81, 1, 8, 0, 1, 0, 0])],
    ['HID after a HID interface', blobOf(withClass(3), sized(9, 0x21))],
    ['CCID after a CCID interface', blobOf(withClass(0x0b), sized(54, 0x21))],
    ['DFU after a DFU interface', blobOf(withClass(0xfe, 1), sized(9, 0x21))],
    ['OTG', blobOf(sized(3, 9))],
    ['an interface association', blobOf(sized(8, 0x0b))],
    ['a companion, even of nothing', blobOf(sized(6, 0x30))],
    ['thirty endpoints', blobOf(...new Array<number[]>(30).fill(endpoint(0x81)))],
  ])('%s', (_, blob) => {
    expect(validateDescriptors(blob)).toBeUndefined();
  });
});

describe('descriptors that the kernel refuses', () => {
  it.each<[string, Uint8Array, number]>([
    ['less than 16 bytes', good.slice(0, 15), 0],
    ['a length that is not that of the write', patched(good, 4, 33), 4],
    ['a wrong length before a wrong magic', patched(patched(good, 0, 9), 4, 33), 4],
    ['another magic', patched(good, 0, 2), 0],
    ['a head that ends before its counts', Uint8Array.from([3, 0, 0, 0, 16, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0]), 16],
    ['no descriptor at all', patched(blobOf(), 12, 0), 16],
    ['bytes after the last descriptor', patched(good, 12, 1), 25],
    ['more descriptors promised than there are', patched(good, 12, 3), 32],
    ['a descriptor longer than the rest', blobOf(VENDOR, [9, 5, 0x81, 2, 64, 0, 0]), 25],
    ['an interface of 8 bytes', blobOf(sized(8, 4)), 16],
    ['an endpoint of 8 bytes', blobOf(sized(8, 5)), 16],
    ['endpoint 0', blobOf(VENDOR, endpoint(0x80)), 27],
    ['a 31st endpoint', blobOf(...new Array<number[]>(31).fill(endpoint(0x81))), 16 + 30 * 7],
    ['HID without an interface before', blobOf(sized(9, 0x21)), 17],
    ['HID after a vendor interface', blobOf(VENDOR, sized(9, 0x21)), 26],
    ['DFU with another subclass', blobOf(withClass(0xfe, 2), sized(9, 0x21)), 26],
    ['HID of 10 bytes', blobOf(withClass(3), sized(10, 0x21)), 25],
    ['an OTG 2.0 descriptor', blobOf(sized(5, 9)), 16],
    ['an empty descriptor', blobOf([0, 4]), 16],
    ...[1, 2, 3, 6, 7, 8, 10, 12, 15, 16, 0x23, 0x24, 0x25, 0x31, 0x77].map((type): [string, Uint8Array, number] => [
      `type ${type}`,
      blobOf(sized(9, type)),
      17,
    ]),
  ])('%s: EINVAL', (_, blob, offset) => {
    expect(validateDescriptors(blob)).toMatchObject({ code: 'EINVAL', offset });
  });

  it('unknown flags: ENOSYS', () => {
    expect(validateDescriptors(patched(good, 8, 1, 1))).toMatchObject({ code: 'ENOSYS', offset: 8 });
  });

  it('an eventfd that is none, with the errno of the lookup, and before anything is said about the counts', () => {
    const blob = encodeDescriptors({ full: [{ type: 'otg', attributes: 0 }], eventfd: 5 });
    expect(validateDescriptors(blob.slice())).toBeUndefined();
    expect(validateDescriptors(patched(blob, 16, 9), (fd) => (fd === 5 ? 'EBADF' : 'EINVAL'))).toMatchObject({
      code: 'EBADF',
      offset: 12,
    });
  });

  it('more than one allocation holds: ENOMEM', () => {
    expect(validateDescriptors(new Uint8Array(4 * 1024 * 1024 + 1))).toMatchObject({ code: 'ENOMEM' });
  });

  it.each<[string, (high: FunctionDescriptor[]) => void]>([
    ['other addresses', (high) => high.splice(1, 1, { ...high[1]!, address: 0x85 } as FunctionDescriptor)],
    ['another order', (high) => high.splice(1, 2, high[2]!, high[1]!)],
    ['fewer endpoints', (high) => high.pop()],
    ['more interfaces', (high) => high.push({ ...high[0]!, number: 1 } as FunctionDescriptor)],
  ])('speeds that differ: %s', (_, change) => {
    const high = [...loopback.high!];
    change(high);
    expect(validateDescriptors(encodeDescriptors({ ...loopback, high }))).toMatchObject({ code: 'EINVAL' });
  });

  it('tell people which descriptor it is, where, and what would be right', () => {
    const high = [...loopback.high!];
    high[2] = { ...high[2]!, address: 0x05 } as FunctionDescriptor;
    const rejection = validateDescriptors(encodeDescriptors({ ...loopback, high })) as Rejection;
    expect(rejection.where).toBe('high-speed descriptor 3 (ENDPOINT 0x05)');
    expect(rejection.offset).toBe(24 + 37 + 9 + 7 + 2);
    expect(rejection.reason).toMatch(/endpoint 2 was 0x02 before; every speed lists the same/);
  });
});

describe('what a refused blob leaves behind', () => {
  const anyEventfd = (): undefined => undefined;

  it('is compared with the next one, until everything is closed', () => {
    const state = new DescriptorState();
    const tooMuch = Uint8Array.from([...encodeDescriptors({ full: loopback.full! }), 0]);
    new DataView(tooMuch.buffer).setUint32(4, tooMuch.length, true);
    expect(() => state.accept(tooMuch, anyEventfd)).toThrow('follow the last descriptor');
    expect(state).toMatchObject({ endpointCount: 4, interfaceCount: 1, stringCount: 1 });
    expect(() => state.accept(good, anyEventfd)).toThrow();
    expect(() => state.accept(encodeDescriptors({ full: loopback.full! }), anyEventfd)).not.toThrow();
    state.reset();
    expect(() => state.accept(good, anyEventfd)).not.toThrow();
  });

  it('keeps the flags of a blob with unknown flags, even over a reset and a legacy blob', () => {
    const state = new DescriptorState();
    expect(() => state.accept(patched(good, 8, 0x11, 1), anyEventfd)).toThrow();
    state.reset();
    state.accept(encodeDescriptors({ format: 'legacy', full: loopback.full!, high: [] }), anyEventfd);
    expect(state.userFlags).toBe(0x111);
  });
});

describe('a single descriptor', () => {
  it.each([
    [sized(9, 0x21), 3, 0, undefined],
    [sized(54, 0x21), 0x0b, 0, undefined],
    [sized(9, 0x21), 0xfe, 1, undefined],
    [sized(3, 9), 0xff, 0, undefined],
    [
      sized(9, 0x21),
      0xfe,
      2,
      'type 0x21 is known after an interface of class HID (3), CCID (0x0b) or DFU (0xfe, 1) only',
    ],
    [sized(8, 0x21), 3, 0, 'bLength is 8; it has to be 9'],
    [sized(5, 0x24), 2, 0, 'CS INTERFACE is not known to FunctionFS'],
    [[], 2, 0, 'the blob ends here: 0 bytes are left'],
  ])('%j behind class %d/%d: %s', (bytes, ofClass, ofSubClass, reason) => {
    expect(validateDescriptor(Uint8Array.from(bytes), ofClass, ofSubClass)?.reason).toBe(reason);
  });
});
