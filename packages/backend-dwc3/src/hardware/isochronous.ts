import type { Clock, Timer } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { CommandStatus } from '../registers/command.ts';
import { EndpointEvent, endpointEventWord, TransferStatus } from '../registers/event.ts';
import { TRB_SID_SHIFT, TrbCtrl, TrbStatus } from '../registers/trb.ts';
import type { EventRing } from './event-ring.ts';
import { FRAME_MASK, type FrameCounter } from './frame-counter.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';

/**
 * An isochronous endpoint: each buffer belongs to one service interval, from the (micro)frame on that START_TRANSFER
 * named. What the host has not moved when its interval is over is missed.
 */
export class IsochronousSchedule {
  readonly #endpoint: PhysicalEndpoint;
  readonly #memory: DmaMemory;
  readonly #events: EventRing;
  readonly #frames: FrameCounter;
  readonly #clock: Clock;
  readonly #ready: (endpoint: PhysicalEndpoint) => void;
  /** The count at which the interval of the next buffer begins. */
  #due = 0;
  #timer: Timer | undefined = undefined;

  constructor(
    endpoint: PhysicalEndpoint,
    memory: DmaMemory,
    events: EventRing,
    frames: FrameCounter,
    clock: Clock,
    ready: (endpoint: PhysicalEndpoint) => void,
  ) {
    this.#endpoint = endpoint;
    this.#memory = memory;
    this.#events = events;
    this.#frames = frames;
    this.#clock = clock;
    this.#ready = ready;
  }

  /** START_TRANSFER at a 16-bit (micro)frame number: bus expiry if it has passed. */
  start(frame: number): CommandStatus {
    const due = this.#frames.resolve(frame);
    if (due <= this.#frames.count) return CommandStatus.BUS_EXPIRY;
    this.#due = due;
    this.#wait(due);
    return CommandStatus.OK;
  }

  /** The transfer was ended. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The host comes for the data of this interval, or brings it. */
  serve(transfer: BusTransfer): Handshake {
    const endpoint = this.#endpoint;
    if (!endpoint.active) return this.#notReady();
    if (this.#frames.count < this.#due || this.#events.full || !this.#load()) {
      endpoint.flowControlled = true;
      return Handshake.NAK;
    }
    const answer = this.#move(transfer);
    this.#advance();
    return answer;
  }

  /** Tells the driver, once, in which (micro)frame the host came while nothing was started. */
  #notReady(): Handshake {
    const endpoint = this.#endpoint;
    endpoint.flowControlled = true;
    if (!endpoint.notReadySent && endpoint.notReadyEvents) {
      endpoint.notReadySent = true;
      const frame = this.#frames.count & FRAME_MASK;
      this.#events.push(endpointEventWord(endpoint.index, EndpointEvent.XFER_NOT_READY, 0, frame));
    }
    return Handshake.NAK;
  }

  /** Moves one buffer, of as many TRBs as it has. */
  #move(transfer: BusTransfer): Handshake {
    const endpoint = this.#endpoint;
    const { cursor } = endpoint;
    const before = transfer.actual;
    for (;;) {
      const length = Math.min(cursor.left, transfer.length - transfer.actual);
      const done = endpoint.in
        ? this.#memory.read(cursor.buffer, transfer.data, transfer.actual, length)
        : this.#memory.write(cursor.buffer, transfer.data, transfer.actual, length);
      transfer.actual += length;
      cursor.left -= length;
      const chained = (cursor.control & TrbCtrl.CHN) !== 0;
      this.#complete(TrbStatus.OK, done ? 0 : TransferStatus.BUS_ERROR);
      if (!chained || !this.#load()) break;
    }
    endpoint.countPackets(transfer.actual - before);
    return transfer.actual === transfer.length ? Handshake.ACK : Handshake.SHORT;
  }

  /** The interval is over: the next buffer belongs to the next one. */
  #advance(): void {
    this.#due += this.#endpoint.interval;
    this.#wait(this.#due);
  }

  #wait(count: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(this.#frames.until(count), this.#begin);
  }

  /** An interval begins: the host may come, until the next one does. */
  readonly #begin = (): void => {
    this.#timer = undefined;
    if (!this.#endpoint.active || !this.#load()) return;
    this.#ready(this.#endpoint);
    this.#timer = this.#clock.setTimer(this.#frames.until(this.#due + this.#endpoint.interval), this.#missed);
  };

  readonly #missed = (): void => {
    this.#timer = undefined;
    if (!this.#endpoint.active || this.#frames.count < this.#due + this.#endpoint.interval || !this.#load()) return;
    for (let chained = true; chained; ) {
      chained = (this.#endpoint.cursor.control & TrbCtrl.CHN) !== 0;
      this.#complete(TrbStatus.MISSED_ISOC, TransferStatus.MISSED_ISOC);
      if (chained && !this.#load()) break;
    }
    this.#due += this.#endpoint.interval;
    this.#begin();
  };

  /** New TRBs: a schedule that had run dry goes on with the interval that comes. */
  resume(): void {
    if (this.#timer !== undefined || !this.#endpoint.active) return;
    const { interval } = this.#endpoint;
    const behind = this.#frames.count + 1 - this.#due;
    if (behind > 0) this.#due += Math.ceil(behind / interval) * interval;
    this.#wait(this.#due);
  }

  #load(): boolean {
    const { cursor } = this.#endpoint;
    return cursor.loaded || cursor.load();
  }

  #complete(trbStatus: number, status: number): void {
    const endpoint = this.#endpoint;
    const { cursor } = endpoint;
    const { control } = cursor;
    const frame = this.#due & FRAME_MASK;
    const word = (control & ~(TrbCtrl.HWO | (FRAME_MASK << TRB_SID_SHIFT))) | (frame << TRB_SID_SHIFT);
    cursor.writeBack(trbStatus, word);
    cursor.advance();
    const interrupts = (control & TrbCtrl.IOC) !== 0;
    const missed = (status & TransferStatus.MISSED_ISOC) !== 0 && (control & TrbCtrl.ISP_IMI) !== 0;
    if (!interrupts && !missed && (status & TransferStatus.BUS_ERROR) === 0) return;
    const bits = status | (interrupts ? TransferStatus.IOC : 0);
    this.#events.push(endpointEventWord(endpoint.index, EndpointEvent.XFER_IN_PROGRESS, bits, frame));
  }
}
