import { VirtualClock } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PAGE_SIZE } from '../uapi.ts';
import { DmaAddressSpace, type DmaFault } from './dma-address-space.ts';
import { HeapModel } from './heap.ts';
import { DmaBufModel } from './model.ts';
import { SimulatedPages } from './simulated-pages.ts';

function space() {
  const faults: DmaFault[] = [];
  return { faults, space: new DmaAddressSpace({ name: 'device', onFault: (fault) => faults.push(fault) }) };
}

describe('the addresses of a device', () => {
  it('reach linear memory for as long as it is mapped', () => {
    const { space: dma, faults } = space();
    const memory = Uint8Array.from({ length: 100 }, (_, at) => at);
    const address = dma.mapSingle(memory, 10, 20, 'to-device');
    const seen = new Uint8Array(30);
    expect(dma.read(address + 5, seen, 1, 15)).toBe(true);
    expect([...seen.subarray(0, 17)]).toEqual([0, ...memory.subarray(15, 30), 0]);
    dma.unmapSingle(address);
    expect(dma.read(address, seen, 0, 1)).toBe(false);
    expect(faults).toEqual([{ device: 'device', address, length: 1, access: 'read', reason: 'unmapped' }]);
    expect(dma.mappedPages).toBe(0);
  });

  it.each([
    ['to-device', true, false],
    ['from-device', false, true],
    ['bidirectional', true, true],
  ] as const)('can be mapped %s: reading is %s, writing is %s', (direction, reads, writes) => {
    const { space: dma, faults } = space();
    const address = dma.mapSingle(new Uint8Array(8), 0, 8, direction);
    const bytes = new Uint8Array(8);
    expect(dma.read(address, bytes, 0, 8)).toBe(reads);
    expect(dma.write(address, bytes, 0, 8)).toBe(writes);
    expect(dma.read32(address)).toBe(reads ? 0 : -1);
    expect(dma.write32(address + 4, 0xfedcba98)).toBe(writes);
    expect(faults.every(({ reason }) => reason === 'direction')).toBe(true);
  });

  it('end where the mapping does', () => {
    const { space: dma, faults } = space();
    const address = dma.mapSingle(new Uint8Array(10), 0, 10, 'bidirectional');
    expect(dma.write(address + 8, new Uint8Array(4), 0, 4)).toBe(false);
    expect(dma.read32(address + 8)).toBe(-1);
    expect(dma.read32(address - 4)).toBe(-1);
    expect(faults.map(({ address: at }) => at - address)).toEqual([10, 8, -4]);
  });

  it('are used again', () => {
    const { space: dma } = space();
    const map = () => dma.mapSingle(new Uint8Array(5000), 0, 5000, 'to-device');
    const first = map();
    dma.unmapSingle(first);
    expect(map()).toBe(first);
  });

  it('of nothing take no addresses, and no access', () => {
    const { space: dma, faults } = space();
    for (let n = 0; n < 0x10000; n++) dma.unmapSingle(dma.mapSingle(new Uint8Array(0), 0, 0, 'to-device'));
    for (let n = 0; n < 0x10000; n++) dma.mapSingle(new Uint8Array(8), 4, 0, 'bidirectional');
    const address = dma.mapSingle(new Uint8Array(8), 0, 0, 'bidirectional');
    expect(address).toBeGreaterThan(0);
    expect(dma.write(address, new Uint8Array(1), 0, 1)).toBe(false);
    expect(faults).toMatchObject([{ address, reason: 'unmapped' }]);
    expect(dma.mappedPages).toBe(0);
  });

  it('do not run out because of what was mapped before, however long it was', () => {
    const { space: dma } = space();
    const memory = new Uint8Array(2 ** 20);
    for (let pages = 1; pages <= 256; pages++) {
      const mapped = Array.from({ length: 8 }, () => dma.mapSingle(memory, 0, pages * PAGE_SIZE, 'to-device'));
      for (const address of mapped) dma.unmapSingle(address);
    }
    expect(dma.mappedPages).toBe(0);
  });

  it('run out', () => {
    const { space: dma } = space();
    const large = { length: PAGE_SIZE * 0x8000 } as Uint8Array;
    dma.mapSingle(large, 0, large.length, 'to-device');
    expect(() => dma.mapSingle(large, 0, large.length, 'to-device')).toThrow('EFAULT');
  });

  it('reach words of shared memory, little endian', () => {
    const { space: dma } = space();
    const { dmaAddress, memory, free } = dma.allocateCoherent(16);
    memory.set([0x78, 0x56, 0x34, 0xf2], 4);
    expect(dma.read32(dmaAddress + 4)).toBe(0xf2345678);
    dma.write32(dmaAddress, 0x80000001);
    expect([...memory.subarray(0, 4)]).toEqual([1, 0, 0, 0x80]);
    free();
    expect(dma.read32(dmaAddress)).toBe(-1);
  });

  it('reach a buffer from attaching to detaching, in the direction of the mapping', async () => {
    const { space: dma, faults } = space();
    const model = new DmaBufModel({ clock: new VirtualClock() });
    const pages = new SimulatedPages({ layout: 'scattered' });
    const heap = new HeapModel({ model, name: 'heap', pages });
    const buffer = heap.allocate({ size: 10 * PAGE_SIZE });
    buffer.bytes().fill(7);
    const attachment = model.get(buffer).attach(dma);
    const table = await attachment.mapUnlocked('to-device');
    const bytes = new Uint8Array(PAGE_SIZE);
    for (const { dmaAddress } of table.entries) {
      expect(dma.read(dmaAddress, bytes, 0, PAGE_SIZE)).toBe(true);
      expect(bytes[0]).toBe(7);
      expect(dma.write(dmaAddress, bytes, 0, 1)).toBe(false);
    }
    attachment.unmapUnlocked(table, 'to-device');
    expect(dma.read(table.entries[0]!.dmaAddress, bytes, 0, 1)).toBe(false);
    expect(faults.at(-1)!.reason).toBe('unmapped');
    expect(dma.mappedPages).toBe(0);
  });

  it('answer for whichever of two mappings of a page allows the access', () => {
    const { space: dma } = space();
    const memory = new Uint8Array(PAGE_SIZE);
    const table = { entries: [{ dmaAddress: 0x1000_0000, length: PAGE_SIZE, memory, offset: 0 }] };
    dma.map(table, 'to-device');
    dma.map(table, 'from-device');
    expect(dma.write32(0x1000_0000, 5)).toBe(true);
    expect(dma.read32(0x1000_0000)).toBe(5);
    dma.unmap(table, 'from-device');
    expect(dma.write32(0x1000_0000, 5)).toBe(false);
    expect(dma.read32(0x1000_0000)).toBe(5);
  });

  it('hold what was written, whatever is mapped and unmapped around it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 * PAGE_SIZE }), fc.boolean()), { maxLength: 30 }),
        (steps) => {
          const { space: dma, faults } = space();
          const live: { address: number; length: number; mark: number }[] = [];
          steps.forEach(([length, drop], mark) => {
            const address = dma.mapSingle(new Uint8Array(length), 0, length, 'bidirectional');
            dma.write(address, new Uint8Array(length).fill(mark), 0, length);
            live.push({ address, length, mark });
            if (drop) dma.unmapSingle(live.shift()!.address);
          });
          for (const { address, length, mark } of live) {
            const bytes = new Uint8Array(length);
            dma.read(address, bytes, 0, length);
            expect(bytes.every((byte) => byte === mark)).toBe(true);
            dma.unmapSingle(address);
          }
          expect(faults).toEqual([]);
          expect(dma.mappedPages).toBe(0);
        },
      ),
    );
  });
});
