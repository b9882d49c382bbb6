import { Errno } from '@gadgetloom/core';
import { USB_DIR_IN, type UsbRequest } from '@gadgetloom/udc';
import { DriverEndpoint } from './driver-endpoint.ts';
import { RequestQueue } from './request-queue.ts';

/**
 * An endpoint of a simulated controller whose requests wait in one queue. Each of them is given back exactly once. A
 * driver extends it and moves the bytes: it looks at {@link requests} and calls {@link finish}.
 */
export abstract class BoardEndpoint extends DriverEndpoint {
  /** The requests that wait for the host, in order. */
  readonly requests: RequestQueue = new RequestQueue();

  /**
   * Called when the host sets or clears ENDPOINT_HALT. The host cannot clear it on an endpoint that the gadget wedged.
   */
  hostSetsHalt(halted: boolean): void {
    if (halted || !this.wedged) this.halted = halted;
    this.haltChanged();
  }

  /** Completes all requests with a status, in order. */
  nuke(status: number): void {
    for (let request = this.requests.shift(); request !== undefined; request = this.requests.shift())
      this.giveBack(request, status);
  }

  /** Takes the first request out of the queue and completes it. @param status 0, or a negative errno */
  finish(status: number): void {
    const request = this.requests.shift();
    if (request !== undefined) this.giveBack(request, status);
  }

  protected override stop(): void {
    // A completion that queues its request again is refused.
    this.descriptor = undefined;
    this.nuke(-Errno.ESHUTDOWN);
  }

  protected override take(request: UsbRequest): void {
    this.requests.push(request);
  }

  protected override cancel(request: UsbRequest): boolean {
    const found = this.release(request);
    if (found) this.giveBack(request, -Errno.ECONNRESET);
    return found;
  }

  /** Removes a queued request. @returns false if it is not here */
  protected release(request: UsbRequest): boolean {
    return this.requests.remove(request);
  }

  protected override halt(halted: boolean, wedged: boolean): void {
    const toHost = this.descriptor !== undefined && (this.address & USB_DIR_IN) !== 0;
    if (halted && toHost && this.requests.size > 0)
      throw this.error('EAGAIN', 'setHalt', 'Requests are queued: wait until the host has read them.');
    this.halted = halted;
    this.wedged = halted && (wedged || this.wedged);
    this.haltChanged();
  }

  /** Called when {@link halted} or {@link wedged} changed. */
  protected haltChanged(): void {}
}
