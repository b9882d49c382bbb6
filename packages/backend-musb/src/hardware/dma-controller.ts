import type { DmaMemory } from '@gadgetloom/dmabuf';
import { DMA_ENDPOINT_SHIFT, DMA_STRIDE, DmaControl } from '../registers/dma-registers.ts';
import type { ReceiveEndpoint } from './receive-endpoint.ts';
import type { TransmitEndpoint } from './transmit-endpoint.ts';

/** From this version on, writes ignore the two lowest bits of an address (musbhsdma.c, dma_channel_program). */
const ALIGNED_FROM = (1 << 10) | 800;

/** One channel: an address that counts up, a count that counts down. */
class DmaChannel {
  control = 0;
  address = 0;
  count = 0;
  /** True while the channel moves bytes. */
  busy = false;
}

/** The parts that the DMA controller is connected to. */
export interface DmaControllerParts {
  readonly memory: DmaMemory;
  readonly ram: Uint8Array;
  readonly transmit: readonly TransmitEndpoint[];
  readonly receive: readonly ReceiveEndpoint[];
  readonly channels: number;
  readonly hardwareVersion: number;
  /** Called when a channel is done or has failed. */
  interrupt(): void;
}

/**
 * The Inventra DMA controller: each channel moves one contiguous piece of memory to or from the FIFO of one endpoint.
 * It has no scatter-gather. In mode 0 it moves all programmed bytes at once; in mode 1 it moves packet by packet, as
 * the FIFO allows.
 */
export class DmaController {
  /** Value of INTR. */
  pending = 0;
  readonly #parts: DmaControllerParts;
  readonly #channels: readonly DmaChannel[];
  readonly #addressMask: number;

  constructor(parts: DmaControllerParts) {
    this.#parts = parts;
    this.#channels = Array.from({ length: parts.channels }, () => new DmaChannel());
    this.#addressMask = (parts.hardwareVersion & 0x7fff) >= ALIGNED_FROM ? 0xffff_fffc : 0xffff_ffff;
  }

  /** @param lane offset in the block, a multiple of 2 */
  read(lane: number): number {
    if (lane === 0) {
      const pending = this.pending;
      this.pending = 0;
      return pending;
    }
    const channel = this.#at(lane);
    if (channel === undefined) return 0;
    const low = (lane & 2) === 0;
    switch (lane & 0xc) {
      case 0x4:
        return low ? channel.control : 0;
      case 0x8:
        return low ? channel.address & 0xffff : channel.address >>> 16;
      case 0xc:
        return low ? channel.count & 0xffff : channel.count >>> 16;
      default:
        return 0;
    }
  }

  /** @param lanes the bits that the access reaches */
  write(lane: number, value: number, lanes: number): void {
    const channel = this.#at(lane);
    if (channel === undefined) return;
    const high = (lane & 2) !== 0;
    switch (lane & 0xc) {
      case 0x4:
        if (!high) this.#control(channel, (channel.control & ~lanes) | (value & lanes & 0x07ff));
        break;
      case 0x8:
        channel.address = (merge(channel.address, value, lanes, high) & this.#addressMask) >>> 0;
        break;
      case 0xc:
        channel.count = merge(channel.count, value, lanes, high);
        break;
    }
  }

  /** Called when the transmit FIFO of an endpoint has room. */
  fill(endpoint: number): void {
    const channel = this.#channelOf(endpoint, DmaControl.TRANSMIT);
    if (channel !== undefined && !channel.busy) this.#fill(channel, this.#parts.transmit[endpoint]!);
  }

  /** Called when the receive FIFO of an endpoint has a packet. */
  drain(endpoint: number): void {
    const channel = this.#channelOf(endpoint, 0);
    if (channel !== undefined && !channel.busy) this.#drain(channel, this.#parts.receive[endpoint]!);
  }

  #control(channel: DmaChannel, control: number): void {
    channel.control = control;
    if ((control & DmaControl.ENABLE) === 0) return;
    const endpoint = (control & DmaControl.ENDPOINT) >> DMA_ENDPOINT_SHIFT;
    const transmit = (control & DmaControl.TRANSMIT) !== 0;
    const { transmit: sources, receive: sinks } = this.#parts;
    if (transmit && sources[endpoint]?.wantsDma) this.fill(endpoint);
    if (!transmit && sinks[endpoint]?.wantsDma) this.drain(endpoint);
  }

  #fill(channel: DmaChannel, endpoint: TransmitEndpoint): void {
    const { memory, ram } = this.#parts;
    const { fifo } = endpoint;
    channel.busy = true;
    while (channel.count > 0 && endpoint.wantsDma && !fifo.full) {
      const room = Math.min(endpoint.load, fifo.size) - fifo.cursor;
      const length = Math.min(channel.count, room, ram.length - fifo.loadAddress);
      if (length <= 0) break;
      if (!memory.read(channel.address, ram, fifo.loadAddress, length)) {
        channel.busy = false;
        this.#done(channel, DmaControl.BUSERROR);
        return;
      }
      fifo.cursor += length;
      this.#advance(channel, length);
      // The manual does not describe the last load of split packets. The driver relies on whole packets going by
      // themselves.
      const whole = fifo.cursor === endpoint.load || (channel.count === 0 && fifo.cursor % endpoint.packet === 0);
      if (!whole || !endpoint.autoSet) break;
      endpoint.ready();
    }
    channel.busy = false;
    if (channel.count === 0) this.#done(channel, 0);
  }

  #drain(channel: DmaChannel, endpoint: ReceiveEndpoint): void {
    const { memory, ram } = this.#parts;
    const { fifo } = endpoint;
    channel.busy = true;
    while (channel.count > 0 && endpoint.wantsDma) {
      // Mode 1 leaves short packets to the CPU.
      if ((channel.control & DmaControl.MODE1) !== 0 && !endpoint.fullPacket) break;
      const length = Math.min(channel.count, fifo.unread);
      if (length === 0) break;
      if (!memory.write(channel.address, ram, fifo.unloadAddress, length)) {
        channel.busy = false;
        this.#done(channel, DmaControl.BUSERROR);
        return;
      }
      fifo.cursor += length;
      this.#advance(channel, length);
      if (fifo.unread === 0) endpoint.unloaded();
      if ((channel.control & DmaControl.MODE1) === 0) break;
    }
    channel.busy = false;
    if (channel.count === 0) this.#done(channel, 0);
  }

  #advance(channel: DmaChannel, length: number): void {
    channel.address = (channel.address + length) >>> 0;
    channel.count -= length;
  }

  #done(channel: DmaChannel, error: number): void {
    channel.control = (channel.control & ~DmaControl.ENABLE) | error;
    this.pending |= 1 << this.#channels.indexOf(channel);
    if ((channel.control & DmaControl.IRQENABLE) !== 0) this.#parts.interrupt();
  }

  #at(lane: number): DmaChannel | undefined {
    return this.#channels[Math.floor(lane / DMA_STRIDE)];
  }

  #channelOf(endpoint: number, direction: number): DmaChannel | undefined {
    const wanted = DmaControl.ENABLE | direction | (endpoint << DMA_ENDPOINT_SHIFT);
    const relevant = DmaControl.ENABLE | DmaControl.TRANSMIT | DmaControl.ENDPOINT;
    for (const channel of this.#channels) if ((channel.control & relevant) === wanted) return channel;
    return undefined;
  }
}

function merge(old: number, value: number, lanes: number, high: boolean): number {
  const shift = high ? 16 : 0;
  return ((old & ~(lanes << shift)) | ((value & lanes) << shift)) >>> 0;
}
