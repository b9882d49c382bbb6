import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Registers } from '../../test/device-rig.ts';
import { fillRegisters, readRegisters, writeRegisters } from './register-access.ts';

describe('an access to a BAR', () => {
  it('is one access of the bus where that can be', () => {
    const { space, accesses } = new Registers(16);
    const bytes = Uint8Array.of(0xff, 0x11, 0x22, 0x33, 0x44);
    writeRegisters(space, 4, 4, bytes, 1);
    writeRegisters(space, 2, 2, bytes, 1);
    writeRegisters(space, 3, 1, bytes, 0);
    readRegisters(space, 4, 4, bytes);
    expect(accesses).toEqual(['write 4/4 0x44332211', 'write 2/2 0x2211', 'write 3/1 0xff', 'read 4/4']);
    expect([...bytes]).toEqual([0x11, 0x22, 0x33, 0x44, 0x44]);
  });

  it('is several, the lowest first, where it is wider or not aligned', () => {
    const { space, accesses } = new Registers(16);
    readRegisters(space, 0, 8, new Uint8Array(8));
    readRegisters(space, 1, 4, new Uint8Array(4));
    expect(accesses).toEqual(['read 0/4', 'read 4/4', 'read 1/1', 'read 2/2', 'read 4/1']);
  });

  it('can fill', () => {
    const { space, accesses } = new Registers(16);
    fillRegisters(space, 1, 7, 0xab);
    expect(accesses).toEqual(['write 1/1 0xab', 'write 2/2 0xabab', 'write 4/4 0xabababab']);
  });

  it('moves the bytes that it should, and no others', () => {
    const range = fc.tuple(fc.nat(63), fc.nat(64)).filter(([offset, size]) => offset + size <= 64);
    fc.assert(
      fc.property(range, fc.uint8Array({ minLength: 70, maxLength: 70 }), fc.nat(6), ([offset, size], data, at) => {
        const registers = new Registers(64);
        writeRegisters(registers.space, offset, size, data, at);
        const expected = new Uint8Array(64);
        expected.set(data.subarray(at, at + size), offset);
        expect(new Uint8Array(registers.bytes.buffer)).toEqual(expected);
        const read = new Uint8Array(size + 1).fill(0xee);
        readRegisters(registers.space, offset, size, read);
        expect([...read]).toEqual([...data.subarray(at, at + size), 0xee]);
      }),
    );
  });
});
