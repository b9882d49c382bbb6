import type { DmaMemory } from '@gadgetloom/dmabuf';
import { TRB_BYTES, TRB_LENGTH_MASK, TrbCtrl, TrbType, trbType } from '../registers/trb.ts';
import { TrbMemory } from './trb-memory.ts';

// The compiler of JavaScript looks up at each use what other modules export.
const { HWO } = TrbCtrl;

/** Links in a row after which a ring counts as broken. */
const MOST_LINKS = 3;

/** Where the core is in the TRBs of a transfer: reads those that it owns, writes back what became of them. */
export class TrbCursor {
  /** Of the TRB that comes next, or that is at work. */
  address = 0;
  /** The TRB at `address` has been read and is at work. */
  loaded = false;
  /** Its control word. */
  control = 0;
  /** Where its next byte goes to or comes from. */
  buffer = 0;
  /** Bytes that are left. */
  left = 0;
  /** Its size was 0. */
  empty = false;
  /** Not 0 while the rest of a buffer is passed over: the event status (short, bus error) that it ends with. */
  skipping = 0;
  /** Reading a TRB failed: the address is wrong. */
  fault = false;
  /** Where memory looks first for the bytes of this endpoint: see DmaPlace. */
  dataHint = 0;
  #size = 0;
  readonly trbs: TrbMemory;

  constructor(memory: DmaMemory) {
    this.trbs = new TrbMemory(memory);
  }

  /** Starts at a TRB. */
  start(address: number): void {
    this.address = address;
    this.loaded = false;
    this.skipping = 0;
    this.fault = false;
  }

  /** Reads the next TRB, if the core owns it. */
  load(): boolean {
    const trb = this.trbs;
    for (let links = 0; links <= MOST_LINKS; links++) {
      if (!trb.read(this.address)) break;
      const { control, buffer, size } = trb;
      if ((control & HWO) === 0) return false;
      if (trbType(control) === TrbType.LINK) {
        this.address = buffer;
        continue;
      }
      this.#size = size;
      this.control = control;
      this.buffer = buffer;
      this.left = size & TRB_LENGTH_MASK;
      this.empty = this.left === 0;
      this.loaded = true;
      return true;
    }
    this.fault = true;
    return false;
  }

  /** Gives the TRB back to the driver with what is left of it. @param status see TrbStatus @param control new word, without HWO */
  writeBack(status: number, control = this.control & ~HWO): void {
    const upper = this.#size & 0x0f00_0000;
    this.trbs.write(this.address, this.left | upper | (status << 28), control);
  }

  /** On to the TRB behind. @param trbs how many to go on by */
  advance(trbs = 1): void {
    this.address += trbs * TRB_BYTES;
    this.loaded = false;
  }
}
