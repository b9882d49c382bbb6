import { mock } from '@gadgetloom/backend-mock';
import type { Clock } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { bulk, composeStack, defineGadget, type StackEndpoint } from '@gadgetloom/gadget';
import { type HostPipe, HostTransfer, VIRTUAL_HOST } from '@gadgetloom/virtual-host';

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
}

/** Composes a stack as a user would, with `count` buffers of `size` bytes on each side. */
export async function openLoopback(direction: 'in' | 'out', size: number, count: number): Promise<Loopback> {
  const stack = await composeStack({ gadget, backends: [mock()], backend: 'mock' });
  const device = await stack.resolve(VIRTUAL_HOST).waitForDevice();
  const endpoint = direction === 'in' ? stack.endpoint('loop.source') : stack.endpoint('loop.sink');
  return {
    endpoint,
    pipe: device.endpoints().find((pipe) => pipe.direction === direction)!,
    clock: stack.clock,
    buffers: [...stack.allocate({ count, size })],
    arrays: Array.from({ length: count }, () => new Uint8Array(size)),
    [Symbol.asyncDispose]: () => stack.close(),
  };
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
