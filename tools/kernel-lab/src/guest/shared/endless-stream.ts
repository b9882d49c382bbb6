import { setTimeout as pause } from 'node:timers/promises';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { BufferPool, type EngineOptions, receiveFrom, type TransferCompletion, transferTo } from '@gadgetloom/streams';
import { expectEqual } from './expect.ts';
import type { SampleStack } from './sample-gadget.ts';

/** Which endpoint of the sample gadget. */
export type Way = 'in' | 'out';

/** Milliseconds until a stream counts as stuck. */
const PATIENCE = 15_000;

interface Waiter {
  /** What has to be reached. */
  readonly reached: () => boolean;
  readonly resolve: () => void;
}

/** A stream that goes on until it is stopped or its stack is closed, and every completion of which is counted. */
export class EndlessStream {
  readonly way: Way;
  readonly pool: BufferPool;
  /** How often each status was reported. */
  readonly statuses = new Map<string, number>();
  /** Resolves when the stream completes, rejects when it fails. */
  readonly ended: Promise<void>;
  /** Transfers that were handed to the stream. */
  submitted = 0;
  completed = 0;
  /** It has completed or failed. */
  over = false;
  #duplicates = 0;
  #errors: unknown[] = [];
  /** Handed over, and neither reported nor back. */
  readonly #underWay = new Set<DmaBuf>();
  /** Came back without having been transferred. */
  #givenBack = 0;
  readonly #sequences = new Set<number>();
  #stopping = false;
  #waiters: Waiter[] = [];
  #unsubscribe: () => void = () => {};

  constructor(stack: SampleStack, way: Way, buffers: Iterable<DmaBuf>, options: EngineOptions & { length: number }) {
    this.way = way;
    this.pool = new BufferPool(buffers);
    const { length, ...rest } = options;
    const engine = { clock: stack.clock, ...rest };
    this.ended = new Promise((resolve, reject) => {
      const error = (cause: unknown): void => {
        this.#wakeAll();
        reject(cause);
      };
      const complete = (): void => {
        this.#wakeAll();
        resolve();
      };
      const subscription =
        way === 'in'
          ? transferTo(stack.endpoint('stream.samples'), { ...engine, returnTo: this })(this.#source(length)).subscribe(
              { next: (completion) => this.#count(completion), error, complete },
            )
          : receiveFrom(stack.endpoint('stream.commands'), this.pool, {
              ...engine,
              length: () => {
                if (this.#stopping) return 0;
                this.submitted++;
                return length;
              },
            }).subscribe({
              next: (received) => {
                this.#count(received);
                received.release();
              },
              error,
              complete,
            });
      this.#unsubscribe = () => subscription.unsubscribe();
    });
    // Whoever awaits it hears of it; nobody has to.
    this.ended.catch(() => {});
  }

  /** Transfers that ended well. */
  get ok(): number {
    return this.statuses.get('ok') ?? 0;
  }

  /** Resolves once `count` more transfers have ended well, or the stream is over. @throws Error that takes too long */
  more(count: number): Promise<void> {
    const goal = this.ok + count;
    return this.#until(() => this.ok >= goal);
  }

  /** Resolves once `count` more transfers have ended somehow, or the stream is over. @throws Error that takes too long */
  turns(count: number): Promise<void> {
    const goal = this.completed + count;
    return this.#until(() => this.completed >= goal);
  }

  async #until(reached: () => boolean): Promise<void> {
    if (this.over) return;
    const { ok, completed } = this;
    const enough = new Promise<boolean>((resolve) => {
      this.#waiters.push({ reached, resolve: () => resolve(true) });
    });
    const watchdog = new AbortController();
    const late = pause(PATIENCE, false, { signal: watchdog.signal });
    late.catch(() => {});
    const came = await Promise.race([enough, late]);
    watchdog.abort();
    if (!came)
      throw new Error(
        `in ${PATIENCE} ms only ${this.completed - completed} transfers ended, ${this.ok - ok} of them well`,
      );
  }

  /** Hands over nothing more: the stream completes when all is over. */
  stop(): void {
    this.#stopping = true;
  }

  /** Takes a buffer back, from the stream that sends. */
  release(buffer: DmaBuf): void {
    if (this.#underWay.delete(buffer)) this.#givenBack++;
    this.pool.release(buffer);
  }

  unsubscribe(): void {
    this.#unsubscribe();
  }

  /** @throws Error completions that are missing, came twice or say what they must not; buffers that are not back */
  expectExactlyOnce(allowed: readonly string[]): void {
    // The stream may have been ended between asking for a buffer and getting it.
    const transfers = this.submitted - Math.min(this.#givenBack, 1);
    const problems = [...this.statuses.keys()].filter((status) => status !== 'ok' && !allowed.includes(status));
    const words = [...this.statuses].map(([status, count]) => `${count} ${status}`).join(', ');
    if (problems.length > 0) throw new Error(`unexpected statuses: ${words}`, { cause: this.#errors[0] });
    if (this.#duplicates > 0 || this.completed !== transfers)
      throw new Error(
        `${this.submitted} transfers, ${this.completed} completions, ${this.#duplicates} twice: ${words}`,
      );
    this.expectBuffersBack();
  }

  /** @throws Error somebody holds a buffer */
  expectBuffersBack(): void {
    const { held } = this.pool.report();
    expectEqual(
      held.map(({ holder }) => holder),
      [],
      'buffers that are not back',
    );
  }

  async *#source(length: number) {
    while (!this.#stopping) {
      const buffer = await this.pool.acquire();
      this.submitted++;
      this.#underWay.add(buffer);
      yield { buffer, length };
    }
  }

  #count({ sequence, status, error, buffer }: TransferCompletion): void {
    this.completed++;
    this.#underWay.delete(buffer);
    if (this.#sequences.has(sequence)) this.#duplicates++;
    this.#sequences.add(sequence);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (error !== undefined) this.#errors.push(error);
    const ready = this.#waiters.filter(({ reached }) => reached());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  #wakeAll(): void {
    this.over = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }
}
