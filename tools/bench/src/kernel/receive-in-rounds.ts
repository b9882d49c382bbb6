import { BufferPool, type ReceivedTransfer, receiveFrom } from '@gadgetloom/streams';
import type { Subscription } from 'rxjs';
import { type GadgetFlow, type GadgetSide, Round } from '../gadget-flows.ts';

/** `receiveFrom`, from a host that never stops sending: between rounds it holds on to every buffer. */
export class ReceiveInRounds implements GadgetFlow {
  readonly #side: GadgetSide;
  readonly #size: number;
  readonly #round = new Round();
  readonly #pool: BufferPool;
  readonly #held: (() => void)[] = [];
  #subscription: Subscription | undefined;

  constructor(side: GadgetSide, size: number) {
    this.#side = side;
    this.#size = size;
    this.#pool = new BufferPool(side.buffers);
    for (const _ of side.buffers) {
      const buffer = this.#pool.tryAcquire()!;
      this.#held.push(() => this.#pool.release(buffer));
    }
  }

  run(operations: number): Promise<void> {
    const over = this.#round.start(operations);
    this.#subscription ??= this.#subscribe();
    for (const release of this.#held.splice(0, operations)) release();
    return over;
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }

  #subscribe(): Subscription {
    const { endpoint, clock, scatterGather, buffers } = this.#side;
    const depth = buffers.length;
    return receiveFrom(endpoint, this.#pool, { clock, depth, scatterGather, length: this.#size }).subscribe(
      (received) => this.#received(received, depth),
    );
  }

  #received(received: ReceivedTransfer, depth: number): void {
    if (received.status !== 'ok') throw new Error(received.status);
    if (this.#round.next(depth)) received.release();
    else this.#held.push(() => received.release());
  }
}
