import type { Timer } from '@gadgetloom/core';
import type { BusTransfer } from '@gadgetloom/udc/bus';

/**
 * A transfer of the host on a bulk, interrupt or isochronous pipe (struct urb): below WebUSB, for streaming without
 * allocating. May be used again after completion.
 */
export class HostTransfer implements BusTransfer {
  data: Uint8Array;
  length: number;
  zeroPacket = false;
  actual = 0;
  /**
   * 0 done, or negative errno: -EPIPE stalled, -EOVERFLOW babble, -EPROTO nobody answered, -ECONNRESET cancelled,
   * -ETIMEDOUT, -ESHUTDOWN unplugged, reset, suspended or its interface changed; -EINPROGRESS while submitted.
   */
  status = 0;
  /** Called once per submission, never from inside `submit` or `cancel`. Submitting again from inside is fine. */
  complete: (transfer: HostTransfer) => void;
  /** The pipe's own while submitted: the transfer behind this one. */
  next: HostTransfer | undefined = undefined;
  /** The pipe's own while submitted: why it ends early, as a negative errno; 0 if it does not. */
  unlinked = 0;
  /** The pipe's own while submitted. */
  timer: Timer | undefined = undefined;

  constructor(data: Uint8Array, complete: (transfer: HostTransfer) => void, length = data.length) {
    this.data = data;
    this.length = length;
    this.complete = complete;
  }
}
