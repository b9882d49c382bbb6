import type { EndpointCapabilities, EndpointLimits, UsbEndpoint } from '@gadgetloom/udc';
import { notImplemented } from './not-implemented.ts';

/** One endpoint of the controller, as the gadget side of the kernel calls it (struct usb_ep with usb_ep_ops). */
export class AcmeUdcEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;

  constructor({ name, capabilities, maxPacketLimit }: EndpointLimits) {
    this.name = name;
    this.capabilities = capabilities;
    this.maxPacketLimit = maxPacketLimit;
  }

  /**
   * The host chose a configuration or an alternate setting with this endpoint: take requests from now on. It gets the
   * endpoint's descriptor, and at SuperSpeed its companion.
   */
  enable(): void {
    throw notImplemented('AcmeUdcEndpoint.enable', 'events-enable');
  }

  /** The opposite: complete every queued request with -ESHUTDOWN before this returns. */
  disable(): void {
    throw notImplemented('AcmeUdcEndpoint.disable', 'end-disable');
  }

  /**
   * Take the request that is given. When the host has moved its bytes, set `actual` and `status` and call `complete`,
   * exactly once and never from inside this call: `clock.defer` is for that.
   */
  queue(): void {
    throw notImplemented('AcmeUdcEndpoint.queue', 'transfer-in');
  }

  /** Complete the request that is given, which was queued, with -ECONNRESET. */
  dequeue(): void {
    throw notImplemented('AcmeUdcEndpoint.dequeue', 'end-detach-in');
  }

  /** Answer the host with STALL, or no longer. */
  setHalt(): void {
    throw notImplemented('AcmeUdcEndpoint.setHalt', 'io-wrong-way-halts');
  }
}
