import type { RegisterSpace } from '../face/register-space.ts';
import type { Register } from '../registers/register.ts';
import { accessMask } from '../registers/register.ts';
import { FIRST_OFFSET, LAST_OFFSET, REGISTERS } from '../registers/register-map.ts';

const WORDS = (LAST_OFFSET - FIRST_OFFSET) / 4 + 1;

/** The table's properties of each word. */
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
 * The words of the registers, with the access that the table gives each field. It does not know the effects of a write. An
 * offset without a register reads as 0, and a write there is ignored.
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

  /** A write of the driver. Read-only bits stay, and ones clear write-one-to-clear bits. */
  write(offset: number, value: number): void {
    const at = (offset - FIRST_OFFSET) >> 2;
    if (at < 0 || at >= WORDS) return;
    const writable = WRITABLE[at]!;
    this.#words[at] = (this.#words[at]! & ~(value & CLEARABLE[at]!) & ~writable) | (value & writable);
  }

  /** A write of the hardware: all bits change. */
  store(offset: number, value: number): void {
    this.#words[(offset - FIRST_OFFSET) >> 2] = value;
  }

  /** Resets the registers that DCTL.CSFTRST resets. */
  softReset(): void {
    for (let at = 0; at < WORDS; at++) if (SOFT_RESET[at] === 1) this.#words[at] = this.#reset[at]!;
  }
}
