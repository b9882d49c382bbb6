import type { Clock, TraceSink } from '@gadgetloom/core';
import type { MemoryFault, MemoryFaultOptions } from '@gadgetloom/udc/faults';
import { MemoryRule } from './memory-rule.ts';

/** The faults that make the memory of a simulated board run out. */
export class MemoryFaults {
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  #rules: readonly MemoryRule[] = [];

  constructor(clock: Clock, trace: TraceSink | undefined) {
    this.#clock = clock;
    this.#trace = trace;
  }

  /** The faults that are not over. */
  get pending(): readonly MemoryFault[] {
    return this.#rules.filter((rule) => !rule.over);
  }

  /** Asks for a fault. @throws InputError its options are wrong */
  add(options: MemoryFaultOptions): MemoryFault {
    const rule = new MemoryRule(options);
    this.#rules = [...this.#rules.filter(({ over }) => !over), rule];
    return rule;
  }

  /** True if this call runs out of memory. Simulated pages call it. */
  readonly exhausts = (at: 'allocate' | 'attach'): boolean => {
    for (const rule of this.#rules) {
      if (rule.at !== at || !rule.called()) continue;
      const details = { fault: 'ENOMEM', where: at };
      this.#trace?.event({ at: this.#clock.now(), source: 'controller', what: 'fault', details });
      return true;
    }
    return false;
  };

  /** Disarms all faults. */
  clear(): void {
    for (const rule of this.#rules) rule[Symbol.dispose]();
    this.#rules = [];
  }
}
