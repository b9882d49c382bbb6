import type { Timer } from '@gadgetloom/core';
import type { BusTransfer } from '@gadgetloom/udc/bus';

/**
 * A transfer of the host on a bulk, interrupt or isochronous pipe (struct urb). It lies below WebUSB: a program that
 * streams submits the same transfer again after each completion, so nothing is allocated.
 */
export class HostTransfer implements BusTransfer {
  data: Uint8Array;
  length: number;
  zeroPacket = false;
  actual = 0;
  /**
   * 0 after success, -EINPROGRESS while submitted, or a negative errno: -EPIPE the endpoint stalled, -EOVERFLOW babble,
   * -EPROTO no answer, -ECONNRESET cancelled, -ETIMEDOUT, -ESHUTDOWN the device was unplugged, reset or suspended, or its
   * interface changed.
   */
  status = 0;
  /** Called once per submission, never from inside `submit` or `cancel`. It may submit the transfer again. */
  complete: (transfer: HostTransfer) => void;
  /** Used by the pipe while submitted: the transfer behind this one. */
  next: HostTransfer | undefined = undefined;
  /** Used by the pipe while submitted: the negative errno with which the transfer ends early; otherwise 0. */
  unlinked = 0;
  /** Used by the pipe while submitted. */
  timer: Timer | undefined = undefined;

  constructor(data: Uint8Array, complete: (transfer: HostTransfer) => void, length = data.length) {
    this.data = data;
    this.length = length;
    this.complete = complete;
  }
}
