import { Errno, KernelError } from '@gadgetloom/core';
import {
  type EndpointCapabilities,
  type EndpointDescriptor,
  packetSize,
  type TransferType,
  transactionsPerInterval,
  transferType,
  USB_DIR_IN,
  USB_ENDPOINT_NUMBER_MASK,
  type UsbEndpoint,
  type UsbRequest,
} from '@gadgetloom/udc';
import { COMMON_REGISTERS } from '../registers/core-registers.ts';
import { ENDPOINT_REGISTERS, Rxcsr, Txcsr } from '../registers/endpoint-registers.ts';
import type { DmaChannelState } from './dma-channels.ts';
import type { HardwareEndpoint } from './hardware-endpoint.ts';
import type { MusbState } from './musb-state.ts';
import { receiveState } from './receive.ts';
import { type QueuedRequest, RequestList } from './request-list.ts';
import { mapRequest, unmapRequest } from './request-memory.ts';
import { transmitState } from './transmit.ts';

const { TXMAXP, TXCSR, RXMAXP, RXCSR, RXCOUNT } = ENDPOINT_REGISTERS;
const { INTRTXE, INTRRXE } = COMMON_REGISTERS;
const TX_KEEP = Txcsr.INCOMPTX | Txcsr.SENTSTALL | Txcsr.UNDERRUN | Txcsr.FIFONOTEMPTY;
const RX_KEEP = Rxcsr.SENTSTALL | Rxcsr.OVERRUN | Rxcsr.RXPKTRDY;
const inProgress = -Errno.EINPROGRESS;

/** The limits of one half of an endpoint. */
export interface MusbEndpointLimits {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  /** Initial direction. The direction of a shared FIFO changes with each enable. */
  readonly isIn: boolean;
}

/** One direction of an endpoint, or a shared FIFO (struct musb_ep). Source: musb_gadget.c, musb_ep_ops. */
export class MusbEndpoint implements UsbEndpoint {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  readonly maxPacketLimit: number;
  readonly number: number;
  readonly hardware: HardwareEndpoint;
  readonly requests: RequestList = new RequestList();
  /** Set while the endpoint is enabled. */
  descriptor: EndpointDescriptor | undefined = undefined;
  isIn: boolean;
  /**
   * Type of the last descriptor, even if it was refused. Control before the first one, because the kernel zeroes it.
   */
  type: TransferType = 'control';
  /** Bytes of a packet. */
  packet = 0;
  /** Packets of one FIFO load, less one. */
  multiplier = 0;
  dma: DmaChannelState | undefined = undefined;
  wedged = false;
  /** True while a completion runs, or while all requests are being given back. */
  busy = false;
  readonly #musb: MusbState;

  constructor(musb: MusbState, hardware: HardwareEndpoint, limits: MusbEndpointLimits) {
    this.#musb = musb;
    this.hardware = hardware;
    this.number = hardware.number;
    this.name = limits.name;
    this.capabilities = limits.capabilities;
    this.maxPacketLimit = limits.maxPacketLimit;
    this.isIn = limits.isIn;
  }

  enable(descriptor: EndpointDescriptor): void {
    if (this.descriptor !== undefined) throw this.#error('EBUSY', 'enable', 'it is enabled already.');
    this.type = transferType(descriptor);
    if ((descriptor.address & USB_ENDPOINT_NUMBER_MASK) !== this.number)
      throw this.#error('EINVAL', 'enable', `the descriptor is for endpoint ${descriptor.address & 0x0f}.`);
    const musb = this.#musb;
    const toHost = (descriptor.address & USB_DIR_IN) !== 0;
    const more = transactionsPerInterval(descriptor) - 1;
    if (more > 0 && !(toHost ? musb.highBandwidthTransmit : musb.highBandwidthReceive))
      throw this.#error('EINVAL', 'enable', 'the chip has no high bandwidth.');
    this.multiplier = more;
    this.packet = packetSize(descriptor);
    if (this.hardware.shared) this.isIn = toHost;
    if (this.isIn !== toHost)
      throw this.#error('EINVAL', 'enable', `it is for ${this.isIn ? 'IN' : 'OUT'} transfers only.`);
    const room = toHost ? this.hardware.maxTransmit : this.hardware.maxReceive;
    const load = this.packet * (more + 1);
    if (load > room) throw this.#error('EINVAL', 'enable', `${load} bytes do not fit into its FIFO of ${room}.`);
    musb.select(this.number);
    if (toHost) this.#enableTransmit();
    else this.#enableReceive();
    this.dma = musb.dma?.allocate(this.number, toHost);
    this.descriptor = descriptor;
    this.busy = false;
    this.wedged = false;
  }

  disable(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    musb.select(this.number);
    if (this.isIn) {
      musb.transmitEnable &= ~(1 << this.number);
      registers.write16(INTRTXE.offset, musb.transmitEnable);
      registers.write16(base + TXMAXP.offset, 0);
    } else {
      musb.receiveEnable &= ~(1 << this.number);
      registers.write16(INTRRXE.offset, musb.receiveEnable);
      registers.write16(base + RXMAXP.offset, 0);
    }
    this.#nuke(-Errno.ESHUTDOWN);
    this.descriptor = undefined;
  }

  queue(request: UsbRequest): void {
    if (request.status === inProgress && this.requests.find(request) !== undefined)
      throw this.#error('EINVAL', 'queue', 'the request is queued already.');
    const takesIt = request.buffer !== undefined || (request.sg !== undefined && this.#musb.takesContiguous);
    if (!takesIt && request.length > 0)
      throw this.#error('ENODATA', 'queue', 'this controller takes linear memory only, no scatter-gather.');
    if (this.descriptor === undefined) throw this.#error('ESHUTDOWN', 'queue', 'the endpoint is disabled.');
    request.actual = 0;
    request.status = inProgress;
    const queued = this.requests.push(request);
    if (this.dma !== undefined) mapRequest(this.#musb, queued, this.isIn);
    if (!this.busy && this.requests.first === queued) this.#restart(queued, true);
  }

  dequeue(request: UsbRequest): void {
    const queued = this.requests.find(request);
    if (queued === undefined) throw this.#error('EINVAL', 'dequeue', 'the request is not queued here.');
    const atWork = this.requests.first === queued && !this.busy;
    if (atWork && this.dma !== undefined) {
      this.#musb.select(this.number);
      this.#musb.dma?.abort(this.dma);
    }
    this.giveBack(queued, -Errno.ECONNRESET);
  }

  setHalt(halted: boolean): void {
    if (this.type === 'isochronous')
      throw this.#error('EINVAL', 'set halt of', 'isochronous endpoints cannot be halted.');
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    musb.select(this.number);
    const first = this.requests.first;
    if (halted) {
      if (first !== undefined) throw this.#error('EAGAIN', 'set halt of', 'requests are queued.');
      if (this.isIn && (registers.read16(base + TXCSR.offset) & Txcsr.FIFONOTEMPTY) !== 0)
        throw this.#error('EAGAIN', 'set halt of', 'the host has not read all that is in the FIFO.');
    } else this.wedged = false;
    if (this.isIn) {
      const csr = registers.read16(base + TXCSR.offset) | TX_KEEP | Txcsr.CLRDATATOG;
      const stall = halted ? csr | Txcsr.SENDSTALL : csr & ~(Txcsr.SENDSTALL | Txcsr.SENTSTALL);
      registers.write16(base + TXCSR.offset, stall & ~Txcsr.TXPKTRDY);
    } else {
      const csr = registers.read16(base + RXCSR.offset) | RX_KEEP | Rxcsr.FLUSHFIFO | Rxcsr.CLRDATATOG;
      const stall = halted ? csr | Rxcsr.SENDSTALL : csr & ~(Rxcsr.SENDSTALL | Rxcsr.SENTSTALL);
      registers.write16(base + RXCSR.offset, stall);
    }
    if (musb.trace !== undefined) musb.event('halt', { endpoint: this.name, halted, wedged: this.wedged });
    if (!this.busy && !halted && first !== undefined) this.#restart(first, true);
  }

  /** Wedges even where the halt then fails, so that the host cannot clear a later halt. */
  setWedge(): void {
    this.wedged = true;
    this.setHalt(true);
  }

  fifoStatus(): number {
    if (this.descriptor === undefined || this.isIn)
      throw this.#error('EINVAL', 'ask for the FIFO of', 'only OUT endpoints that are enabled can tell.');
    this.#musb.select(this.number);
    return this.#musb.registers.read16(this.#musb.endpointBase(this.number) + RXCOUNT.offset);
  }

  fifoFlush(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    musb.select(this.number);
    registers.write16(INTRTXE.offset, musb.transmitEnable & ~(1 << this.number));
    if (this.isIn) {
      const csr = registers.read16(base + TXCSR.offset);
      if ((csr & Txcsr.FIFONOTEMPTY) !== 0) {
        const flush = (csr | Txcsr.FLUSHFIFO | TX_KEEP) & ~Txcsr.TXPKTRDY;
        registers.write16(base + TXCSR.offset, flush);
        registers.write16(base + TXCSR.offset, flush);
      }
    } else this.#flushReceive(base);
    registers.write16(INTRTXE.offset, musb.transmitEnable);
  }

  /** Continues with the first request after the host cleared the halt (musb_ep_restart). */
  restartFirst(): void {
    if (!this.busy && this.requests.first !== undefined) this.#restart(this.requests.first, false);
  }

  /** Completes a request with a status, unless it has one (musb_g_giveback). */
  giveBack(queued: QueuedRequest, status: number): void {
    const request = queued.request!;
    unmapRequest(this.#musb, queued);
    this.requests.remove(queued);
    if (request.status === inProgress) request.status = status;
    const busy = this.busy;
    this.busy = true;
    request.complete(this, request);
    this.busy = busy;
  }

  #enableTransmit(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    musb.transmitEnable |= 1 << this.number;
    registers.write16(INTRTXE.offset, musb.transmitEnable);
    if (this.splitsBulk) this.multiplier = Math.floor(this.hardware.maxTransmit / this.packet) - 1;
    registers.write16(base + TXMAXP.offset, this.packet | (this.multiplier << 11));
    let csr = Txcsr.MODE | Txcsr.CLRDATATOG;
    if ((registers.read16(base + TXCSR.offset) & Txcsr.FIFONOTEMPTY) !== 0) csr |= Txcsr.FLUSHFIFO;
    if (this.type === 'isochronous') csr |= Txcsr.ISO;
    // The loop runs twice, for the second packet of a double FIFO.
    registers.write16(base + TXCSR.offset, csr);
    registers.write16(base + TXCSR.offset, csr);
  }

  #enableReceive(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    musb.receiveEnable |= 1 << this.number;
    registers.write16(INTRRXE.offset, musb.receiveEnable);
    registers.write16(base + RXMAXP.offset, this.packet | (this.multiplier << 11));
    if (this.hardware.shared) {
      const csr = registers.read16(base + TXCSR.offset);
      registers.write16(base + TXCSR.offset, csr & ~(Txcsr.MODE | Txcsr.TXPKTRDY));
    }
    let csr = Rxcsr.FLUSHFIFO | Rxcsr.CLRDATATOG;
    if (this.type === 'isochronous') csr |= Rxcsr.ISO;
    else if (this.type === 'interrupt') csr |= Rxcsr.DISNYET;
    registers.write16(base + RXCSR.offset, csr);
    registers.write16(base + RXCSR.offset, csr);
  }

  /** True if one load of the FIFO is several packets (can_bulk_split). */
  get splitsBulk(): boolean {
    return this.type === 'bulk' && this.#musb.bulkSplit;
  }

  #restart(queued: QueuedRequest, queueing: boolean): void {
    const musb = this.#musb;
    musb.select(this.number);
    if (this.isIn) transmitState(musb, this, queued);
    else if (musb.quirks.dropsEarlyPackets) this.#flushReceive(musb.endpointBase(this.number));
    else if (!queueing) receiveState(musb, this, queued);
    // Packets that are there already may complete the request, which must not happen in the call that queued it.
    else musb.clock.defer(this.#lookAgain);
  }

  readonly #lookAgain = (): void => {
    const first = this.requests.first;
    if (this.busy || first === undefined || this.descriptor === undefined) return;
    this.#musb.select(this.number);
    receiveState(this.#musb, this, first);
  };

  #flushReceive(base: number): void {
    const { registers } = this.#musb;
    const csr = registers.read16(base + RXCSR.offset) | Rxcsr.FLUSHFIFO | RX_KEEP;
    registers.write16(base + RXCSR.offset, csr);
    registers.write16(base + RXCSR.offset, csr);
  }

  /** Gives all requests back (nuke). Without a DMA channel the FIFO keeps its bytes. */
  #nuke(status: number): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    this.busy = true;
    if (this.dma !== undefined) {
      if (this.isIn) {
        registers.write16(base + TXCSR.offset, Txcsr.DMAMODE | Txcsr.FLUSHFIFO);
        registers.write16(base + TXCSR.offset, Txcsr.FLUSHFIFO);
      } else {
        registers.write16(base + RXCSR.offset, Rxcsr.FLUSHFIFO);
        registers.write16(base + RXCSR.offset, Rxcsr.FLUSHFIFO);
      }
      musb.dma?.abort(this.dma);
      musb.dma?.release(this.dma);
      this.dma = undefined;
    }
    for (let first = this.requests.first; first !== undefined; first = this.requests.first)
      this.giveBack(first, status);
  }

  #error(code: 'EBUSY' | 'EINVAL' | 'EAGAIN' | 'ENODATA' | 'ESHUTDOWN', act: string, reason: string): KernelError {
    return new KernelError(code, `${act} ${this.name}`, reason);
  }
}
