import { BoardEndpoint } from '@gadgetloom/simulated-board';
import type { EndpointLimits, UsbRequest } from '@gadgetloom/udc';
import type { UsbBus } from '@gadgetloom/udc/bus';

/**
 * One endpoint of the controller (struct usb_ep with usb_ep_ops). BoardEndpoint keeps its requests in order, enables,
 * disables and halts it. Override its hooks where the hardware has something to do.
 */
export class AcmeUdcEndpoint extends BoardEndpoint {
  readonly #bus: UsbBus;

  constructor(limits: EndpointLimits, bus: UsbBus) {
    super(limits);
    this.#bus = bus;
  }

  /** A request is queued: the host may try again. */
  protected override take(request: UsbRequest): void {
    super.take(request);
    this.#wakeHost();
  }

  /** The endpoint was halted or resumed: the host may try again. */
  protected override haltChanged(): void {
    this.#wakeHost();
  }

  #wakeHost(): void {
    this.#bus.ready(this.address);
    if (this.capabilities.control) this.#bus.ready(0x80);
  }
}
