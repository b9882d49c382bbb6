import { describe, expect, it } from 'vitest';
import { TRB_TYPE_SHIFT, TrbCtrl, TrbType } from './trb.ts';
import { countMoved, SilentRow } from './trb-rows.ts';
import { setTrbBuffer, setTrbControl, setTrbSize, TRB_WORDS, trbBuffer, trbControl, trbSize } from './trb-words.ts';

const SILENT = TrbCtrl.HWO | TrbCtrl.CHN | (TrbType.NORMAL << TRB_TYPE_SHIFT);
/** TRBs do not have to begin where the array does. */
const FIRST = 8;

/** A row of silent TRBs of 100 bytes, but for the control words and sizes that are given. */
function row(count: number, other: { control?: Record<number, number>; size?: Record<number, number> } = {}) {
  const words = new Int32Array(FIRST + count * TRB_WORDS);
  for (let trb = 0; trb < count; trb++) {
    const at = FIRST + trb * TRB_WORDS;
    setTrbBuffer(words, at, 2 ** 40 + trb * 4096);
    setTrbSize(words, at, other.size?.[trb] ?? 100);
    setTrbControl(words, at, other.control?.[trb] ?? SILENT);
  }
  return words;
}

/** How many are given back, and their bytes. */
function giveBack(words: Int32Array, room: number): readonly [trbs: number, bytes: number] {
  const row = new SilentRow();
  row.giveBack(words, FIRST, words.length, room);
  return [(row.end - FIRST) / TRB_WORDS, row.bytes];
}

describe('TRBs in a row', () => {
  it('keep addresses of 64 bits, sizes and control words', () => {
    const words = new Int32Array(TRB_WORDS);
    for (const address of [0, 4096, 0xffff_f000, 0x1_0000_0000, 2 ** 52 - 4096]) {
      setTrbBuffer(words, 0, address);
      expect(trbBuffer(words, 0)).toBe(address);
    }
    setTrbSize(words, 0, 0x0100_0010);
    setTrbControl(words, 0, SILENT);
    expect([trbSize(words, 0), trbControl(words, 0)]).toEqual([0x0100_0010, SILENT]);
    expect(new Uint8Array(words.buffer, 8, 4)).toEqual(Uint8Array.of(0x10, 0, 0, 1));
  });

  it('are given back up to one that is empty or says something of its own', () => {
    expect(giveBack(row(4), Infinity)).toEqual([4, 400]);
    expect(giveBack(row(4, { size: { 2: 0 } }), Infinity)).toEqual([2, 200]);
    for (const bit of [TrbCtrl.IOC, TrbCtrl.LST]) {
      expect(giveBack(row(4, { control: { 1: SILENT | bit } }), Infinity)).toEqual([1, 100]);
    }
    for (const bit of [TrbCtrl.HWO, TrbCtrl.CHN]) {
      expect(giveBack(row(4, { control: { 1: SILENT & ~bit } }), Infinity)).toEqual([1, 100]);
    }
    expect(giveBack(row(3, { control: { 1: TrbCtrl.HWO | (TrbType.LINK << TRB_TYPE_SHIFT) } }), Infinity)).toEqual([
      1, 100,
    ]);
    expect(giveBack(row(4, { size: { 0: 0x0200_0040 } }), Infinity)).toEqual([4, 364]);
    expect(giveBack(row(4, { size: { 1: 0x0200_0040 } }), Infinity)).toEqual([1, 100]);
  });

  it('are given back as long as there is room for one more byte', () => {
    expect(giveBack(row(4), 301)).toEqual([3, 300]);
    expect(giveBack(row(4), 300)).toEqual([2, 200]);
    expect(giveBack(row(4), 100)).toEqual([0, 0]);
  });

  it('are given back with nothing left and nothing else changed, and counted then', () => {
    const words = row(5, { size: { 0: 0x0200_0064 } });
    expect(giveBack(words, 301)).toEqual([3, 300]);
    const after = [0, 1, 2, 3].map((trb) => [trbSize(words, FIRST + trb * 4), trbControl(words, FIRST + trb * 4)]);
    const moved = SILENT & ~TrbCtrl.HWO;
    expect(after).toEqual([
      [0x0200_0000, moved],
      [0, moved],
      [0, moved],
      [100, SILENT],
    ]);
    expect(countMoved(words, FIRST, words.length)).toBe(3);
    expect(countMoved(words, FIRST, FIRST + 2 * TRB_WORDS)).toBe(2);
    // What is left of it, or how it ended, has to be looked at.
    setTrbSize(words, FIRST + TRB_WORDS, 7);
    expect(countMoved(words, FIRST, words.length)).toBe(1);
    setTrbSize(words, FIRST, 1 << 28);
    expect(countMoved(words, FIRST, words.length)).toBe(0);
  });
});
