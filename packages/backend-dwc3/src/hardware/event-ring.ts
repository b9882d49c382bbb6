import type { Clock, Timer, TraceSink } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import type { InterruptLine } from '@gadgetloom/simulated-board';
import { DeviceEvent, deviceEventWord } from '../registers/event.ts';

/** Unit of DEV_IMOD: 250 nanoseconds. */
const MODERATION_UNIT = 250;
const EVENT_BYTES = 4;
/** Bytes that data transfers leave free, so that events of the device and of commands always find room. */
const RESERVE = 256;
const OVERFLOW = deviceEventWord(DeviceEvent.OVERFLOW);

/**
 * The event buffer of interrupter 0: a ring in memory that the core writes, and the interrupt that says so. Events wait
 * in GEVNTCOUNT until the driver takes them off; the core stops moving data before the ring is full.
 */
export class EventRing {
  /** Bytes of events that wait. */
  count = 0;
  /** Events that found no room, since the last reset. */
  lost = 0;
  /** DEVTEN.EVNTOVERFLOWEN. */
  reportsOverflow = false;
  /** A fault that is to swallow events: true if it takes this one. */
  swallow: ((word: number) => boolean) | undefined = undefined;
  readonly #memory: DmaMemory;
  readonly #line: InterruptLine;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #unmaskable: boolean;
  #address = 0;
  #size = 0;
  #position = 0;
  #limit = 0;
  #masked = false;
  /** The handler is at work (GEVNTCOUNT.EHB); only with moderation. */
  #busy = false;
  #interval = 0;
  #notBefore = 0;
  #timer: Timer | undefined = undefined;

  /** @param unmaskable GEVNTSIZ.INTMASK has no effect, an erratum */
  constructor(memory: DmaMemory, line: InterruptLine, clock: Clock, trace: TraceSink | undefined, unmaskable: boolean) {
    this.#unmaskable = unmaskable;
    this.#memory = memory;
    this.#line = line;
    this.#clock = clock;
    this.#trace = trace;
  }

  /** There is no room left for the events of data transfers. */
  get full(): boolean {
    return this.count > this.#limit;
  }

  /** GEVNTCOUNT as it reads. */
  get word(): number {
    return (this.count | (this.#busy ? 0x8000_0000 : 0)) >>> 0;
  }

  /** GEVNTADRLO and GEVNTADRHI. */
  setAddress(low: number, high: number): void {
    this.#address = high * 2 ** 32 + low;
    this.#position = 0;
  }

  /** GEVNTSIZ. @param size bytes */
  setSize(size: number, masked: boolean): void {
    if (size !== this.#size) {
      this.#size = size - (size % EVENT_BYTES);
      this.#position = 0;
      this.#limit = this.#size - Math.min(RESERVE, this.#size >> 1);
    }
    this.#masked = masked && !this.#unmaskable;
    this.#update();
  }

  /** DEV_IMOD. @param interval in units of 250 ns */
  setModeration(interval: number): void {
    this.#interval = interval;
    if (interval === 0) this.#busy = false;
    this.#update();
  }

  /** The driver writes GEVNTCOUNT: it has taken events, or its handler is done. */
  acknowledge(value: number): void {
    const taken = value & 0xfffc;
    this.count = taken < this.count ? this.count - taken : 0;
    if ((value & 0x8000_0000) !== 0 && this.#busy) {
      this.#busy = false;
      this.#notBefore = this.#clock.now() + this.#interval * MODERATION_UNIT;
    }
    this.#update();
  }

  /** Writes an event, and interrupts. */
  push(word: number): void {
    if (this.swallow?.(word)) return;
    if (this.#trace !== undefined) this.#report(this.#trace, word);
    const room = this.#size - this.count;
    if (room >= 2 * EVENT_BYTES) this.#write(word);
    else {
      this.lost++;
      if (room >= EVENT_BYTES && this.reportsOverflow) this.#write(OVERFLOW);
    }
    this.#update();
  }

  /** Forgets everything (DCTL.CSFTRST). */
  reset(): void {
    this.count = 0;
    this.lost = 0;
    this.setAddress(0, 0);
    this.#interval = 0;
    this.#busy = false;
    this.setSize(0, false);
  }

  #write(word: number): void {
    // A ring that the core cannot reach loses its events, as it does on a board.
    if (!this.#memory.write32(this.#address + this.#position, word)) this.lost++;
    this.#position += EVENT_BYTES;
    if (this.#position >= this.#size) this.#position = 0;
    this.count += EVENT_BYTES;
  }

  #update(): void {
    if (this.count === 0 || this.#masked) {
      this.#line.lower();
      return;
    }
    if (this.#interval === 0) {
      this.#line.raise();
      return;
    }
    if (this.#busy) return;
    const wait = this.#notBefore - this.#clock.now();
    if (wait > 0) {
      this.#timer ??= this.#clock.setTimer(wait, this.#expired);
      return;
    }
    this.#busy = true;
    this.#line.raise();
  }

  readonly #expired = (): void => {
    this.#timer = undefined;
    this.#update();
  };

  #report(trace: TraceSink, word: number): void {
    trace.event({ at: this.#clock.now(), source: 'controller', what: 'event', details: { word } });
  }
}
