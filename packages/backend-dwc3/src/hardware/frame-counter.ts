import type { Clock } from '@gadgetloom/core';
import { isSuperSpeed, type UsbSpeed } from '@gadgetloom/udc';

/** A microframe, and the bus interval of SuperSpeed: 125 microseconds. */
export const MICROFRAME = 125_000;
/** A frame: 1 millisecond. */
const FRAME = 1_000_000;
/** Frame numbers have 16 bits in commands and events; DSTS shows the lower 14. */
export const FRAME_MASK = 0xffff;

/** The (micro)frame number of the bus: frames at full speed, microframes above (DSTS.SOFFN). */
export class FrameCounter {
  readonly #clock: Clock;
  /** Nanoseconds of one count. */
  period = MICROFRAME;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  setSpeed(speed: UsbSpeed): void {
    this.period = speed === 'high' || isSuperSpeed(speed) ? MICROFRAME : FRAME;
  }

  /** Counts since the clock began. */
  get count(): number {
    return Math.floor(this.#clock.now() / this.period);
  }

  /** The count of a 16-bit frame number that is not more than half a round away from now. */
  resolve(frame: number): number {
    const now = this.count;
    const ahead = (frame - now) & FRAME_MASK;
    return now + (ahead > FRAME_MASK >> 1 ? ahead - FRAME_MASK - 1 : ahead);
  }

  /** Nanoseconds until a count begins; 0 if it has. */
  until(count: number): number {
    return Math.max(0, count * this.period - this.#clock.now());
  }
}
