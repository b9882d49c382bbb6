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
   * 0 done, or negative errno: -EPIPE stalled, -EOVERFLOW babble, -ECONNRESET cancelled, -ETIMEDOUT, -ENODEV unplugged
   * or reset; -EINPROGRESS while submitted.
   */
  status = 0;
  /** Called once per submission. Submitting again from inside is fine. */
  complete: (transfer: HostTransfer) => void;

  constructor(data: Uint8Array, complete: (transfer: HostTransfer) => void, length = data.length) {
    this.data = data;
    this.length = length;
    this.complete = complete;
  }
}
