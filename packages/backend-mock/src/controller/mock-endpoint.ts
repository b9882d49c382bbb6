import { Errno, KernelError } from '@gadgetloom/core';
import {
  type CompanionDescriptor,
  type EndpointCapabilities,
  type EndpointDescriptor,
  type EndpointLimits,
  packetSize,
  transferType,
  USB_DIR_IN,
  type UsbEndpoint,
  type UsbRequest,
} from '@gadgetloom/udc';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import type { EndpointFaults } from '../faults/endpoint-faults.ts';
import { FIFO_SIZE, type MockLink } from './mock-link.ts';
import { whyNotServed } from './packet-size.ts';
import { RequestRing } from './request-ring.ts';
import { ScatterCopy } from './scatter-copy.ts';

/**
 * An endpoint that answers like one of dummy_hcd (drivers/usb/gadget/udc/dummy_hcd.c, dummy_ep_ops and transfer).
 */
export class MockEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  readonly maxStreams = 16;
  /** Place in the controller's list; -1 is endpoint 0. */
  readonly order: number;
  /** While enabled: address with the direction bit. 0 for endpoint 0. */
  address = 0;
  maxPacket: number;
  halted = false;
  wedged = false;
  /** Faults that are to happen here, if any. */
  faults: EndpointFaults | undefined = undefined;

  readonly #link: MockLink;
  readonly #control: boolean;
  readonly #queue = new RequestRing();
  /** Small IN requests whose bytes are in the FIFO and whose completion is on its way. */
  readonly #early = new RequestRing();
  readonly #copy = new ScatterCopy();
  #descriptor: EndpointDescriptor | undefined;

  constructor(limits: EndpointLimits, order: number, link: MockLink) {
    this.name = limits.name;
    this.capabilities = limits.capabilities;
    this.maxPacketLimit = limits.maxPacketLimit;
    this.order = order;
    this.#link = link;
    this.#control = order < 0;
    this.maxPacket = limits.maxPacketLimit;
  }

  get enabled(): boolean {
    return this.#descriptor !== undefined;
  }

  /** Requests that wait for the host. */
  get queued(): number {
    return this.#queue.size;
  }

  enable(descriptor: EndpointDescriptor, companion?: CompanionDescriptor): void {
    const link = this.#link;
    if (this.#control || this.#descriptor !== undefined)
      throw this.#error('EINVAL', 'enable', this.#control ? 'Endpoint 0 is always enabled.' : 'It is enabled already.');
    if (link.driver === undefined || !link.enabled || link.speed === undefined)
      throw this.#error('ESHUTDOWN', 'enable', 'No host is connected: enable endpoints once the host configures.');
    const reason = whyNotServed(this.name, descriptor, link.speed);
    if (reason !== undefined) throw this.#error('EINVAL', 'enable', `${reason}.`);
    const bulk = transferType(descriptor) === 'bulk';
    if (!bulk && companion !== undefined && (companion.attributes & 0x1f) !== 0)
      throw this.#error('EINVAL', 'enable', 'Only bulk endpoints have streams.');
    this.maxPacket = packetSize(descriptor);
    this.address = descriptor.address;
    this.halted = false;
    this.wedged = false;
    this.#descriptor = descriptor;
    link.route(this);
  }

  disable(): void {
    if (this.#descriptor === undefined) throw this.#error('EINVAL', 'disable', 'It is not enabled.');
    const link = this.#link;
    this.#descriptor = undefined;
    link.unroute(this);
    this.nuke();
    link.bus.ready(this.address);
  }

  queue(request: UsbRequest): void {
    const link = this.#link;
    if (request.status === -Errno.EINPROGRESS) throw this.#error('EINVAL', 'queue', 'The request is queued already.');
    if (this.#descriptor === undefined && !this.#control) throw this.#error('EINVAL', 'queue', 'Enable it first.');
    if (link.driver === undefined || !link.enabled)
      throw this.#error('ESHUTDOWN', 'queue', 'No host is connected: wait until it configures the device.');
    if (this.faults !== undefined) this.faults.queue(this);
    request.status = -Errno.EINPROGRESS;
    request.actual = 0;
    if (
      request.length <= FIFO_SIZE &&
      request.sg === undefined &&
      this.address & USB_DIR_IN &&
      this.#queue.size === 0 &&
      !link.fifoBusy
    )
      this.#fillFifo(request);
    else this.#queue.push(request);
    // Behind other requests it changes nothing for the host: it was the empty queue that answered NAK.
    if (this.#queue.size > 1 && this.faults === undefined && !this.#control) return;
    link.bus.ready(this.address);
    if (this.#control) link.bus.ready(USB_DIR_IN);
  }

  dequeue(request: UsbRequest): void {
    if (this.#link.driver === undefined) throw this.#error('ESHUTDOWN', 'dequeue', 'No driver is bound.');
    if (request === this.#queue.first) this.#copy.rewind();
    if (!this.#queue.remove(request) && !this.faults?.release(request))
      throw this.#error('EINVAL', 'dequeue', 'The request is not queued here, or is complete already.');
    this.#complete(request, -Errno.ECONNRESET);
  }

  setHalt(halted: boolean): void {
    this.#setHalt(halted, false);
  }

  setWedge(): void {
    if (this.#control) throw this.#error('EINVAL', 'setWedge', 'Endpoint 0 cannot be wedged.');
    this.#setHalt(true, true);
  }

  /** The host halts or resumes it (SET_FEATURE, CLEAR_FEATURE of ENDPOINT_HALT): what the gadget wedged stays halted. */
  hostSetsHalt(halted: boolean): void {
    if (halted || !this.wedged) this.halted = halted;
    this.#announceHalt();
  }

  /** Fails all that is queued, in order (nuke). */
  nuke(status: number = -Errno.ESHUTDOWN): void {
    while (this.#early.size > 0) this.#completeEarly();
    for (let request = this.faults?.releaseAny(); request !== undefined; request = this.faults?.releaseAny())
      this.#complete(request, status);
    this.#copy.rewind();
    for (let request = this.#queue.shift(); request !== undefined; request = this.#queue.shift())
      this.#complete(request, status);
  }

  /** The host asks for data, or offers some. */
  serve(transfer: BusTransfer, budget: number, toHost: boolean): Handshake {
    if (this.halted) return Handshake.STALL;
    if (this.faults !== undefined) return this.faults.serve(this, transfer, budget, toHost);
    return this.exchange(transfer, budget, toHost);
  }

  /**
   * Moves bytes between the queued requests and a transfer of the host until the host's is done, the requests are used
   * up or the budget is: packets of `maxPacket`, of which a shorter one ends both sides (transfer in dummy_hcd.c).
   */
  exchange(transfer: BusTransfer, budget: number, toHost: boolean): Handshake {
    let allowance = budget;
    for (;;) {
      const request = this.#queue.first;
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
        this.finish(request, !toHost && hostLeft > deviceLeft ? -Errno.EOVERFLOW : 0);
        if (hostLeft === deviceLeft) return Handshake.ACK;
        if (toHost) return deviceLeft > hostLeft ? Handshake.BABBLE : Handshake.SHORT;
        return hostLeft > deviceLeft ? Handshake.SHORT : Handshake.ACK;
      }
      const hostDone = transfer.actual === transfer.length && (toHost || !transfer.zeroPacket);
      if (request.actual === request.length && !(toHost && request.zero)) this.finish(request, 0);
      if (hostDone) return Handshake.ACK;
    }
  }

  /** The request at the head of the queue. */
  get first(): UsbRequest | undefined {
    return this.#queue.first;
  }

  /** The request at the head of the queue is done. */
  finish(request: UsbRequest, status: number): void {
    this.#queue.shift();
    this.#copy.rewind();
    if (this.faults !== undefined) this.faults.complete(this, request, status);
    else this.#complete(request, status);
  }

  /** Gives a request back that is in no queue any more. */
  giveBack(request: UsbRequest, status: number): void {
    this.#complete(request, status);
  }

  #complete(request: UsbRequest, status: number): void {
    request.status = status;
    request.complete(this, request);
  }

  /** An idle IN endpoint takes a few bytes at once: the request is complete, though the host has not read them. */
  #fillFifo(request: UsbRequest): void {
    const { fifo, clock } = this.#link;
    this.#link.fifoBusy = true;
    fifo.length = request.length;
    fifo.zero = request.zero;
    fifo.actual = 0;
    fifo.status = -Errno.EINPROGRESS;
    if (request.buffer !== undefined) fifo.buffer?.set(request.buffer.subarray(0, request.length));
    this.#queue.push(fifo);
    this.#early.push(request);
    clock.defer(this.#completeEarly);
  }

  readonly #completeEarly = (): void => {
    const request = this.#early.shift();
    if (request === undefined) return;
    request.actual = request.length;
    if (this.faults !== undefined) this.faults.complete(this, request, 0);
    else this.#complete(request, 0);
  };

  #setHalt(halted: boolean, wedged: boolean): void {
    if (this.#link.driver === undefined) throw this.#error('ESHUTDOWN', 'setHalt', 'No driver is bound.');
    if (halted && this.#descriptor !== undefined && this.address & USB_DIR_IN && this.#queue.size > 0)
      throw this.#error('EAGAIN', 'setHalt', 'Requests are queued: wait until the host has read them.');
    this.halted = halted;
    this.wedged = halted && (wedged || this.wedged);
    this.#announceHalt();
  }

  #announceHalt(): void {
    const link = this.#link;
    if (link.trace !== undefined) link.event('halt', { endpoint: this.name, halted: this.halted, wedged: this.wedged });
    link.bus.ready(this.address);
    if (this.#control) link.bus.ready(USB_DIR_IN);
  }

  #error(code: 'EINVAL' | 'ESHUTDOWN' | 'EAGAIN', operation: string, advice: string): KernelError {
    return new KernelError(code, `${operation} ${this.name}`, advice);
  }
}
