import type { ErrnoCode } from '@gadgetloom/core';
import { Errno } from '@gadgetloom/core';
import { BoardEndpoint, RequestQueue } from '@gadgetloom/simulated-board';
import {
  type CompanionDescriptor,
  type EndpointDescriptor,
  type EndpointLimits,
  transferType,
  USB_DIR_IN,
  type UsbRequest,
} from '@gadgetloom/udc';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { RequestFaults } from '../faults/request-faults.ts';
import { FIFO_SIZE, type MockLink } from './mock-link.ts';
import { whyNotServed } from './packet-size.ts';
import { directPath, type RequestPath } from './request-path.ts';
import { ScatterCopy } from './scatter-copy.ts';

/**
 * An endpoint that answers like one of dummy_hcd (drivers/usb/gadget/udc/dummy_hcd.c, dummy_ep_ops and transfer).
 */
export class MockEndpoint extends BoardEndpoint {
  readonly maxStreams = 16;
  /** Place in the controller's list. Endpoint 0 has -1. */
  readonly order: number;
  protected override readonly refusal: ErrnoCode = 'EINVAL';
  readonly #link: MockLink;
  readonly #control: boolean;
  /** Small IN requests whose bytes are in the FIFO and whose completion is pending. */
  readonly #early = new RequestQueue();
  readonly #copy = new ScatterCopy();
  readonly #direct: RequestPath = directPath(this);
  readonly #faulty: RequestFaults;
  #path: RequestPath = this.#direct;

  constructor(limits: EndpointLimits, order: number, link: MockLink) {
    super(limits);
    this.order = order;
    this.#link = link;
    this.#control = order < 0;
    this.#faulty = new RequestFaults(this, link.engine, link.latency);
    this.chooseWay();
  }

  /**
   * Chooses the path of requests after faults or a kept completion came or went: the direct one if nothing disturbs
   * them.
   */
  chooseWay(): void {
    const { engine, latency } = this.#link;
    const disturbed = engine.rules.length > 0 || latency > 0 || this.#faulty.holds;
    this.#path = disturbed ? this.#faulty : this.#direct;
  }

  override disable(): void {
    super.disable();
    this.#link.bus.ready(this.address);
  }

  override setWedge(): void {
    if (this.#control) throw this.error('EINVAL', 'setWedge', 'Endpoint 0 cannot be wedged.');
    super.setWedge();
  }

  /** Fails all queued requests, in order (nuke). */
  override nuke(status: number = -Errno.ESHUTDOWN): void {
    while (this.#early.size > 0) this.#completeEarly();
    for (let request = this.#path.releaseAny(); request !== undefined; request = this.#path.releaseAny())
      this.giveBack(request, status);
    this.#copy.rewind();
    super.nuke(status);
  }

  override finish(status: number): void {
    const request = this.requests.shift();
    this.#copy.rewind();
    if (request !== undefined) this.#path.complete(request, status);
  }

  /** Serves a transfer with which the host asks for data or offers data. */
  serve(transfer: BusTransfer, budget: number, toHost: boolean): Handshake {
    return this.halted ? Handshake.STALL : this.#exchange(transfer, budget, toHost);
  }

  /**
   * Moves bytes between the queued requests and a transfer of the host until the transfer is done, or the requests or
   * the budget are used up. Bytes move in packets of `maxPacket`. A shorter packet ends both sides (transfer in
   * dummy_hcd.c).
   */
  #exchange(transfer: BusTransfer, budget: number, toHost: boolean): Handshake {
    let allowance = budget;
    for (;;) {
      const request = this.requests.first;
      if (request === undefined) return Handshake.NAK;
      const hostLeft = transfer.length - transfer.actual;
      const deviceLeft = request.length - request.actual;
      let length = hostLeft < deviceLeft ? hostLeft : deviceLeft;
      let endsShort = length % this.maxPacket !== 0 || length === 0;
      if (length > allowance) {
        length = allowance - (allowance % this.maxPacket);
        if (length <= 0) return Handshake.MORE;
        endsShort = false;
      }
      if (length > 0) {
        this.#copy.move(request, transfer, length, toHost);
        allowance -= length;
      }
      if (endsShort) {
        this.finish(!toHost && hostLeft > deviceLeft ? -Errno.EOVERFLOW : 0);
        if (hostLeft === deviceLeft) return Handshake.ACK;
        if (toHost) return deviceLeft > hostLeft ? Handshake.BABBLE : Handshake.SHORT;
        return hostLeft > deviceLeft ? Handshake.SHORT : Handshake.ACK;
      }
      const hostDone = transfer.actual === transfer.length && (toHost || !transfer.zeroPacket);
      if (request.actual === request.length && !(toHost && request.zero)) this.finish(0);
      if (hostDone) return Handshake.ACK;
    }
  }

  protected override accept(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void {
    const { driver, enabled, speed } = this.#link;
    if (driver === undefined || !enabled || speed === undefined)
      throw this.error('ESHUTDOWN', 'enable', 'No host is connected: enable endpoints once the host configures.');
    const reason = whyNotServed(this.name, descriptor, speed);
    if (reason !== undefined) throw this.error('EINVAL', 'enable', `${reason}.`);
    const bulk = transferType(descriptor) === 'bulk';
    if (!bulk && companion !== undefined && (companion.attributes & 0x1f) !== 0)
      throw this.error('EINVAL', 'enable', 'Only bulk endpoints have streams.');
  }

  protected override start(): void {
    this.#link.route(this);
  }

  protected override stop(): void {
    this.#link.unroute(this);
    super.stop();
  }

  protected override admit(): void {
    const { driver, enabled } = this.#link;
    if (driver === undefined || !enabled)
      throw this.error('ESHUTDOWN', 'queue', 'No host is connected: wait until it configures the device.');
    this.#path.admit();
  }

  protected override take(request: UsbRequest): void {
    const link = this.#link;
    const small = request.length <= FIFO_SIZE && request.sg === undefined && (this.address & USB_DIR_IN) !== 0;
    if (small && this.requests.size === 0 && !link.fifoBusy) this.#fillFifo(request);
    else this.requests.push(request);
    // Behind other requests nothing changes for the host: it got NAK because the queue was empty.
    if (this.requests.size > 1 && !this.#control && this.#path === this.#direct) return;
    link.bus.ready(this.address);
    if (this.#control) link.bus.ready(USB_DIR_IN);
  }

  protected override release(request: UsbRequest): boolean {
    if (this.#link.driver === undefined) throw this.error('ESHUTDOWN', 'dequeue', 'No driver is bound.');
    if (request === this.requests.first) this.#copy.rewind();
    return this.requests.remove(request) || this.#path.release(request);
  }

  protected override halt(halted: boolean, wedged: boolean): void {
    if (this.#link.driver === undefined) throw this.error('ESHUTDOWN', 'setHalt', 'No driver is bound.');
    super.halt(halted, wedged);
  }

  protected override haltChanged(): void {
    const link = this.#link;
    if (link.trace !== undefined) link.event('halt', { endpoint: this.name, halted: this.halted, wedged: this.wedged });
    link.bus.ready(this.address);
    if (this.#control) link.bus.ready(USB_DIR_IN);
  }

  /** Lets an idle IN endpoint take a few bytes at once: the request completes before the host has read them. */
  #fillFifo(request: UsbRequest): void {
    const { fifo, clock } = this.#link;
    this.#link.fifoBusy = true;
    fifo.length = request.length;
    fifo.zero = request.zero;
    fifo.actual = 0;
    fifo.status = -Errno.EINPROGRESS;
    if (request.buffer !== undefined) fifo.buffer?.set(request.buffer.subarray(0, request.length));
    this.requests.push(fifo);
    this.#early.push(request);
    clock.defer(this.#completeEarly);
  }

  readonly #completeEarly = (): void => {
    const request = this.#early.shift();
    if (request === undefined) return;
    request.actual = request.length;
    this.#path.complete(request, 0);
  };
}
