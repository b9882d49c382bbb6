import { isInputError } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFunction, loopback } from '../test/functions.ts';
import { decodeDescriptors, encodeDescriptors, type FunctionDescriptors } from './descriptor-blob.ts';
import { validateDescriptors } from './descriptor-rules.ts';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

describe('the descriptor blob', () => {
  it('has a head with flags and counts, and then the descriptors of each speed', () => {
    const endpoint = { type: 'endpoint', address: 0x81, attributes: 2, maxPacketSize: 64, interval: 0 } as const;
    const blob = encodeDescriptors({
      full: [
        { type: 'interface', number: 0, alternate: 0, endpoints: 1, class: 0xff, subClass: 1, protocol: 2, string: 3 },
        endpoint,
      ],
      super: [
        { ...endpoint, maxPacketSize: 1024 },
        { type: 'companion', maxBurst: 15, attributes: 4, bytesPerInterval: 513 },
      ],
      allControlRecipients: true,
      eventfd: 7,
    });
    expect(hex(blob)).toBe(
      [
        '03 00 00 00 35 00 00 00 65 00 00 00 07 00 00 00 02 00 00 00 02 00 00 00',
        '09 04 00 00 01 ff 01 02 03',
        '07 05 81 02 40 00 00',
        '07 05 81 02 00 04 00',
        '06 30 0f 04 01 02',
      ].join(' '),
    );
  });

  it('in the legacy format has no flags, and always both speeds', () => {
    const { full, high } = loopback;
    const legacy: FunctionDescriptors = { format: 'legacy', full: full!, high: high! };
    const blob = encodeDescriptors(legacy);
    expect(hex(blob.subarray(0, 4))).toBe('01 00 00 00');
    expect(hex(blob.subarray(8, 16))).toBe('05 00 00 00 05 00 00 00');
    expect(decodeDescriptors(blob)).toEqual(legacy);
  });

  it.each<[string, FunctionDescriptors]>([
    ['SuperSpeed descriptors', { format: 'legacy', full: [], high: [], super: [] }],
    ['a single speed', { format: 'legacy', full: [] }],
    ['an eventfd', { format: 'legacy', full: [], high: [], eventfd: 3 }],
  ])('in the legacy format has no place for %s', (_, descriptors) => {
    expect(() => encodeDescriptors(descriptors)).toThrow(/legacy/);
  });

  it('keeps the audio fields of a nine-byte endpoint descriptor', () => {
    const audio = {
      type: 'endpoint',
      address: 1,
      attributes: 1,
      maxPacketSize: 8,
      interval: 4,
      refresh: 5,
      synchAddress: 0x83,
    } as const;
    const blob = encodeDescriptors({ full: [audio] });
    expect(hex(blob.subarray(16))).toBe('09 05 01 01 08 00 04 05 83');
    expect(decodeDescriptors(blob).full).toEqual([audio]);
  });

  it.each([
    ['full[0].number', { full: [{ ...loopback.full![0]!, number: 256 }] }],
    ['high[1].maxPacketSize', { high: [loopback.high![0]!, { ...loopback.high![1]!, maxPacketSize: 65536 }] }],
    ['full[0].class', { full: [{ ...loopback.full![0]!, class: -1 }] }],
    ['full[0].string', { full: [{ ...loopback.full![0]!, string: 0.5 }] }],
    ['eventfd', { full: loopback.full!, eventfd: -1 }],
  ])('says which field does not fit: %s', (field, descriptors) => {
    try {
      encodeDescriptors(descriptors as FunctionDescriptors);
      expect.unreachable();
    } catch (error) {
      expect(isInputError(error) && error.field).toBe(field);
    }
  });

  it('is the same after decoding and encoding, byte for byte, for every function', () => {
    fc.assert(
      fc.property(anyFunction, (descriptors) => {
        const blob = encodeDescriptors(descriptors);
        expect(validateDescriptors(blob)).toBeUndefined();
        const decoded = decodeDescriptors(blob);
        expect(decoded).toEqual(descriptors);
        expect(hex(encodeDescriptors(decoded))).toBe(hex(blob));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is the same after decoding and encoding whenever the kernel accepts it, however odd it is', () => {
    let accepted = 0;
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyFunction, changes, (descriptors, bytes) => {
        const blob = encodeDescriptors(descriptors);
        for (const [at, byte] of bytes) blob[at % blob.length] = byte;
        const rejection = validateDescriptors(blob);
        if (rejection) {
          expect(() => decodeDescriptors(blob)).toThrow(rejection.reason);
          return;
        }
        accepted++;
        expect(hex(encodeDescriptors(decodeDescriptors(blob)))).toBe(hex(blob));
      }),
      { seed: 2, numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
