import type { ScatterTable } from '@gadgetloom/dmabuf';
import type { UsbEndpoint } from './endpoint.ts';

/**
 * One transfer that a gadget queues on an endpoint (struct usb_request). The submitter makes it, fills it and may use
 * it again after completion.
 */
export class UsbRequest {
  /** The bytes, when they are linear. Exactly one of `buffer` and `sg` is set, unless `length` is 0. */
  buffer: Uint8Array | undefined = undefined;
  /** The bytes, as the entries of a table; needs a controller with scatter-gather. */
  sg: ScatterTable | undefined = undefined;
  /**
   * The entries of `sg` are mapped for the controller, at their own addresses. Otherwise its driver maps them itself, for
   * as long as the request is queued, and what they say about addresses does not matter (sg_was_mapped).
   */
  sgWasMapped = false;
  /** Bytes to move. */
  length = 0;
  /** IN: end with a zero-length packet if `length` is a multiple of the packet size. */
  zero = false;
  /** OUT: a short packet is an error (EREMOTEIO), where the controller honours it. */
  shortNotOk = false;
  noInterrupt = false;
  /** Bulk stream, from 1 on; 0 without streams. */
  streamId = 0;
  /** 0 done, negative errno failed, -EINPROGRESS while queued. Valid in `complete`. */
  status = 0;
  /** Bytes moved. Valid in `complete`. */
  actual = 0;
  /**
   * Called once per queueing, with interrupts off: no waiting, but queueing again is fine. `endpoint` is the controller's
   * own; a function that needs its {@link GadgetEndpoint} keeps it in {@link context}.
   */
  complete: (endpoint: UsbEndpoint, request: UsbRequest) => void = ignore;
  /** The submitter's own. */
  context: unknown = undefined;
  /**
   * The controller's own: what it knows about this request, kept for the next time that it is queued. That may be the table of
   * the last time; a request that is dropped keeps nothing alive.
   */
  controllerData: unknown = undefined;
}

function ignore(): void {}
