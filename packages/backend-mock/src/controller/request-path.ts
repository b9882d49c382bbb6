import type { BoardEndpoint } from '@gadgetloom/simulated-board';
import type { UsbRequest } from '@gadgetloom/udc';

/** The path of requests into an endpoint and of completions out of it. */
export interface RequestPath {
  /** Checks a request before it is queued. @throws KernelError the request is refused */
  admit(): void;
  /** Completes a request whose bytes have moved, now or later. */
  complete(request: UsbRequest, status: number): void;
  /** Releases a request whose completion was kept. @returns false if it is not here */
  release(request: UsbRequest): boolean;
  /** Releases the request that was kept for the longest time. */
  releaseAny(): UsbRequest | undefined;
}

/** The path without faults: accepts every request and completes it at once. */
export const directPath = (endpoint: BoardEndpoint): RequestPath => ({
  admit: () => {},
  complete: (request, status) => endpoint.giveBack(request, status),
  release: () => false,
  releaseAny: () => undefined,
});
