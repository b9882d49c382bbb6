import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { TRB_BYTES, TrbCtrl, TrbType, trbType } from '../registers/trb.ts';
import { RING_SIZE, TrbRing, USABLE_TRBS } from './trb-ring.ts';

const LINK = RING_SIZE - 1;

function emptyRing() {
  const space = new DmaAddressSpace({ name: 'test' });
  const ring = new TrbRing(space.allocateCoherent(RING_SIZE * TRB_BYTES));
  ring.reset();
  return { space, ring };
}

describe('a ring of TRBs', () => {
  it('goes on behind the link, and never writes over it', () => {
    const { ring } = emptyRing();
    ring.enqueue = LINK - 2;
    for (const size of [1, 2, 3]) ring.add(4096, size, 0x15);
    expect(ring.enqueue).toBe(1);
    expect([LINK - 2, LINK - 1, 0].map((at) => ring.size(at))).toEqual([1, 2, 3]);
    expect([trbType(ring.control(LINK)), ring.buffer(LINK)]).toEqual([TrbType.LINK, ring.address(0)]);
    expect([ring.previous(1), ring.previous(0)]).toEqual([0, LINK - 1]);
    ring.dequeue = LINK - 1;
    ring.advanceDequeue();
    expect(ring.dequeue).toBe(0);
  });

  it('writes little-endian words that the hardware reads, with addresses beyond 32 bits', () => {
    const { ring, space } = emptyRing();
    ring.add(0x12_fedc_ba98, 0x0100_1000, TrbCtrl.HWO | TrbCtrl.IOC | 0x8000_0000);
    const words = [0, 4, 8, 12].map((at) => space.read32(ring.address(0) + at));
    expect(words).toEqual([0xfedc_ba98, 0x12, 0x0100_1000, 0x8000_0801]);
    expect([ring.buffer(0), ring.size(0)]).toEqual([0x12_fedc_ba98, 0x0100_1000]);
    ring.release(0);
    expect(space.read32(ring.address(0) + 12)).toBe(0x8000_0800);
  });

  it('is full when it has caught up, and empty when it has not begun', () => {
    const { ring } = emptyRing();
    expect([ring.left(false), ring.left(true)]).toEqual([USABLE_TRBS, 0]);
    ring.enqueue = 10;
    expect(ring.left(true)).toBe(USABLE_TRBS - 10);
    ring.dequeue = 11;
    expect(ring.left(true)).toBe(1);
  });
});
