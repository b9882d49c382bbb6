import { mock } from '@gadgetloom/backend-mock';
import type { Clock, Plugin } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { bulk, composeStack, defineGadget, type StackEndpoint } from '@gadgetloom/gadget';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { type HostPipe, VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { counterpart } from './counterpart.ts';
import type { BothSides } from './page-copies.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { loop: { class: 0xff, endpoints: { source: bulk.in(), sink: bulk.out() } } },
});

/** What a benchmark of transfers works with: an endpoint of a composed stack, its buffers, and the host's pipe. */
export interface Loopback extends AsyncDisposable {
  readonly endpoint: StackEndpoint;
  readonly pipe: HostPipe;
  readonly clock: Clock;
  readonly buffers: readonly DmaBuf[];
  /** The host's side of each transfer. */
  readonly arrays: readonly Uint8Array[];
  /** Without it, everything goes the copying path. */
  readonly scatterGather: boolean;
}

export interface LoopbackOptions {
  readonly direction: 'in' | 'out';
  /** Bytes of each transfer. */
  readonly size: number;
  /** Buffers on each side. */
  readonly count: number;
  /** `true` unless given. */
  readonly scatterGather?: boolean;
  /** Whose controller it runs on; the ideal one unless given. */
  readonly backend?: Plugin;
}

/** Composes a stack as a user would. */
export async function openLoopback(options: LoopbackOptions): Promise<Loopback> {
  const { direction, size, count, scatterGather = true, backend = mock({ scatterGather }) } = options;
  const stack = await composeStack({ gadget, backends: [backend], backend: backend.name });
  const device = await stack.resolve(VIRTUAL_HOST).waitForDevice();
  const endpoint = direction === 'in' ? stack.endpoint('loop.source') : stack.endpoint('loop.sink');
  const buffers = [...stack.allocate({ count, size })];
  return {
    endpoint,
    pipe: device.endpoints().find((pipe) => pipe.direction === direction)!,
    clock: stack.clock,
    buffers,
    arrays: buffers.map((buffer) => counterpart(buffer.bytes().subarray(0, size))),
    scatterGather,
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

/** The memory of a loopback. */
export function bothSides({ buffers, arrays }: Loopback): BothSides {
  return { gadget: buffers.map((buffer, index) => buffer.bytes().subarray(0, arrays[index]!.length)), host: arrays };
}

/** Keeps one transfer per array on a pipe, again and again. */
export class HostFlow {
  readonly #pipe: HostPipe;
  readonly #transfers: readonly HostTransfer[];
  #left = 0;
  #open = 0;
  #over: () => void = () => {};

  constructor({ pipe, arrays }: Loopback) {
    this.#pipe = pipe;
    this.#transfers = arrays.map((array) => new HostTransfer(array, this.#completed));
  }

  run(operations: number): Promise<void> {
    return new Promise((resolve) => {
      this.#over = resolve;
      this.#open = Math.min(operations, this.#transfers.length);
      this.#left = operations - this.#open;
      for (const transfer of this.#transfers.slice(0, this.#open)) this.#pipe.submit(transfer);
    });
  }

  readonly #completed = (transfer: HostTransfer): void => {
    if (transfer.status !== 0) throw new Error(`the host's transfer ended with ${transfer.status}`);
    if (this.#left > 0) {
      this.#left--;
      this.#pipe.submit(transfer);
    } else if (--this.#open === 0) this.#over();
  };
}
