import type { DmaMemory } from '@gadgetloom/dmabuf';
import type { FaultBoard } from './fault-board.ts';

/** Memory that answers with a bus error where a fault says so. */
export class FaultyMemory implements DmaMemory {
  readonly #memory: DmaMemory;
  readonly #board: FaultBoard;

  constructor(memory: DmaMemory, board: FaultBoard) {
    this.#memory = memory;
    this.#board = board;
  }

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    return !this.#fails('to the host') && this.#memory.read(address, target, at, length);
  }

  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    return !this.#fails('from the host') && this.#memory.write(address, source, at, length);
  }

  read32(address: number): number {
    return this.#fails('to the host') ? -1 : this.#memory.read32(address);
  }

  write32(address: number, value: number): boolean {
    return !this.#fails('from the host') && this.#memory.write32(address, value);
  }

  #fails(way: string): boolean {
    if (this.#board.rules.length === 0) return false;
    const rule = this.#board.rules.find(
      ({ kind, armed, endpoint }) =>
        kind === 'bus error' &&
        armed &&
        (typeof endpoint !== 'string' || (endpoint === 'in') === (way === 'to the host')),
    );
    if (rule === undefined) return false;
    this.#board.strike(rule, `DMA ${way}`);
    return true;
  }
}
