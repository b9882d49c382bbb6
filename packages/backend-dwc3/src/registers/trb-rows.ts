import { TRB_LENGTH_MASK, TRB_TYPE_MASK, TRB_TYPE_SHIFT, TrbCtrl, TrbType } from './trb.ts';
import { setTrbControl, setTrbSize, TRB_WORDS, trbControl, trbSize } from './trb-words.ts';

// A buffer of many pages spends its time here. The compiler of JavaScript looks up at each use what other modules export;
// constants of this one it takes for what they are.
const NEXT: number = TRB_WORDS;
const LENGTH: number = TRB_LENGTH_MASK;
const OWNED: number = TrbCtrl.HWO;
const control = trbControl;
const size = trbSize;
const setControl = setTrbControl;
const setSize = setTrbSize;

/** The core owns it, more of its buffer follows, and nobody is told when it is done. */
const SILENT = TrbCtrl.HWO | TrbCtrl.CHN | (TrbType.NORMAL << TRB_TYPE_SHIFT);
const DECISIVE = SILENT | TrbCtrl.LST | TrbCtrl.IOC | (TRB_TYPE_MASK << TRB_TYPE_SHIFT);
/** Of the size word, what stays when all bytes have moved. */
const KEPT = 0x0f00_0000;
/** What a TRB that was moved silently has of these: CHN alone; and of its size word: no bytes left, status 0. */
const BITS_AFTER = TrbCtrl.HWO | TrbCtrl.CHN | TrbCtrl.LST | TrbCtrl.IOC;
const CHAINED: number = TrbCtrl.CHN;
const UNUSUAL = TRB_LENGTH_MASK | (0xf << 28);

/** Whether a TRB is nothing but a piece of a buffer, which goes by without an event. @param word its control word */
export function isSilent(word: number): boolean {
  return (word & DECISIVE) === SILENT;
}

/** Silent TRBs in a row, as they go by. */
export class SilentRow {
  /** Behind the words of the last one that was given back. */
  end = 0;
  /** Bytes of all that were given back. */
  bytes = 0;

  /**
   * Gives TRBs back whose bytes can move, as long as they are silent and fewer bytes are theirs than there is room for; behind
   * the first one, those whose size says nothing but bytes.
   *
   * @param first word of the first @param end behind the words of the last
   */
  giveBack(words: Int32Array, first: number, end: number, room: number): void {
    let left = Math.min(room, 0x7fff_ffff) | 0;
    const before = left;
    let at = first;
    for (; at < end; at += NEXT) {
      const word = control(words, at);
      const sizes = size(words, at);
      const length = sizes & LENGTH;
      if (!isSilent(word) || length === 0 || length >= left || (sizes !== length && at > first)) break;
      left -= length;
      setSize(words, at, sizes & KEPT);
      setControl(words, at, word & ~OWNED);
    }
    this.end = at;
    this.bytes = before - left;
  }
}

/** Counts the TRBs that were given back silently. @param end behind the words of the last */
export function countMoved(words: Int32Array, first: number, end: number): number {
  let at = first;
  while (at < end && (control(words, at) & BITS_AFTER) === CHAINED && (size(words, at) & UNUSUAL) === 0) at += NEXT;
  return (at - first) / NEXT;
}
