import { copyBytes, isKernelError } from '@gadgetloom/core';
import { UsbRequest } from '../request.ts';
import type { CoreEndpoint } from './core-endpoint.ts';

/** Bytes of a control transfer's data stage that the composite framework handles (USB_COMP_EP0_BUFSIZ). */
export const EP0_BUFFER_SIZE = 4096;

/**
 * The request on endpoint 0 with which a device answers. Every answer reuses it.
 * Source: composite.c, composite_ep0_queue and composite_setup_complete.
 */
export class ControlReply {
  readonly #ep0: CoreEndpoint;
  readonly #request = new UsbRequest();
  readonly #buffer = new Uint8Array(EP0_BUFFER_SIZE);
  #pending = false;

  constructor(ep0: CoreEndpoint) {
    this.#ep0 = ep0;
    this.#request.buffer = this.#buffer;
    this.#request.complete = () => {
      this.#pending = false;
    };
  }

  /**
   * Queues a data stage; with no bytes it queues the status stage.
   *
   * @param zero end with a zero-length packet if the bytes fill whole packets
   * @throws KernelError the controller's errno
   */
  send(bytes: Uint8Array, zero: boolean): void {
    copyBytes(this.#buffer, 0, bytes, 0, bytes.length);
    this.#request.length = bytes.length;
    this.#request.zero = zero;
    this.#ep0.queue(this.#request);
    this.#pending = true;
  }

  /** Cancels the request if it is still queued. */
  cancel(): void {
    if (!this.#pending) return;
    this.#pending = false;
    try {
      this.#ep0.dequeue(this.#request);
    } catch (refusal) {
      // A controller that has flushed endpoint 0 no longer knows the request.
      if (!isKernelError(refusal)) throw refusal;
    }
  }
}
