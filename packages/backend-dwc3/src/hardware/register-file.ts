import type { RegisterSpace } from '../face/register-space.ts';
import type { Register } from '../registers/register.ts';
import { accessMask } from '../registers/register.ts';
import { FIRST_OFFSET, LAST_OFFSET, REGISTERS } from '../registers/register-map.ts';

const WORDS = (LAST_OFFSET - FIRST_OFFSET) / 4 + 1;

/** What the table says about each word. */
const WRITABLE = new Uint32Array(WORDS);
const CLEARABLE = new Uint32Array(WORDS);
const RESET = new Uint32Array(WORDS);
const SOFT_RESET = new Uint8Array(WORDS);
for (const register of Object.values<Register>(REGISTERS)) {
  for (let index = 0; index < register.count; index++) {
    const at = (register.offset + index * register.stride - FIRST_OFFSET) / 4;
    WRITABLE[at] = accessMask(register, 'rw');
    CLEARABLE[at] = accessMask(register, 'w1c');
    RESET[at] = register.reset;
    SOFT_RESET[at] = register.softReset ? 1 : 0;
  }
}

/**
 * The words behind the registers, with the access that the table gives each field. What a register does besides is not
 * its business. An offset without a register reads as 0, and what is written there is lost.
 */
export class RegisterFile implements RegisterSpace {
  readonly #words: Uint32Array;
  readonly #reset: Uint32Array;

  /** @param fixed reset values by offset that replace those of the table */
  constructor(fixed: ReadonlyMap<number, number>) {
    this.#reset = Uint32Array.from(RESET);
    for (const [offset, value] of fixed) this.#reset[(offset - FIRST_OFFSET) >> 2] = value;
    this.#words = Uint32Array.from(this.#reset);
  }

  read(offset: number): number {
    return this.#words[(offset - FIRST_OFFSET) >> 2] ?? 0;
  }

  /** As a driver writes: read-only bits stay, write-one-to-clear bits are cleared by ones. */
  write(offset: number, value: number): void {
    const at = (offset - FIRST_OFFSET) >> 2;
    if (at < 0 || at >= WORDS) return;
    const writable = WRITABLE[at]!;
    this.#words[at] = (this.#words[at]! & ~(value & CLEARABLE[at]!) & ~writable) | (value & writable);
  }

  /** As the hardware sets it: all bits. */
  store(offset: number, value: number): void {
    this.#words[(offset - FIRST_OFFSET) >> 2] = value;
  }

  /** What DCTL.CSFTRST does to the registers. */
  softReset(): void {
    for (let at = 0; at < WORDS; at++) if (SOFT_RESET[at] === 1) this.#words[at] = this.#reset[at]!;
  }
}
