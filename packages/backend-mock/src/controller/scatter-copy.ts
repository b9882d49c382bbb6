import { copyBytes } from '@gadgetloom/core';
import type { UsbRequest } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';

/**
 * Moves bytes between the request at the head of a queue and a transfer of the host. It remembers the next entry of the
 * scatter-gather table, so that it need not search when it continues.
 */
export class ScatterCopy {
  #entry = 0;
  /** Bytes of the request that lie before the entry. */
  #before = 0;

  /** Starts over for a new request at the head of the queue. */
  rewind(): void {
    this.#entry = 0;
    this.#before = 0;
  }

  /** Moves `length` bytes and advances `actual` of both. */
  move(request: UsbRequest, transfer: BusTransfer, length: number, toHost: boolean): void {
    const linear = request.buffer;
    if (linear !== undefined) {
      const at = request.actual;
      if (toHost) copyBytes(transfer.data, transfer.actual, linear, at, at + length);
      else copyBytes(linear, at, transfer.data, transfer.actual, transfer.actual + length);
      transfer.actual += length;
      request.actual = at + length;
      return;
    }
    const entries = request.sg!.entries;
    let left = length;
    while (left > 0) {
      const entry = entries[this.#entry]!;
      const within = request.actual - this.#before;
      const rest = entry.length - within;
      const part = left < rest ? left : rest;
      const at = entry.offset + within;
      if (toHost) copyBytes(transfer.data, transfer.actual, entry.memory, at, at + part);
      else copyBytes(entry.memory, at, transfer.data, transfer.actual, transfer.actual + part);
      transfer.actual += part;
      request.actual += part;
      left -= part;
      if (part === rest) {
        this.#entry++;
        this.#before += entry.length;
      }
    }
  }
}
