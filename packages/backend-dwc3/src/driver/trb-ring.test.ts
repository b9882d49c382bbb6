import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { TRB_BYTES, TrbType, trbType } from '../registers/trb.ts';
import { TRB_WORDS } from '../registers/trb-words.ts';
import { RING_SIZE, TrbRing, USABLE_TRBS } from './trb-ring.ts';

const LINK = RING_SIZE - 1;

function emptyRing(): TrbRing {
  const memory = new DmaAddressSpace({ name: 'test' }).allocateCoherent(RING_SIZE * TRB_BYTES);
  const ring = new TrbRing(memory);
  ring.reset();
  return ring;
}

/** TRBs with sizes 1, 2, 3 ... */
function trbs(count: number): Int32Array {
  const words = new Int32Array(count * TRB_WORDS);
  for (let trb = 0; trb < count; trb++) words.set([trb, 0, trb + 1, 0x10], trb * TRB_WORDS);
  return words;
}

describe('a ring of TRBs', () => {
  it('takes a row up to the link, and never beyond', () => {
    const ring = emptyRing();
    ring.enqueue = LINK - 5;
    expect([4, 5, 6].map((count) => ring.fitsRow(count))).toEqual([true, true, false]);
    ring.addRow(trbs(5), 5);
    expect(ring.enqueue).toBe(0);
    expect(ring.addedSince(LINK - 5)).toBe(5);
    expect([1, 2, 3, 4, 5].map((at) => ring.size(LINK - 6 + at))).toEqual([1, 2, 3, 4, 5]);
    expect(trbType(ring.control(LINK))).toBe(TrbType.LINK);
  });

  it('takes pieces past the link, as long as more bytes come behind them', () => {
    const ring = emptyRing();
    ring.enqueue = LINK - 2;
    expect(ring.addPieces(trbs(5), 1, 5, 2 + 3 + 4 + 5, 0x15)).toBe(2 + 3 + 4);
    expect([ring.enqueue, ring.addedSince(LINK - 2)]).toEqual([1, 3]);
    expect([LINK - 2, LINK - 1, 0].map((at) => [ring.size(at), ring.control(at), ring.isAt(at, 1)])).toEqual([
      [2, 0x15, true],
      [3, 0x15, false],
      [4, 0x15, false],
    ]);
    expect(trbType(ring.control(LINK))).toBe(TrbType.LINK);
  });

  it('is full when it has caught up, and empty when it has not begun', () => {
    const ring = emptyRing();
    expect([ring.left(false), ring.left(true)]).toEqual([USABLE_TRBS, 0]);
    ring.enqueue = 10;
    expect(ring.left(true)).toBe(USABLE_TRBS - 10);
    ring.dequeue = 11;
    expect(ring.left(true)).toBe(1);
  });
});
