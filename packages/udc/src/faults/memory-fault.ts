import { InputError } from '@gadgetloom/core';
import { parseTimes } from './fault.ts';

/** Which calls run out of memory. */
export interface MemoryFaultOptions {
  /** `'allocate'` (unless given): the heap has no pages. `'attach'`: no memory to map a buffer for a device. */
  readonly at?: 'allocate' | 'attach';
  /** How many calls still succeed; none unless given. */
  readonly after?: { readonly calls: number };
  /** How often, at least 1; once unless given. `Infinity`: until disposed. */
  readonly times?: number;
}

/** Memory that is to run out. Disposing takes it back. */
export interface MemoryFault extends Disposable {
  readonly at: 'allocate' | 'attach';
  /** How many calls have failed. */
  readonly hits: number;
  readonly over: boolean;
}

/** Counts calls until they fail. */
export class MemoryRule implements MemoryFault {
  readonly at: 'allocate' | 'attach';
  hits = 0;
  #calls: number;
  #times: number;

  constructor(options: MemoryFaultOptions) {
    const calls = options.after?.calls ?? 0;
    if (!Number.isInteger(calls) || calls < 0)
      throw new InputError(`after.calls: ${calls} is no number of calls; a whole number from 0 on is.`, {
        field: 'after.calls',
      });
    this.at = options.at ?? 'allocate';
    this.#calls = calls;
    this.#times = parseTimes(options.times);
  }

  get over(): boolean {
    return this.#times <= 0;
  }

  /** True if this call fails. */
  called(): boolean {
    if (this.over || this.#calls-- > 0) return false;
    this.hits++;
    this.#times--;
    return true;
  }

  [Symbol.dispose](): void {
    this.#times = 0;
  }
}
