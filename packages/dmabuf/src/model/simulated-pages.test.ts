import { describe, expect, it } from 'vitest';
import type { ScatterEntry } from '../scatter-list.ts';
import { PAGE_SIZE } from '../uapi.ts';
import { PageAddresses } from './page-addresses.ts';
import { SimulatedPages } from './simulated-pages.ts';

describe('pages', () => {
  const runs = (entries: readonly ScatterEntry[]) => entries.map(({ dmaAddress, length }) => [dmaAddress, length]);

  it('contiguous: one run per buffer', () => {
    const pages = new SimulatedPages();
    const [first, second] = [pages.allocate(16 * PAGE_SIZE), pages.allocate(PAGE_SIZE)];
    expect(first.entries).toHaveLength(1);
    expect(second.entries[0]!.dmaAddress).toBe(first.entries[0]!.dmaAddress + 16 * PAGE_SIZE);
  });

  it('scattered: short runs that cover the buffer in order, at addresses that never touch', () => {
    const pages = new SimulatedPages({ layout: 'scattered', seed: 7 });
    const all: ScatterEntry[] = [];
    for (let n = 0; n < 50; n++) {
      const { entries, memory } = pages.allocate(40 * PAGE_SIZE);
      let at = 0;
      for (const entry of entries) {
        expect(entry.offset).toBe(at);
        expect(entry.memory).toBe(memory);
        expect(entry.dmaAddress % PAGE_SIZE).toBe(0);
        at += entry.length;
      }
      expect(at).toBe(memory.length);
      all.push(...entries);
    }
    all.sort((a, b) => a.dmaAddress - b.dmaAddress);
    for (let n = 1; n < all.length; n++)
      expect(all[n]!.dmaAddress).toBeGreaterThan(all[n - 1]!.dmaAddress + all[n - 1]!.length);
  });

  it('lie where the seed says', () => {
    const layout = (seed: number) =>
      runs(new SimulatedPages({ layout: 'scattered', seed }).allocate(64 * PAGE_SIZE).entries);
    expect(layout(3)).toEqual(layout(3));
    expect(layout(3)).not.toEqual(layout(4));
  });

  it('never lie where others of the same memory do', () => {
    const addresses = new PageAddresses();
    const [one, other] = [new SimulatedPages({ addresses }), new SimulatedPages({ addresses })];
    const first = one.allocate(PAGE_SIZE).entries[0]!.dmaAddress;
    expect(other.allocate(PAGE_SIZE).entries[0]!.dmaAddress).toBe(first + PAGE_SIZE);
  });
});
