import type { UsbRequest } from '@gadgetloom/udc';

/** No address: the request is not mapped (DMA_ADDR_INVALID). */
export const NOT_MAPPED = -1;

/** A request while it is queued (struct musb_request). */
export class QueuedRequest {
  request: UsbRequest | undefined = undefined;
  /** Address of the bytes for the device. */
  dma: number = NOT_MAPPED;
  /** True if the driver has mapped the request, and so has to unmap it. */
  mappedHere = false;
  next: QueuedRequest | undefined = undefined;
}

/** The requests of an endpoint, in order. The list reuses its entries. */
export class RequestList {
  #first: QueuedRequest | undefined = undefined;
  #last: QueuedRequest | undefined = undefined;
  #free: QueuedRequest | undefined = undefined;

  get first(): QueuedRequest | undefined {
    return this.#first;
  }

  push(request: UsbRequest): QueuedRequest {
    const queued = this.#free ?? new QueuedRequest();
    this.#free = queued.next;
    queued.request = request;
    queued.dma = NOT_MAPPED;
    queued.mappedHere = false;
    queued.next = undefined;
    if (this.#last === undefined) this.#first = queued;
    else this.#last.next = queued;
    this.#last = queued;
    return queued;
  }

  find(request: UsbRequest): QueuedRequest | undefined {
    let queued = this.#first;
    while (queued !== undefined && queued.request !== request) queued = queued.next;
    return queued;
  }

  /** Removes an entry. The list may reuse it at once, so callers must read its fields first. */
  remove(queued: QueuedRequest): void {
    let before: QueuedRequest | undefined;
    if (this.#first === queued) this.#first = queued.next;
    else {
      before = this.#first;
      while (before !== undefined && before.next !== queued) before = before.next;
      if (before === undefined) return;
      before.next = queued.next;
    }
    if (this.#last === queued) this.#last = before;
    queued.request = undefined;
    queued.next = this.#free;
    this.#free = queued;
  }
}
