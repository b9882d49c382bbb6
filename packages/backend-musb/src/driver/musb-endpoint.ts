import { Errno, type ErrnoCode } from '@gadgetloom/core';
import { BoardEndpoint } from '@gadgetloom/simulated-board';
import {
  type EndpointDescriptor,
  type EndpointLimits,
  packetSize,
  type TransferType,
  transactionsPerInterval,
  transferType,
  USB_DIR_IN,
  USB_ENDPOINT_NUMBER_MASK,
  type UsbRequest,
} from '@gadgetloom/udc';
import { COMMON_REGISTERS } from '../registers/core-registers.ts';
import { ENDPOINT_REGISTERS, Rxcsr, Txcsr } from '../registers/endpoint-registers.ts';
import type { DmaChannelState } from './dma-channels.ts';
import type { HardwareEndpoint } from './hardware-endpoint.ts';
import type { MusbState } from './musb-state.ts';
import { receiveState } from './receive.ts';
import { mapRequest, RequestMapping, unmapRequest } from './request-memory.ts';
import { transmitState } from './transmit.ts';

const { TXMAXP, TXCSR, RXMAXP, RXCSR, RXCOUNT } = ENDPOINT_REGISTERS;
const { INTRTXE, INTRRXE } = COMMON_REGISTERS;
const TX_KEEP = Txcsr.INCOMPTX | Txcsr.SENTSTALL | Txcsr.UNDERRUN | Txcsr.FIFONOTEMPTY;
const RX_KEEP = Rxcsr.SENTSTALL | Rxcsr.OVERRUN | Rxcsr.RXPKTRDY;

/** One direction of an endpoint, or a shared FIFO (struct musb_ep). Source: musb_gadget.c, musb_ep_ops. */
export class MusbEndpoint extends BoardEndpoint {
  readonly number: number;
  readonly hardware: HardwareEndpoint;
  isIn: boolean;
  /**
   * Type of the last descriptor, even if it was refused. Control before the first one, because the kernel zeroes it.
   */
  type: TransferType = 'control';
  /** Packets of one FIFO load, less one. */
  multiplier = 0;
  dma: DmaChannelState | undefined = undefined;
  /** True while a completion runs, or while all requests are being given back. */
  busy = false;
  protected override readonly enabledTwice: ErrnoCode = 'EBUSY';
  readonly #musb: MusbState;

  /** @param isIn the direction at first; that of a shared FIFO changes with each enable */
  constructor(musb: MusbState, hardware: HardwareEndpoint, limits: EndpointLimits, isIn: boolean) {
    super(limits);
    this.#musb = musb;
    this.hardware = hardware;
    this.number = hardware.number;
    this.isIn = isIn;
  }

  override disable(): void {
    if (this.enabled) super.disable();
  }

  fifoStatus(): number {
    if (this.descriptor === undefined || this.isIn)
      throw this.error('EINVAL', 'ask for the FIFO of', 'only OUT endpoints that are enabled can tell.');
    return this.#musb.registers.read16(this.#select() + RXCOUNT.offset);
  }

  fifoFlush(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = this.#select();
    registers.write16(INTRTXE.offset, musb.transmitEnable & ~(1 << this.number));
    if (this.isIn) {
      const csr = registers.read16(base + TXCSR.offset);
      if ((csr & Txcsr.FIFONOTEMPTY) !== 0)
        this.#writeTwice(base + TXCSR.offset, (csr | Txcsr.FLUSHFIFO | TX_KEEP) & ~Txcsr.TXPKTRDY);
    } else this.#flushReceive(base);
    registers.write16(INTRTXE.offset, musb.transmitEnable);
  }

  /** Completes a request with a status, unless it has one (musb_g_giveback). */
  override giveBack(request: UsbRequest, status: number): void {
    unmapRequest(this.#musb, RequestMapping.of(request));
    const { busy } = this;
    this.busy = true;
    super.giveBack(request, status);
    this.busy = busy;
  }

  /** Gives all requests back (nuke). Without a DMA channel the FIFO keeps its bytes. */
  override nuke(status: number): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = musb.endpointBase(this.number);
    this.busy = true;
    if (this.dma !== undefined) {
      if (this.isIn) {
        registers.write16(base + TXCSR.offset, Txcsr.DMAMODE | Txcsr.FLUSHFIFO);
        registers.write16(base + TXCSR.offset, Txcsr.FLUSHFIFO);
      } else this.#writeTwice(base + RXCSR.offset, Rxcsr.FLUSHFIFO);
      musb.dma?.abort(this.dma);
      musb.dma?.release(this.dma);
      this.dma = undefined;
    }
    super.nuke(status);
  }

  /**
   * Halts the endpoint even if requests are queued, and loses the bytes in the FIFO; or clears the halt and the data
   * toggle, and continues the queued requests. The half for IN requests serves either direction of a shared FIFO.
   */
  override hostSetsHalt(halted: boolean): void {
    if (!halted && this.wedged) return;
    this.halted = halted;
    const { registers } = this.#musb;
    const base = this.#select();
    if (this === this.hardware.in) {
      const csr = registers.read16(base + TXCSR.offset) | Txcsr.CLRDATATOG;
      const flush = (csr & Txcsr.FIFONOTEMPTY) === 0 ? 0 : Txcsr.FLUSHFIFO;
      const cleared = Txcsr.SENDSTALL | Txcsr.SENTSTALL | Txcsr.TXPKTRDY;
      const next = halted ? csr | flush | Txcsr.SENDSTALL | TX_KEEP : (csr | TX_KEEP) & ~cleared;
      registers.write16(base + TXCSR.offset, next);
    } else {
      const csr = registers.read16(base + RXCSR.offset) | Rxcsr.CLRDATATOG | RX_KEEP;
      const next = halted ? csr | Rxcsr.SENDSTALL | Rxcsr.FLUSHFIFO : csr & ~(Rxcsr.SENDSTALL | Rxcsr.SENTSTALL);
      registers.write16(base + RXCSR.offset, next);
    }
    if (!halted) this.#restart(false);
  }

  /** True if one load of the FIFO is several packets (can_bulk_split). */
  get splitsBulk(): boolean {
    return this.type === 'bulk' && this.#musb.bulkSplit;
  }

  protected override accept(descriptor: EndpointDescriptor): void {
    const { highBandwidthTransmit, highBandwidthReceive } = this.#musb;
    this.type = transferType(descriptor);
    if ((descriptor.address & USB_ENDPOINT_NUMBER_MASK) !== this.number)
      throw this.error('EINVAL', 'enable', `the descriptor is for endpoint ${descriptor.address & 0x0f}.`);
    const toHost = (descriptor.address & USB_DIR_IN) !== 0;
    const more = transactionsPerInterval(descriptor) - 1;
    if (more > 0 && !(toHost ? highBandwidthTransmit : highBandwidthReceive))
      throw this.error('EINVAL', 'enable', 'the chip has no high bandwidth.');
    this.multiplier = more;
    if (this.hardware.shared) this.isIn = toHost;
    if (this.isIn !== toHost)
      throw this.error('EINVAL', 'enable', `it is for ${this.isIn ? 'IN' : 'OUT'} transfers only.`);
    const room = toHost ? this.hardware.maxTransmit : this.hardware.maxReceive;
    const load = packetSize(descriptor) * (more + 1);
    if (load > room) throw this.error('EINVAL', 'enable', `${load} bytes do not fit into its FIFO of ${room}.`);
  }

  protected override start(): void {
    const base = this.#select();
    if (this.isIn) this.#enableTransmit(base);
    else this.#enableReceive(base);
    this.dma = this.#musb.dma?.allocate(this.number, this.isIn);
    this.busy = false;
  }

  protected override stop(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const base = this.#select();
    if (this.isIn) {
      musb.transmitEnable &= ~(1 << this.number);
      registers.write16(INTRTXE.offset, musb.transmitEnable);
      registers.write16(base + TXMAXP.offset, 0);
    } else {
      musb.receiveEnable &= ~(1 << this.number);
      registers.write16(INTRRXE.offset, musb.receiveEnable);
      registers.write16(base + RXMAXP.offset, 0);
    }
    this.nuke(-Errno.ESHUTDOWN);
  }

  protected override admit({ buffer, sg, length }: UsbRequest): void {
    const takesIt = buffer !== undefined || (sg !== undefined && this.#musb.takesContiguous);
    if (!takesIt && length > 0)
      throw this.error('ENODATA', 'queue', 'this controller takes linear memory only, no scatter-gather.');
  }

  protected override take(request: UsbRequest): void {
    this.requests.push(request);
    if (this.dma !== undefined) mapRequest(this.#musb, request, this.isIn);
    if (this.requests.first === request) this.#restart(true);
  }

  protected override release(request: UsbRequest): boolean {
    if (this.requests.first === request && !this.busy && this.dma !== undefined) {
      this.#select();
      this.#musb.dma?.abort(this.dma);
    }
    return this.requests.remove(request);
  }

  /** Wedges even where the halt then fails, so that the host cannot clear a later halt. */
  protected override halt(halted: boolean, wedged: boolean): void {
    if (wedged) this.wedged = true;
    if (this.type === 'isochronous')
      throw this.error('EINVAL', 'set halt of', 'isochronous endpoints cannot be halted.');
    const musb = this.#musb;
    const { registers } = musb;
    const base = this.#select();
    if (halted) {
      if (this.requests.size > 0) throw this.error('EAGAIN', 'set halt of', 'requests are queued.');
      if (this.isIn && (registers.read16(base + TXCSR.offset) & Txcsr.FIFONOTEMPTY) !== 0)
        throw this.error('EAGAIN', 'set halt of', 'the host has not read all that is in the FIFO.');
    } else this.wedged = false;
    this.halted = halted;
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
    if (!halted) this.#restart(true);
  }

  /** Selects the endpoint. @returns the offset of its registers */
  #select(): number {
    this.#musb.select(this.number);
    return this.#musb.endpointBase(this.number);
  }

  #enableTransmit(base: number): void {
    const musb = this.#musb;
    const { registers } = musb;
    musb.transmitEnable |= 1 << this.number;
    registers.write16(INTRTXE.offset, musb.transmitEnable);
    if (this.splitsBulk) this.multiplier = Math.floor(this.hardware.maxTransmit / this.maxPacket) - 1;
    registers.write16(base + TXMAXP.offset, this.maxPacket | (this.multiplier << 11));
    let csr = Txcsr.MODE | Txcsr.CLRDATATOG;
    if ((registers.read16(base + TXCSR.offset) & Txcsr.FIFONOTEMPTY) !== 0) csr |= Txcsr.FLUSHFIFO;
    if (this.type === 'isochronous') csr |= Txcsr.ISO;
    this.#writeTwice(base + TXCSR.offset, csr);
  }

  #enableReceive(base: number): void {
    const musb = this.#musb;
    const { registers } = musb;
    musb.receiveEnable |= 1 << this.number;
    registers.write16(INTRRXE.offset, musb.receiveEnable);
    registers.write16(base + RXMAXP.offset, this.maxPacket | (this.multiplier << 11));
    if (this.hardware.shared) {
      const csr = registers.read16(base + TXCSR.offset);
      registers.write16(base + TXCSR.offset, csr & ~(Txcsr.MODE | Txcsr.TXPKTRDY));
    }
    let csr = Rxcsr.FLUSHFIFO | Rxcsr.CLRDATATOG;
    if (this.type === 'isochronous') csr |= Rxcsr.ISO;
    else if (this.type === 'interrupt') csr |= Rxcsr.DISNYET;
    this.#writeTwice(base + RXCSR.offset, csr);
  }

  /** Continues with the first request, unless a completion runs (musb_ep_restart). */
  #restart(queueing: boolean): void {
    const musb = this.#musb;
    const { first } = this.requests;
    if (this.busy || first === undefined) return;
    const base = this.#select();
    if (this.isIn) transmitState(musb, this, first);
    else if (musb.quirks.dropsEarlyPackets) this.#flushReceive(base);
    else if (!queueing) receiveState(musb, this, first);
    // Packets that are there already may complete the request, which must not happen in the call that queued it.
    else musb.clock.defer(this.#lookAgain);
  }

  readonly #lookAgain = (): void => {
    const { first } = this.requests;
    if (this.busy || first === undefined || this.descriptor === undefined) return;
    this.#select();
    receiveState(this.#musb, this, first);
  };

  #flushReceive(base: number): void {
    const at = base + RXCSR.offset;
    this.#writeTwice(at, this.#musb.registers.read16(at) | Rxcsr.FLUSHFIFO | RX_KEEP);
  }

  /** The second write is for the second packet of a double FIFO. */
  #writeTwice(at: number, csr: number): void {
    this.#musb.registers.write16(at, csr);
    this.#musb.registers.write16(at, csr);
  }
}
