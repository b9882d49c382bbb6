import type { ScatterTable } from '@gadgetloom/dmabuf';
import type { UsbEndpoint } from './endpoint.ts';

/**
 * One transfer that a gadget queues on an endpoint (struct usb_request). The submitter creates and fills it, and may
 * use it again after completion.
 */
export class UsbRequest {
  /** The bytes, when they are linear. Exactly one of `buffer` and `sg` is set, unless `length` is 0. */
  buffer: Uint8Array | undefined = undefined;
  /** The bytes, as the entries of a table. The controller must support scatter-gather. */
  sg: ScatterTable | undefined = undefined;
  /**
   * True if the entries of `sg` are mapped for the controller at their addresses. Otherwise the driver maps them while
   * the request is queued, and ignores their addresses (sg_was_mapped).
   */
  sgWasMapped = false;
  /** Bytes to move. */
  length = 0;
  /** IN: end with a zero-length packet if `length` is a multiple of the packet size. */
  zero = false;
  /** OUT: a short packet is an error (EREMOTEIO), if the controller supports this flag. */
  shortNotOk = false;
  noInterrupt = false;
  /** Bulk stream, from 1 on; 0 without streams. */
  streamId = 0;
  /** 0 done, negative errno failed, -EINPROGRESS while queued. Valid in `complete`. */
  status = 0;
  /** Bytes moved. Valid in `complete`. */
  actual = 0;
  /**
   * Called once per queueing with interrupts off. It must not wait, but may queue again. `endpoint` is the
   * controller's; a function that needs its {@link GadgetEndpoint} keeps it in {@link context}.
   */
  complete: (endpoint: UsbEndpoint, request: UsbRequest) => void = ignore;
  /** For the submitter's use. */
  context: unknown = undefined;
  /**
   * For the controller's use. It survives completion, so the next queueing can reuse it, for example the last table. It
   * keeps nothing alive once the request is dropped.
   */
  controllerData: unknown = undefined;
}

function ignore(): void {}
