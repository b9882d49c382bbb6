import { availableParallelism } from 'node:os';
import { MILLISECOND } from '@gadgetloom/core';

/** What a driver may find to be done at any time. */
export interface Work {
  /** From now on it is looked at: the driver need not kick. */
  begin(): void;
  /** Does what there is to do, or a good part of it. @returns whether there was something */
  serve(): boolean;
  /** There was nothing to do for a moment. */
  pause(): void;
  /** Asks the driver to kick from now on. @returns whether there is something to do nevertheless */
  rest(): boolean;
}

/** How long a device goes on looking for work by itself. All times are in nanoseconds. */
export interface Vigilance {
  /** After the latest access; then the driver has to wake the process up. 0: it always has to. */
  readonly patience: number;
  /** Without giving the event loop its turn. */
  readonly slice: number;
}

/** For a processor that the driver does not share with the device. */
export const VIGILANT: Vigilance = { patience: 2_000_000, slice: 50_000 };
/** For one that it does: looking for work would keep the driver from making any. */
export const PATIENT: Vigilance = { patience: 0, slice: 50_000 };

/** What suits this machine. */
export const defaultVigilance = (): Vigilance => (availableParallelism() > 1 ? VIGILANT : PATIENT);

/**
 * Looks after a device. A driver that reads a register waits for the answer, and waking a process up takes longer than
 * answering: so after each access the device is looked at again and again for a while.
 *
 * Between two looks run the microtasks of the device's model, between two slices the rest of the event loop.
 */
export class Attention {
  readonly #work: Work;
  readonly #patience: number;
  readonly #slice: number;
  #awake = false;
  #stopped = false;
  #sliceEnds = 0;
  #latest = 0;

  constructor(work: Work, { patience, slice }: Vigilance) {
    this.#work = work;
    this.#patience = patience / MILLISECOND;
    this.#slice = slice / MILLISECOND;
  }

  /** The driver kicked. */
  wake(): void {
    if (this.#awake || this.#stopped) return;
    this.#awake = true;
    this.#latest = performance.now();
    this.#work.begin();
    this.#turn();
  }

  /** Nothing is called any more. */
  stop(): void {
    this.#stopped = true;
  }

  readonly #turn = (): void => {
    this.#sliceEnds = performance.now() + this.#slice;
    this.#look();
  };

  readonly #look = (): void => {
    if (this.#stopped) return;
    const served = this.#work.serve();
    if (this.#stopped) return;
    const now = performance.now();
    if (served) this.#latest = now;
    const tired = !served && now - this.#latest >= this.#patience;
    if (!tired && now < this.#sliceEnds) {
      settled.then(this.#look);
      return;
    }
    if (!served) this.#work.pause();
    if (tired && !this.#work.rest()) this.#awake = false;
    else setImmediate(this.#turn);
  };
}

const settled = Promise.resolve();
