import { Errno, type ErrnoCode, errnoCode } from '@gadgetloom/core';
import { dataEndpoint } from '@gadgetloom/simulated-board';
import type { CompanionDescriptor, EndpointDescriptor, UsbRequest } from '@gadgetloom/udc';
import { ConfigAction } from '../registers/endpoint-configuration.ts';
import { disableEndpoint, enableEndpoint } from './configure-endpoint.ts';
import type { DriverState } from './driver-state.ts';
import { Dwc3Endpoint } from './dwc3-endpoint.ts';
import { Dwc3Request, RequestState } from './dwc3-request.ts';
import { EndpointFlag } from './endpoint-flags.ts';
import { clearHalt, setHalt } from './halt.ts';
import { startIsochronous } from './isochronous-start.ts';
import { kickTransfer, stopActiveTransfer } from './transfers.ts';
import type { TrbRing } from './trb-ring.ts';

const {
  DELAY_START,
  DELAY_STOP,
  ENABLED,
  END_TRANSFER_PENDING,
  PENDING_REQUEST,
  TRANSFER_STARTED,
  WAIT_TRANSFER_COMPLETE,
} = EndpointFlag;

/** An endpoint for data, as the UDC core calls it (dwc3_gadget_ep_ops). */
export class DataEndpoint extends Dwc3Endpoint {
  readonly maxBurstLimit = 16;
  readonly maxStreams = 16;

  constructor(driver: DriverState, number: number, ring: TrbRing, maxPacketLimit: number) {
    const toHost = (number & 1) === 1;
    const name = `ep${number >> 1}${toHost ? 'in' : 'out'}`;
    super(driver, number, ring, dataEndpoint(name, maxPacketLimit, { in: toHost, out: !toHost }));
  }

  /**
   * An endpoint that is enabled already stays as it is. That includes an endpoint whose first transfer could not be
   * started: the driver refuses to enable it, but takes it for enabled from then on (dwc3_gadget_ep_enable).
   */
  override enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void {
    if ((this.flags & ENABLED) !== 0) return;
    try {
      super.enable(descriptor, companion);
    } catch (refusal) {
      if ((this.flags & ENABLED) !== 0) this.descriptor = descriptor;
      throw refusal;
    }
  }

  override disable(): void {
    if (this.enabled) super.disable();
  }

  protected override accept(): void {
    this.expectWorking('enable');
  }

  protected override start(): void {
    this.#check('enable', enableEndpoint(this.driver, this, ConfigAction.INIT));
  }

  protected override stop(): void {
    disableEndpoint(this.driver, this);
  }

  protected override take(request: UsbRequest): void {
    this.pending.push(Dwc3Request.begin(request));
    const { driver, flags } = this;
    if ((flags & WAIT_TRANSFER_COMPLETE) !== 0) return;
    if ((flags & (END_TRANSFER_PENDING | DELAY_STOP)) !== 0 || this.halted || this.wedged) {
      this.flags |= DELAY_START;
      return;
    }
    if (this.isochronous && (flags & TRANSFER_STARTED) === 0) {
      // The host's coming tells the frame to start at: not before it has come.
      if ((flags & PENDING_REQUEST) !== 0) startIsochronous(driver, this);
      return;
    }
    kickTransfer(driver, this);
  }

  protected override cancel(request: UsbRequest): boolean {
    const own = Dwc3Request.of(request);
    if (own === undefined) return false;
    if (this.pending.remove(own)) this.finish(own, -Errno.ECONNRESET);
    else if (this.started.includes(own)) {
      stopActiveTransfer(this.driver, this, true);
      // The transfer ends for all of them.
      this.cancelStarted(RequestState.DEQUEUED);
      this.flags &= ~WAIT_TRANSFER_COMPLETE;
    } else return this.cancelled.includes(own);
    return true;
  }

  /** Wedges even where the halt then fails, so that the host cannot clear a later halt. */
  protected override halt(halted: boolean, wedged: boolean): void {
    this.expectWorking('set halt');
    if (wedged) this.wedged = true;
    const act = halted ? setHalt : clearHalt;
    this.#check('set halt', act(this.driver, this, false));
  }

  #check(operation: string, result: number): void {
    if (result < 0) {
      const code = errnoCode(result);
      throw this.error(code, operation, ADVICE[code] ?? 'The hardware did not take the command.');
    }
  }
}

const ADVICE: Partial<Record<ErrnoCode, string>> = {
  EAGAIN: 'Requests are queued: wait until they are complete.',
  EINVAL: 'An isochronous endpoint cannot halt, and each endpoint needs a transfer resource.',
};
