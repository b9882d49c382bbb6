import type { Clock } from '@gadgetloom/core';
import type { DmaBuf, DmaFence, FenceCallback } from '@gadgetloom/dmabuf';
import type { StackEndpoint } from '@gadgetloom/gadget';
import { BufferPool, receiveFrom, TransferEngine, type TransferInput, transferTo } from '@gadgetloom/streams';
import { Observable, type Subscriber, type Subscription } from 'rxjs';

/** The gadget's part of a benchmark: keeps every buffer in flight. */
export interface GadgetFlow {
  run(operations: number): Promise<void>;
  close(): void | Promise<void>;
}

/** What the gadget's part works with. */
export interface GadgetSide {
  readonly endpoint: StackEndpoint;
  readonly clock: Clock;
  readonly buffers: readonly DmaBuf[];
  /** Without it, everything goes the copying path. */
  readonly scatterGather: boolean;
}

/** Counts a round down. */
export class Round {
  #left = 0;
  #over: () => void = () => {};

  start(operations: number): Promise<void> {
    this.#left = operations;
    return new Promise((resolve) => {
      this.#over = resolve;
    });
  }

  /** One is over. @returns true if another one is to begin, with `inFlight` others under way */
  next(inFlight: number): boolean {
    const left = --this.#left;
    if (left === 0) this.#over();
    return left >= inFlight;
  }
}

/** No stream at all: TRANSFER, and a callback on its fence. */
export class FenceFlow implements GadgetFlow {
  readonly #endpoint: StackEndpoint;
  readonly #slots: readonly FenceSlot[];
  readonly #round = new Round();

  constructor({ endpoint, buffers }: GadgetSide, size: number) {
    this.#endpoint = endpoint;
    for (const buffer of buffers) endpoint.attach(buffer);
    const more = (): boolean => this.#round.next(buffers.length);
    this.#slots = buffers.map((buffer) => new FenceSlot(endpoint, buffer, size, more));
  }

  run(operations: number): Promise<void> {
    const over = this.#round.start(operations);
    for (const slot of this.#slots.slice(0, operations)) slot.submit();
    return over;
  }

  close(): void {
    for (const { buffer } of this.#slots) this.#endpoint.detach(buffer);
  }
}

class FenceSlot implements FenceCallback {
  readonly buffer: DmaBuf;
  readonly #endpoint: StackEndpoint;
  readonly #size: number;
  readonly #more: () => boolean;

  constructor(endpoint: StackEndpoint, buffer: DmaBuf, size: number, more: () => boolean) {
    this.#endpoint = endpoint;
    this.buffer = buffer;
    this.#size = size;
    this.#more = more;
  }

  submit(): void {
    this.#endpoint.transfer(this.buffer, this.#size).addCallback(this);
  }

  fenceSignaled(fence: DmaFence): void {
    if (fence.status !== 1) throw new Error(`the fence failed with ${fence.status}`);
    if (this.#more()) this.submit();
  }
}

/** Completions by plain callbacks: the engine under the streams. */
export class CallbackFlow implements GadgetFlow {
  readonly #engine: TransferEngine;
  readonly #buffers: readonly DmaBuf[];
  readonly #size: number;
  readonly #round = new Round();

  constructor({ endpoint, buffers, clock, scatterGather }: GadgetSide, size: number) {
    this.#buffers = buffers;
    this.#size = size;
    const depth = buffers.length;
    const sink = {
      completed: ({ status, buffer }: { readonly status: string; readonly buffer: DmaBuf }): void => {
        if (status !== 'ok') throw new Error(status);
        if (this.#round.next(depth)) this.#engine.submit(buffer, size);
      },
    };
    this.#engine = new TransferEngine(endpoint, sink, { clock, depth, scatterGather });
  }

  run(operations: number): Promise<void> {
    const over = this.#round.start(operations);
    for (const buffer of this.#buffers.slice(0, operations)) this.#engine.submit(buffer, this.#size);
    return over;
  }

  async close(): Promise<void> {
    this.#engine.cancel();
    await this.#engine.closed;
  }
}

/** Completions by an Observable, `transferTo`. */
export class SendFlow implements GadgetFlow {
  readonly #inputs: readonly TransferInput[];
  readonly #round = new Round();
  readonly #subscription: Subscription;
  #source: Subscriber<TransferInput> | undefined;

  constructor({ endpoint, buffers, clock, scatterGather }: GadgetSide, size: number) {
    const depth = buffers.length;
    const slices = new Map(buffers.map((buffer) => [buffer, { buffer, length: size }]));
    this.#inputs = [...slices.values()];
    const source = new Observable<TransferInput>((subscriber) => {
      this.#source = subscriber;
    });
    this.#subscription = source
      .pipe(transferTo(endpoint, { clock, depth, scatterGather }))
      .subscribe(({ status, buffer }) => {
        if (status !== 'ok') throw new Error(status);
        if (this.#round.next(depth)) this.#source!.next(slices.get(buffer)!);
      });
  }

  run(operations: number): Promise<void> {
    const over = this.#round.start(operations);
    for (const input of this.#inputs.slice(0, operations)) this.#source!.next(input);
    return over;
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}

/** Completions by an Observable, `receiveFrom`. */
export class ReceiveFlow implements GadgetFlow {
  readonly #round = new Round();
  readonly #subscription: Subscription;

  constructor({ endpoint, buffers, clock, scatterGather }: GadgetSide, size: number) {
    const depth = buffers.length;
    const receiving = receiveFrom(endpoint, new BufferPool(buffers), {
      clock,
      depth,
      scatterGather,
      length: size,
    });
    this.#subscription = receiving.subscribe((received) => {
      if (received.status !== 'ok') throw new Error(received.status);
      received.release();
      this.#round.next(0);
    });
  }

  run(operations: number): Promise<void> {
    return this.#round.start(operations);
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}
