import type { Addon } from '@gadgetloom/linux-native';

/** Places in the addon's arrays. */
const [ENDPOINT, BUFFER, RESULT] = [0, 1, 2];
const [LENGTH, QUEUED_AT] = [0, 1];

/** The native call that every transfer makes. Arguments and results go through memory, which converts nothing. */
export class TransferCall {
  /** At hand: the addon has so many properties that V8 looks them up in a hash table, each time. */
  readonly #transfer: () => void;
  readonly #integers: Int32Array;
  readonly #numbers: Float64Array;

  constructor(addon: Addon) {
    this.#transfer = addon.dmabufTransfer;
    this.#integers = addon.transferIntegers;
    this.#numbers = addon.transferNumbers;
  }

  /** {@link Addon.dmabufTransfer}: descriptor of a sync file, or a negative number. */
  submit(endpoint: number, buffer: number, length: number): number {
    const integers = this.#integers;
    integers[ENDPOINT] = endpoint;
    integers[BUFFER] = buffer;
    this.#numbers[LENGTH] = length;
    this.#transfer();
    return integers[RESULT]!;
  }

  /** When the last one was about to be queued: nanoseconds of CLOCK_MONOTONIC. */
  get queuedAt(): number {
    return this.#numbers[QUEUED_AT]!;
  }
}
