import type { TransferCompletion } from '../src/completion.ts';
import type { TransferSink } from '../src/engine.ts';

/** Records the calls of a sink. */
export class RecordingSink implements TransferSink {
  readonly completions: TransferCompletion[] = [];
  /** Number of completions of each batch. */
  readonly batches: number[] = [];
  /** Each call of `closed`. */
  readonly closings: unknown[] = [];
  #batched = 0;

  completed(completion: TransferCompletion): void {
    if (this.closings.length > 0) throw new Error('a completion after the end');
    this.completions.push(completion);
  }

  batchEnd(): void {
    this.batches.push(this.completions.length - this.#batched);
    this.#batched = this.completions.length;
  }

  closed(error: unknown): void {
    this.closings.push(error);
  }

  /** The completions as `a ok`, `b ESHUTDOWN` ... */
  get outcomes(): string[] {
    return this.completions.map(({ buffer, status }) => `${buffer.name} ${status}`);
  }
}
