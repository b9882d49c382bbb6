import type { ScatterTable } from '@gadgetloom/dmabuf';
import { TRB_LENGTH_MASK } from '../registers/trb.ts';
import { setTrbBuffer, setTrbControl, setTrbSize, TRB_WORDS, trbSize } from '../registers/trb-words.ts';

/**
 * The TRBs of a mapped table, as they are copied into a ring: a buffer that is used again and again has the same ones each
 * time, and its entries are spread over the memory of this process. Each request has its own.
 */
export class TrbImage {
  readonly entries: number;
  /** One TRB for each entry; its control word says nothing. */
  readonly words: Int32Array;
  /** Those between the first and the last, in the same memory, with the control word of {@link stamp}. */
  readonly middle: Int32Array;
  /** Bytes of these. */
  readonly middleBytes: number;

  /** @param table with entries that a TRB can name, see {@link of} */
  private constructor({ entries }: ScatterTable) {
    const count = entries.length;
    this.entries = count;
    this.words = new Int32Array(count * TRB_WORDS);
    let bytes = 0;
    for (let entry = 0; entry < count; entry++) {
      const { dmaAddress, length } = entries[entry]!;
      setTrbBuffer(this.words, entry * TRB_WORDS, dmaAddress);
      setTrbSize(this.words, entry * TRB_WORDS, length);
      if (entry > 0 && entry < count - 1) bytes += length;
    }
    this.middle = this.words.subarray(TRB_WORDS, Math.max(TRB_WORDS, (count - 1) * TRB_WORDS));
    this.middleBytes = bytes;
  }

  /** That of a table; undefined if it has no entries, or some with more than the 16 MiB that a TRB can say. */
  static of(table: ScatterTable): TrbImage | undefined {
    const { entries } = table;
    if (entries.length === 0 || entries.some(({ length }) => length > TRB_LENGTH_MASK)) return undefined;
    return new TrbImage(table);
  }

  /** Bytes of an entry. */
  length(entry: number): number {
    return trbSize(this.words, entry * TRB_WORDS);
  }

  /** @param control word that those between the first and the last have from now on */
  stamp(control: number): void {
    for (let at = 0; at < this.middle.length; at += TRB_WORDS) setTrbControl(this.middle, at, control);
  }
}
