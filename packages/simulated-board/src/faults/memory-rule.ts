import { InputError } from '@gadgetloom/core';
import { type MemoryFault, type MemoryFaultOptions, parseTimes } from '@gadgetloom/udc/faults';

/** A fault of memory, and the countdown to it. */
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
