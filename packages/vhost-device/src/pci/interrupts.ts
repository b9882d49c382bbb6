import type { DeviceCounts } from '../device-statistics.ts';
import type { Report } from '../report.ts';
import { violation } from '../violation.ts';
import type { Virtqueue } from '../virtqueue/virtqueue.ts';
import type { ConfigSpace } from './config-space.ts';
import type { InterruptLine } from './interrupt-line.ts';
import { HEADER_BYTES, Signal } from './transaction.ts';

const MSI_DATA_BYTES = 4;

/** Callbacks. */
export interface InterruptEvents {
  /** A message was put into the queue. */
  readonly sent: () => void;
  /** The queue is broken. The caller that asserts the line does not get this error. */
  readonly failed: (error: unknown) => void;
}

/**
 * A function's interrupt line, as messages in buffers that the driver provides. The driver gives a buffer back after
 * its handler has returned. If the line is still asserted then, another message is sent, as for a level-triggered line.
 */
export class Interrupts implements InterruptLine {
  readonly #config: ConfigSpace;
  readonly #counts: DeviceCounts;
  readonly #report: Report;
  readonly #events: InterruptEvents;
  readonly #message = new Uint8Array(HEADER_BYTES + MSI_DATA_BYTES);
  readonly #view = new DataView(this.#message.buffer);
  #queue: Virtqueue | undefined;
  #asserted = false;
  /** A message is due as soon as there is a buffer for it. */
  #due = false;
  /** Position of the queue at the latest INTx message whose handler has not returned; -1 if there is none. */
  #handling = -1;

  constructor(config: ConfigSpace, counts: DeviceCounts, report: Report, events: InterruptEvents) {
    this.#config = config;
    this.#counts = counts;
    this.#report = report;
    this.#events = events;
  }

  /** Where the driver waits for messages; `undefined` while it does not. */
  set queue(queue: Virtqueue | undefined) {
    if (queue === this.#queue) return;
    this.#queue = queue;
    this.#handling = -1;
    this.#due = queue !== undefined && this.#asserted;
  }

  raise(): void {
    if (this.#asserted) return;
    this.#asserted = true;
    this.#config.interruptStatus = true;
    this.#due = true;
    this.#deliver();
  }

  lower(): void {
    this.#asserted = false;
    this.#config.interruptStatus = false;
    // INTx drops a message that was not sent. With MSI the edge counts.
    if (!this.#config.msiEnabled) this.#due = false;
  }

  /** The driver has changed its interrupt settings. */
  retry(): void {
    this.#deliver();
  }

  /** Whether there are buffers that the function waits for, or that show that the handler has returned. */
  waitsFor(offered: number): boolean {
    return this.#handling >= 0 ? this.#handling !== offered : this.#due;
  }

  /**
   * The driver has provided buffers, and all its earlier accesses are done.
   *
   * @param offered index of the queue, as it was before that
   */
  provided(offered: number): void {
    if (this.#handling >= 0 && this.#handling !== offered) {
      this.#handling = -1;
      this.#due ||= this.#asserted && !this.#config.msiEnabled;
    }
    if (this.#due) this.#deliver();
  }

  #deliver(): void {
    const queue = this.#queue;
    const { msiEnabled, interruptPin, busMaster } = this.#config;
    if (!this.#due || queue === undefined) return;
    if (msiEnabled ? !busMaster : interruptPin === 0 || this.#handling >= 0) return;
    try {
      if (!queue.take()) return;
      this.#due = false;
      this.#handling = msiEnabled ? -1 : queue.offered;
      const length = msiEnabled ? this.#composeMsi() : this.#composeInt(interruptPin);
      if (queue.room < length)
        throw violation('virtqueue irq', `a message has ${length} bytes, and the buffer has room for ${queue.room}`);
      queue.reply(this.#message, length);
      queue.put(length);
      this.#counts.interrupts++;
      this.#report?.('interrupt', { kind: msiEnabled ? 'MSI' : 'INTx' });
      this.#events.sent();
    } catch (error) {
      this.#events.failed(error);
    }
  }

  #composeInt(pin: number): number {
    this.#message.fill(0);
    this.#message[0] = Signal.INT;
    this.#message[8] = pin;
    return HEADER_BYTES;
  }

  #composeMsi(): number {
    this.#message.fill(0);
    this.#message[0] = Signal.MSI;
    this.#view.setUint32(4, MSI_DATA_BYTES, true);
    this.#message.set(this.#config.msiMessage, 8);
    return HEADER_BYTES + MSI_DATA_BYTES;
  }
}
