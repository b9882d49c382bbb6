import { controlEndpoint } from '@gadgetloom/simulated-board';
import type { UsbRequest } from '@gadgetloom/udc';
import type { ControlTransfers } from './control-transfers.ts';
import type { DriverState } from './driver-state.ts';
import { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { Dwc3Request } from './dwc3-request.ts';
import type { TrbRing } from './trb-ring.ts';

/** A physical endpoint of endpoint 0, as the UDC core calls it (dwc3_gadget_ep0_ops). One request at a time. */
export class ControlEndpoint extends Dwc3Endpoint {
  readonly maxBurstLimit = 1;
  readonly #transfers: () => ControlTransfers;

  /** @param transfers returns the control transfers, which know both physical endpoints */
  constructor(driver: DriverState, number: number, ring: TrbRing, transfers: () => ControlTransfers) {
    super(driver, number, ring, controlEndpoint(number === 0 ? 'ep0out' : 'ep0in', 512));
    this.#transfers = transfers;
  }

  /** Endpoint 0 is never disabled from above. */
  protected override stop(): void {}

  protected override admit(request: UsbRequest): void {
    if (this.pending.size > 0)
      throw this.error('EBUSY', 'queue', 'A request is queued; endpoint 0 takes one at a time.');
    super.admit(request);
  }

  protected override take(request: UsbRequest): void {
    this.#transfers().queue(request);
  }

  protected override cancel(request: UsbRequest): boolean {
    const own = Dwc3Request.of(request);
    if (own === undefined || !this.pending.includes(own)) return false;
    this.#transfers().resetPhase();
    return true;
  }

  /** Stalls the control transfer that is under way, whatever the arguments are (__dwc3_gadget_ep0_set_halt). */
  protected override halt(): void {
    this.expectWorking('set halt');
    this.#transfers().stallAndRestart();
  }
}
