import type { RegisterSpace } from '../face/register-space.ts';
import type { Register } from '../registers/register.ts';
import { accessMask } from '../registers/register.ts';
import { FIRST_OFFSET, LAST_OFFSET, REGISTERS } from '../registers/register-map.ts';

const WORDS = (LAST_OFFSET - FIRST_OFFSET) / 4 + 1;

/**
 * The words behind the registers, with the access that the table gives each field. What a register does besides is not
 * its business. An offset without a register reads as 0, and what is written there is lost.
 */
export class RegisterFile implements RegisterSpace {
  readonly #words = new Uint32Array(WORDS);
  readonly #writable = new Uint32Array(WORDS);
  readonly #clearable = new Uint32Array(WORDS);
  readonly #reset = new Uint32Array(WORDS);
  readonly #softReset = new Uint8Array(WORDS);

  /** @param fixed reset values by offset that replace those of the table */
  constructor(fixed: ReadonlyMap<number, number>) {
    for (const register of Object.values<Register>(REGISTERS)) {
      const writable = accessMask(register, 'rw');
      const clearable = accessMask(register, 'w1c');
      for (let index = 0; index < register.count; index++) {
        const offset = register.offset + index * register.stride;
        const at = (offset - FIRST_OFFSET) / 4;
        this.#writable[at] = writable;
        this.#clearable[at] = clearable;
        this.#reset[at] = fixed.get(offset) ?? register.reset;
        this.#softReset[at] = register.softReset ? 1 : 0;
      }
    }
    this.#words.set(this.#reset);
  }

  read(offset: number): number {
    return this.#words[(offset - FIRST_OFFSET) >> 2] ?? 0;
  }

  /** As a driver writes: read-only bits stay, write-one-to-clear bits are cleared by ones. */
  write(offset: number, value: number): void {
    const at = (offset - FIRST_OFFSET) >> 2;
    if (at < 0 || at >= WORDS) return;
    const writable = this.#writable[at]!;
    this.#words[at] = (this.#words[at]! & ~(value & this.#clearable[at]!) & ~writable) | (value & writable);
  }

  /** As the hardware sets it: all bits. */
  store(offset: number, value: number): void {
    this.#words[(offset - FIRST_OFFSET) >> 2] = value;
  }

  /** What DCTL.CSFTRST does to the registers. */
  softReset(): void {
    for (let at = 0; at < WORDS; at++) if (this.#softReset[at] === 1) this.#words[at] = this.#reset[at]!;
  }
}
