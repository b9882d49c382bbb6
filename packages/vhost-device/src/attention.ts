import { availableParallelism } from 'node:os';
import { MILLISECOND } from '@gadgetloom/core';

/** Work that a driver may hand over at any time. */
export interface Work {
  /** Polling starts: the driver need not kick. */
  begin(): void;
  /** Does all or part of the pending work. @returns whether there was any */
  serve(): boolean;
  /** There has been no work for a moment. */
  pause(): void;
  /** Asks the driver to kick from now on. @returns whether work has arrived in the meantime */
  rest(): boolean;
}

/** How long a device polls for work. All times are in nanoseconds. */
export interface Vigilance {
  /** Time after the latest access. After it the driver must wake the process; with 0 it always must. */
  readonly patience: number;
  /** Time without a turn for the event loop. */
  readonly slice: number;
}

/** For a machine on which driver and device run on different processors. */
export const VIGILANT: Vigilance = { patience: 2_000_000, slice: 50_000 };
/** For a machine with one processor: polling would keep the driver from running. */
export const PATIENT: Vigilance = { patience: 0, slice: 50_000 };

/** Default for this machine. */
export const defaultVigilance = (): Vigilance => (availableParallelism() > 1 ? VIGILANT : PATIENT);

/**
 * Polls a device. A driver that reads a register waits for the answer, and waking a process takes longer than
 * answering. So the device is polled for a while after each access.
 *
 * The microtasks of the device's model run between two polls, and the rest of the event loop between two slices.
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

  /** Stops all calls. */
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
