import { DMA_BASE, DMA_CHANNELS, DMA_ENDPOINT_SHIFT, DMA_STRIDE, DmaControl } from '../registers/dma-registers.ts';
import { Rxcsr, Txcsr } from '../registers/endpoint-registers.ts';
import { hardwareVersion } from '../registers/register-space.ts';
import type { MusbState } from './musb-state.ts';

const TXCSR = 0x2;
const RXCSR = 0x6;
const CONTROL = DMA_BASE + 0x4;
const ADDRESS = DMA_BASE + 0x8;
const COUNT = DMA_BASE + 0xc;
/** Bursts of 16 words: both bits of the field are set. */
const INCR16 = DmaControl.BURSTMODE;
/** Most bytes that a channel moves at once. */
export const MAX_LENGTH = 0x10_0000;
/** From this version on, addresses must be multiples of a word. */
const ALIGNED_FROM = hardwareVersion(1, 800);

/** The driver's state of a channel (struct dma_channel with struct musb_dma_channel). */
export class DmaChannelState {
  readonly index: number;
  /** True while an endpoint owns the channel (`used_channels`). A late interrupt changes the status, but not this. */
  used = false;
  status: 'unknown' | 'free' | 'busy' | 'bus abort' = 'unknown';
  endpoint = 0;
  transmit = false;
  /** The mode that was programmed last, or will be programmed next. */
  mode: 0 | 1 = 0;
  /** Bytes that the channel has moved. */
  actual = 0;
  start = 0;
  maxPacket = 0;

  constructor(index: number) {
    this.index = index;
  }
}

/** The driver of the Inventra DMA controller. Source: musbhsdma.c. */
export class DmaChannels {
  readonly #musb: MusbState;
  readonly #channels: readonly DmaChannelState[];
  readonly #aligned: boolean;
  /** Called when a channel is done (musb_dma_completion). */
  readonly #completed: (endpoint: number, transmit: boolean) => void;

  /** @param version HWVERS */
  constructor(musb: MusbState, version: number, completed: (endpoint: number, transmit: boolean) => void) {
    this.#musb = musb;
    this.#channels = Array.from({ length: DMA_CHANNELS }, (_, index) => new DmaChannelState(index));
    this.#aligned = (version & 0x7fff) >= ALIGNED_FROM;
    this.#completed = completed;
  }

  /** Allocates a channel for an endpoint that is being enabled. Returns `undefined` when all channels are taken. */
  allocate(endpoint: number, transmit: boolean): DmaChannelState | undefined {
    const channel = this.#channels.find(({ used }) => !used);
    if (channel === undefined) return undefined;
    channel.used = true;
    channel.status = 'free';
    channel.endpoint = endpoint;
    channel.transmit = transmit;
    channel.mode = transmit ? 1 : 0;
    channel.actual = 0;
    return channel;
  }

  release(channel: DmaChannelState): void {
    channel.actual = 0;
    channel.used = false;
    channel.status = 'unknown';
  }

  /** Starts a channel. Returns false if the channel cannot reach the address: the CPU then has to move the bytes. */
  program(channel: DmaChannelState, maxPacket: number, mode: 0 | 1, address: number, length: number): boolean {
    if (this.#aligned && address % 4 !== 0) return false;
    channel.actual = 0;
    channel.start = address;
    channel.maxPacket = maxPacket;
    channel.mode = mode;
    channel.status = 'busy';
    const at = DMA_STRIDE * channel.index;
    const { registers } = this.#musb;
    registers.write32(ADDRESS + at, address);
    registers.write32(COUNT + at, length);
    registers.write16(
      CONTROL + at,
      INCR16 |
        (channel.endpoint << DMA_ENDPOINT_SHIFT) |
        DmaControl.ENABLE |
        DmaControl.IRQENABLE |
        (channel.transmit ? DmaControl.TRANSMIT : 0) |
        (mode === 1 ? DmaControl.MODE1 : 0),
    );
    return true;
  }

  /** Stops a channel. Does nothing while the channel is idle. */
  abort(channel: DmaChannelState): void {
    if (channel.status !== 'busy') return;
    const musb = this.#musb;
    const { registers } = musb;
    musb.select(channel.endpoint);
    const base = musb.endpointBase(channel.endpoint);
    if (channel.transmit) {
      const csr = registers.read16(base + TXCSR) & ~(Txcsr.AUTOSET | Txcsr.DMAENAB);
      registers.write16(base + TXCSR, csr);
      registers.write16(base + TXCSR, csr & ~Txcsr.DMAMODE);
    } else {
      const csr = registers.read16(base + RXCSR) & ~(Rxcsr.AUTOCLEAR | Rxcsr.DMAENAB | Rxcsr.DMAMODE);
      registers.write16(base + RXCSR, csr);
    }
    const at = DMA_STRIDE * channel.index;
    registers.write16(CONTROL + at, 0);
    registers.write32(ADDRESS + at, 0);
    registers.write32(COUNT + at, 0);
    channel.status = 'free';
  }

  /** Handles the controller's interrupt (dma_controller_irq). */
  interrupt(): void {
    const { registers } = this.#musb;
    let done = registers.read8(DMA_BASE);
    if (done === 0)
      for (const { status, index } of this.#channels)
        if (status === 'busy' && registers.read32(COUNT + DMA_STRIDE * index) === 0) done |= 1 << index;
    for (let index = 0; done >> index !== 0; index++)
      if (((done >> index) & 1) !== 0) this.#done(this.#channels[index]!);
  }

  #done(channel: DmaChannelState): void {
    const { registers } = this.#musb;
    const at = DMA_STRIDE * channel.index;
    if ((registers.read16(CONTROL + at) & DmaControl.BUSERROR) !== 0) {
      // The driver tells nobody: the request stays queued until it is cancelled.
      channel.status = 'bus abort';
      this.#musb.event('bus error', { endpoint: channel.endpoint, transmit: channel.transmit });
      return;
    }
    channel.actual = registers.read32(ADDRESS + at) - channel.start;
    channel.status = 'free';
    if (channel.transmit && (channel.mode === 0 || channel.actual % channel.maxPacket !== 0)) this.#sendRest(channel);
    this.#completed(channel.endpoint, channel.transmit);
  }

  /** Sets TXPKTRDY for the last packet. By itself the chip sends only full packets, and only in mode 1. */
  #sendRest(channel: DmaChannelState): void {
    const musb = this.#musb;
    const { registers } = musb;
    musb.select(channel.endpoint);
    const at = musb.endpointBase(channel.endpoint) + TXCSR;
    let csr = registers.read16(at);
    if (channel.mode === 1) {
      csr &= ~(Txcsr.DMAENAB | Txcsr.AUTOSET);
      registers.write16(at, csr);
      csr = (csr & ~Txcsr.DMAMODE) | Txcsr.DMAENAB;
    }
    registers.write16(at, csr | Txcsr.TXPKTRDY);
  }
}
