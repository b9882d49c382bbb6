import { BoardEndpoint } from '@gadgetloom/simulated-board';
import type { EndpointLimits, UsbRequest } from '@gadgetloom/udc';
import type { UsbBus } from '@gadgetloom/udc/bus';

/**
 * One endpoint of the controller (struct usb_ep with usb_ep_ops). BoardEndpoint queues its requests, and enables,
 * disables and halts it. Override its hooks if the hardware has work to do.
 */
export class AcmeUdcEndpoint extends BoardEndpoint {
  readonly #bus: UsbBus;

  constructor(limits: EndpointLimits, bus: UsbBus) {
    super(limits);
    this.#bus = bus;
  }

  /** Called when a request is queued: the host may try again. */
  protected override take(request: UsbRequest): void {
    super.take(request);
    this.#wakeHost();
  }

  /** Called when the endpoint was halted or resumed: the host may try again. */
  protected override haltChanged(): void {
    this.#wakeHost();
  }

  #wakeHost(): void {
    this.#bus.ready(this.address);
    if (this.capabilities.control) this.#bus.ready(0x80);
  }
}
