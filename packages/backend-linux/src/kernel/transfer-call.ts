import type { Addon } from '@gadgetloom/linux-native';

/** Indexes into the addon's arrays. */
const [ENDPOINT, BUFFER, RESULT] = [0, 1, 2];
const [LENGTH, QUEUED_AT] = [0, 1];

/** The native call that submits a transfer. Arguments and results pass through shared memory, without conversion. */
export class TransferCall {
  /** Kept here because V8 would look up a property of the addon, which has many, in a hash table. */
  readonly #transfer: () => void;
  readonly #integers: Int32Array;
  readonly #numbers: Float64Array;

  constructor(addon: Addon) {
    this.#transfer = addon.dmabufTransfer;
    this.#integers = addon.transferIntegers;
    this.#numbers = addon.transferNumbers;
  }

  /** {@link Addon.dmabufTransfer}. Returns the descriptor of a sync file, or a negative number. */
  submit(endpoint: number, buffer: number, length: number): number {
    const integers = this.#integers;
    integers[ENDPOINT] = endpoint;
    integers[BUFFER] = buffer;
    this.#numbers[LENGTH] = length;
    this.#transfer();
    return integers[RESULT]!;
  }

  /** Time just before the last transfer was queued, in nanoseconds of CLOCK_MONOTONIC. */
  get queuedAt(): number {
    return this.#numbers[QUEUED_AT]!;
  }
}
