import type { DmaMemory } from '@gadgetloom/dmabuf';
import { put } from '../registers/field.ts';
import {
  TRB_BPH,
  TRB_BPL,
  TRB_BYTES,
  TRB_CTRL,
  TRB_LENGTH_MASK,
  TRB_SIZE,
  TrbCtrl,
  TrbSize,
  TrbType,
  trbType,
} from '../registers/trb.ts';

const { HWO } = TrbCtrl;

/** Links in a row after which a ring counts as broken. */
const MOST_LINKS = 3;

/** The core's position in the TRBs of a transfer. It reads TRBs that the core owns, and writes back what is left of them. */
export class TrbCursor {
  /** Address of the TRB that is at work, or that comes next. */
  address = 0;
  /** The TRB at `address` has been read and is at work. */
  loaded = false;
  /** Its control word. */
  control = 0;
  /** Address of its next byte. */
  buffer = 0;
  /** Bytes that are left. */
  left = 0;
  /** True if its size was 0. */
  empty = false;
  /** While the rest of a buffer is skipped, the event status (short, bus error) that it ends with; otherwise 0. */
  skipping = 0;
  /** True after a TRB could not be read: the address is wrong. */
  fault = false;
  #size = 0;
  readonly #memory: DmaMemory;

  constructor(memory: DmaMemory) {
    this.#memory = memory;
  }

  /** Starts at the TRB of an address. */
  start(address: number): void {
    this.address = address;
    this.loaded = false;
    this.skipping = 0;
    this.fault = false;
  }

  /** Reads the next TRB. @returns false if the core does not own it, or at a {@link fault} */
  load(): boolean {
    const memory = this.#memory;
    for (let links = 0; links <= MOST_LINKS; links++) {
      // The control word first: the others are valid once it says that the core owns the TRB.
      const control = memory.read32(this.address + TRB_CTRL);
      if (control < 0) break;
      if ((control & HWO) === 0) return false;
      const size = memory.read32(this.address + TRB_SIZE);
      const buffer = memory.read32(this.address + TRB_BPH) * 2 ** 32 + memory.read32(this.address + TRB_BPL);
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

  /**
   * Gives the TRB back to the driver with what is left of it. Memory that cannot be written stays as it is.
   *
   * @param status see TrbStatus
   * @param control the new control word, without HWO
   */
  writeBack(status: number, control = this.control & ~HWO): void {
    const kept = this.#size & ~(TrbSize.LENGTH.mask | TrbSize.STATUS.mask);
    this.#memory.write32(this.address + TRB_SIZE, (this.left | kept | put(TrbSize.STATUS, status)) >>> 0);
    this.#memory.write32(this.address + TRB_CTRL, control >>> 0);
  }

  /** Moves on to the TRB behind. */
  advance(): void {
    this.address += TRB_BYTES;
    this.loaded = false;
  }
}
