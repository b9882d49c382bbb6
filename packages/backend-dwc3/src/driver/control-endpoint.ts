import { KernelError } from '@gadgetloom/core';
import type { EndpointCapabilities, UsbEndpoint, UsbRequest } from '@gadgetloom/udc';
import type { ControlTransfers } from './control-transfers.ts';
import type { DriverState } from './driver-state.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import type { Dwc3EndpointState } from './endpoint-state.ts';

/** Endpoint 0, as the UDC core calls it (dwc3_gadget_ep0_ops). One request at a time. */
export class ControlEndpoint implements UsbEndpoint {
  readonly name = 'ep0out';
  readonly capabilities: EndpointCapabilities = {
    control: true,
    isochronous: false,
    bulk: false,
    interrupt: false,
    in: true,
    out: true,
  };
  readonly maxPacketLimit = 512;
  readonly maxBurstLimit = 1;
  readonly #driver: DriverState;
  readonly #state: Dwc3EndpointState;
  readonly #transfers: ControlTransfers;

  constructor(driver: DriverState, state: Dwc3EndpointState, transfers: ControlTransfers) {
    this.#driver = driver;
    this.#state = state;
    this.#transfers = transfers;
    state.endpoint = this;
  }

  get maxPacket(): number {
    return this.#state.maxPacket;
  }

  enable(): void {
    throw new KernelError('EINVAL', 'enable ep0', 'Endpoint 0 is always enabled.');
  }

  disable(): void {
    throw new KernelError('EINVAL', 'disable ep0', 'Endpoint 0 is always enabled.');
  }

  queue(request: UsbRequest): void {
    const { pullupsConnected, connected, error } = this.#driver;
    if (error !== 'none' || !pullupsConnected || !connected) {
      throw new KernelError('ESHUTDOWN', 'queue ep0', 'No host is connected.');
    }
    if (!this.#state.pending.empty) {
      throw new KernelError('EBUSY', 'queue ep0', 'A request is queued; endpoint 0 takes one at a time.');
    }
    this.#transfers.queue(request);
  }

  dequeue(request: UsbRequest): void {
    if (this.#state.pending.find(request) !== undefined) this.#transfers.resetPhase();
    else throw new KernelError('EINVAL', 'dequeue ep0', 'The request is not queued here, or is complete already.');
  }

  /** Stalls the control transfer that is under way; the argument does not matter (__dwc3_gadget_ep0_set_halt). */
  setHalt(): void {
    if (this.#driver.error !== 'none') throw new KernelError('ESHUTDOWN', 'set halt ep0', 'The controller recovers.');
    this.#transfers.stallAndRestart();
  }

  setWedge(): void {
    if (this.#driver.error === 'none') this.#state.flags |= EndpointFlag.WEDGE;
    this.setHalt();
  }
}
