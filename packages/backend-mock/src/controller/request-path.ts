import type { BoardEndpoint } from '@gadgetloom/simulated-board';
import type { UsbRequest } from '@gadgetloom/udc';

/** The way of requests into an endpoint, and of completions out of it. */
export interface RequestPath {
  /** A request is about to be queued. @throws KernelError it is refused */
  admit(): void;
  /** The bytes of a request have moved: completes it, now or later. */
  complete(request: UsbRequest, status: number): void;
  /** Takes a request back whose completion is kept. @returns false if it is not here */
  release(request: UsbRequest): boolean;
  /** Takes back the request that was kept for the longest time. */
  releaseAny(): UsbRequest | undefined;
}

/** The way without faults: every request is taken, and completes at once. */
export const directPath = (endpoint: BoardEndpoint): RequestPath => ({
  admit: () => {},
  complete: (request, status) => endpoint.giveBack(request, status),
  release: () => false,
  releaseAny: () => undefined,
});
