import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuestMemory } from './guest-memory.ts';
import { MemoryRegion } from './memory-region.ts';
import { MemoryTable } from './memory-table.ts';

const LOW = 0x1000;
const HIGH = 2 ** 40;

function rig() {
  const low = new Uint8Array(64).map((_, index) => index);
  const high = new Uint8Array(64).fill(0xaa);
  const table = new MemoryTable();
  table.replace([new MemoryRegion(LOW, 0, low), new MemoryRegion(HIGH, 64, high)]);
  const access = { allowed: true };
  return { low, high, table, access, memory: new GuestMemory(table, () => access.allowed) };
}

describe('the memory of a guest', () => {
  it('is read and written where it is shared', () => {
    const { memory, high } = rig();
    const target = new Uint8Array(4);
    expect(memory.read(LOW + 10, target, 1, 3)).toBe(true);
    expect([...target]).toEqual([0, 10, 11, 12]);
    expect(memory.write(HIGH + 60, target, 0, 4)).toBe(true);
    expect([...high.subarray(59)]).toEqual([0xaa, 0, 10, 11, 12]);
  });

  it('has words at any address', () => {
    const { memory, low } = rig();
    for (const address of [LOW, LOW + 1, LOW + 60]) {
      expect(memory.write32(address, 0x8123_4567)).toBe(true);
      expect(memory.read32(address)).toBe(0x8123_4567);
    }
    expect([...low.subarray(0, 6)]).toEqual([0x67, 0x67, 0x45, 0x23, 0x81, 5]);
  });

  it('can be moved from and to without a copy', () => {
    const { memory, low } = rig();
    const view = memory.view(LOW + 8, 8)!;
    expect([...view]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
    view[0] = 99;
    expect(low[8]).toBe(99);
    expect(memory.view(LOW + 60, 8)).toBeUndefined();
  });

  it('is a fault where it is not shared, and nothing has moved then', () => {
    const { memory, low } = rig();
    const bytes = new Uint8Array(128);
    for (const address of [0, LOW - 1, LOW + 61, HIGH - 1, HIGH + 61, 2 ** 60, Number.NaN, -4]) {
      expect(memory.read(address, bytes, 0, 4)).toBe(false);
      expect(memory.write(address, bytes, 0, 4)).toBe(false);
      expect(memory.read32(address)).toBe(-1);
      expect(memory.write32(address, 1)).toBe(false);
      expect(memory.view(address, 4)).toBeUndefined();
    }
    expect(memory.read(LOW, bytes, 0, -1)).toBe(false);
    expect(memory.read(LOW, bytes, 126, 4)).toBe(false);
    expect(low).toEqual(new Uint8Array(64).map((_, index) => index));
    expect(bytes).toEqual(new Uint8Array(128));
  });

  it('is a fault everywhere while the function is no bus master, and when it is gone', () => {
    const { memory, access, table } = rig();
    access.allowed = false;
    expect(memory.read32(LOW)).toBe(-1);
    expect(memory.write32(LOW, 0)).toBe(false);
    access.allowed = true;
    expect(memory.read32(LOW)).toBe(0x03020100);
    table.replace([]);
    expect(memory.read32(LOW)).toBe(-1);
  });

  it('is what a plain memory would be', () => {
    const access = fc.record({
      at: fc.nat(80),
      length: fc.nat(20),
      data: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(access), (accesses) => {
        const { memory, low } = rig();
        const model = low.slice();
        for (const { at, length, data } of accesses) {
          const inside = at + length <= 64;
          expect(memory.write(LOW + at, data, 0, length)).toBe(inside);
          if (inside) model.set(data.subarray(0, length), at);
        }
        expect(low).toEqual(model);
      }),
    );
  });
});
