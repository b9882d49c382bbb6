import type { DmaMemory } from '@gadgetloom/dmabuf';
import type { FaultEngine } from '@gadgetloom/udc/faults';

/**
 * Memory that answers data accesses with a bus error where a fault is due. Single words, which are descriptors, never
 * fail.
 */
export class FaultyMemory implements DmaMemory {
  readonly #memory: DmaMemory;
  readonly #engine: FaultEngine;

  constructor(memory: DmaMemory, engine: FaultEngine) {
    this.#memory = memory;
    this.#engine = engine;
  }

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    if (this.#engine.rules.length > 0 && this.#fails('in')) return false;
    return this.#memory.read(address, target, at, length);
  }

  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    if (this.#engine.rules.length > 0 && this.#fails('out')) return false;
    return this.#memory.write(address, source, at, length);
  }

  read32(address: number): number {
    return this.#memory.read32(address);
  }

  write32(address: number, value: number): boolean {
    return this.#memory.write32(address, value);
  }

  #fails(direction: 'in' | 'out'): boolean {
    const fits = (endpoint: unknown): boolean => endpoint === undefined || endpoint === direction;
    const rule = this.#engine.rules.find(
      ({ kind, armed, endpoint }) => kind === 'bus error' && armed && fits(endpoint),
    );
    if (rule === undefined) return false;
    this.#engine.strike(rule, `DMA ${direction}`);
    return true;
  }
}
