import { type Clock, Errno, isKernelError, MILLISECOND, SECOND, type Timer } from '@gadgetloom/core';
import { type GadgetEndpoint, UsbRequest } from '@gadgetloom/udc';
import { ByteFifo } from './byte-fifo.ts';
import type { SerialLink } from './serial-link.ts';
import { FlipBuffer, Tty, type TtyDriver } from './tty.ts';

/** Requests in each direction (QUEUE_SIZE). */
const QUEUE_SIZE = 16;
/** Bytes that programs can write ahead (WRITE_BUF_SIZE). */
const WRITE_BUFFER = 8192;
/** How long the last close waits for a host to take the rest (GS_CLOSE_TIMEOUT). */
const CLOSE_TIMEOUT = 15 * SECOND;
/** One tick of a kernel with HZ=250. */
const JIFFY = 4 * MILLISECOND;

/**
 * A serial port: the terminal /dev/ttyGS* above, and the endpoints of a function below, each of which comes and goes by
 * itself (struct gs_port). Source: drivers/usb/gadget/function/u_serial.c.
 */
export class GsPort implements TtyDriver {
  readonly number: number;
  readonly #clock: Clock;
  readonly #flip = new FlipBuffer();
  #link: SerialLink | undefined;
  #tty: Tty | undefined;
  #count = 0;
  #output: ByteFifo | undefined;
  #readPool: UsbRequest[] = [];
  #readQueue: UsbRequest[] = [];
  #readStarted = 0;
  #readAllocated = 0;
  #firstRead = 0;
  #writePool: UsbRequest[] = [];
  #writeStarted = 0;
  #writeAllocated = 0;
  #pushing: Timer | 'deferred' | undefined;
  #drained: (() => void)[] = [];
  #suspended = false;
  #startDelayed = false;

  constructor(number: number, clock: Clock) {
    this.number = number;
    this.#clock = clock;
  }

  /** True while a host has configured the function. */
  get connected(): boolean {
    return this.#link !== undefined;
  }

  /** gs_open. @returns the terminal, which all opens share */
  open(): Tty {
    this.#output ??= new ByteFifo(WRITE_BUFFER);
    if (this.#count++ > 0 && this.#tty !== undefined) return this.#tty;
    const tty = new Tty(this, this.#flip, this.#clock);
    this.#tty = tty;
    const link = this.#link;
    if (link !== undefined && this.#suspended) this.#startDelayed = true;
    else if (link !== undefined) {
      this.#startIo(link);
      link.connect?.();
    }
    return tty;
  }

  /** gs_close: the last one waits until the host has taken what is left, or is gone. */
  async close(): Promise<void> {
    if (this.#count > 1) {
      this.#count--;
      return;
    }
    if (this.#link !== undefined && !this.#suspended) this.#link.disconnect?.();
    if (this.charsInBuffer > 0 && this.#link !== undefined) await this.#drain();
    if (this.#count > 1) {
      this.#count--;
      return;
    }
    if (this.#link === undefined) this.#output = undefined;
    else this.#output?.clear();
    this.#startDelayed = false;
    this.#count = 0;
    this.#tty = undefined;
  }

  /** gserial_connect. @throws KernelError EBUSY; and what the endpoints answer */
  connect(link: SerialLink): void {
    if (this.#link !== undefined) return;
    link.in.enable();
    try {
      link.out.enable();
    } catch (refusal) {
      link.in.disable();
      throw refusal;
    }
    this.#link = link;
    if (this.#count > 0) {
      this.#startIo(link);
      link.connect?.();
    } else link.disconnect?.();
  }

  /** gserial_disconnect: the terminal is hung up, and whatever is under way is dropped. */
  disconnect(link: SerialLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    if (this.#count > 0) {
      this.#wakeDrained();
      this.#tty?.hangup();
    }
    this.#suspended = false;
    link.out.disable();
    link.in.disable();
    if (this.#count === 0) this.#output = undefined;
    this.#readPool = [];
    this.#readQueue = [];
    this.#writePool = [];
    this.#readAllocated = this.#readStarted = this.#writeAllocated = this.#writeStarted = 0;
  }

  /** gserial_suspend. */
  suspend(link: SerialLink): void {
    if (this.#link !== link) return;
    this.#suspended = true;
    this.#startDelayed = true;
  }

  /** gserial_resume. */
  resume(link: SerialLink): void {
    if (this.#link !== link) return;
    this.#suspended = false;
    if (!this.#startDelayed) return;
    this.#startIo(link);
    link.connect?.();
    this.#startDelayed = false;
  }

  /**
   * The function's directory is removed. The kernel waits in rmdir(2) until every program has closed the terminal; the
   * simulation cannot wait there, and hangs the terminal up instead.
   */
  remove(): void {
    this.#tty?.hangup();
  }

  write(bytes: Uint8Array): number {
    const count = this.#output?.put(bytes) ?? 0;
    this.#startTx();
    return count;
  }

  get writeRoom(): number {
    return this.#link === undefined ? 0 : (this.#output?.room ?? 0);
  }

  get charsInBuffer(): number {
    return this.#output?.length ?? 0;
  }

  unthrottle(): void {
    if (this.#link !== undefined) this.#schedulePush(0);
  }

  breakControl(on: boolean): void {
    this.#link?.sendBreak?.(on);
  }

  /** gs_start_io. */
  #startIo(link: SerialLink): void {
    while (this.#readAllocated < QUEUE_SIZE) {
      this.#readPool.push(request(link.out, (done) => this.#readComplete(done)));
      this.#readAllocated++;
    }
    while (this.#writeAllocated < QUEUE_SIZE) {
      this.#writePool.push(request(link.in, (done) => this.#writeComplete(done)));
      this.#writeAllocated++;
    }
    this.#firstRead = 0;
    this.#startRx(link);
    if (this.#readStarted > 0) {
      this.#startTx();
      this.#tty?.wake();
    } else if (this.#link !== undefined) {
      this.#readAllocated -= this.#readPool.length;
      this.#writeAllocated -= this.#writePool.length;
      this.#readPool = [];
      this.#writePool = [];
    }
  }

  /** gs_start_rx. */
  #startRx(link: SerialLink): void {
    while (this.#tty !== undefined && this.#readStarted < QUEUE_SIZE) {
      const next = this.#readPool.shift();
      if (next === undefined) return;
      next.length = link.out.maxPacket;
      if (!queued(link.out, next)) {
        this.#readPool.unshift(next);
        return;
      }
      this.#readStarted++;
    }
  }

  /** gs_start_tx. */
  #startTx(): void {
    let sent = false;
    while (this.#link !== undefined && this.#output !== undefined && this.#writeStarted < QUEUE_SIZE) {
      const [next] = this.#writePool;
      if (next === undefined) break;
      next.length = this.#output.take(next.buffer!.subarray(0, this.#link.in.maxPacket));
      if (next.length === 0) {
        this.#wakeDrained();
        break;
      }
      sent = true;
      this.#writePool.shift();
      next.zero = this.#output.length === 0;
      if (!queued(this.#link.in, next)) {
        this.#writePool.unshift(next);
        break;
      }
      this.#writeStarted++;
    }
    if (sent) this.#tty?.wake();
  }

  #readComplete(done: UsbRequest): void {
    this.#readQueue.push(done);
    this.#schedulePush(0);
  }

  #writeComplete(done: UsbRequest): void {
    this.#writePool.unshift(done);
    this.#writeStarted--;
    if (done.status !== -Errno.ESHUTDOWN) this.#startTx();
  }

  /** gs_rx_push: hands what arrived to the terminal, as far as it takes it. */
  readonly #push = (): void => {
    this.#pushing = undefined;
    const tty = this.#tty;
    let disconnected = false;
    let pushed = false;
    for (let [head] = this.#readQueue; head !== undefined; [head] = this.#readQueue) {
      if (tty?.throttled) break;
      if (head.status === -Errno.ESHUTDOWN) disconnected = true;
      if (head.actual > 0 && tty !== undefined) {
        const rest = head.buffer!.subarray(this.#firstRead, head.actual);
        const count = this.#flip.insert(rest);
        if (count > 0) pushed = true;
        if (count < rest.length) {
          this.#firstRead += count;
          break;
        }
        this.#firstRead = 0;
      }
      this.#readQueue.shift();
      this.#readPool.unshift(head);
      this.#readStarted--;
    }
    if (pushed) tty?.push();
    if (this.#readQueue.length > 0 && tty !== undefined && !tty.throttled) this.#schedulePush(JIFFY);
    if (!disconnected && this.#link !== undefined) this.#startRx(this.#link);
  };

  #schedulePush(delay: number): void {
    if (this.#pushing !== undefined) return;
    if (delay > 0) this.#pushing = this.#clock.setTimer(delay, this.#push);
    else {
      this.#pushing = 'deferred';
      this.#clock.defer(this.#push);
    }
  }

  /** Sleeps on drain_wait. */
  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(CLOSE_TIMEOUT, resolve);
      this.#drained.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #wakeDrained(): void {
    const drained = this.#drained;
    this.#drained = [];
    for (const wake of drained) wake();
  }
}

/** gs_alloc_req: a request with a buffer of one packet. */
function request(endpoint: GadgetEndpoint, complete: (done: UsbRequest) => void): UsbRequest {
  const made = new UsbRequest();
  made.buffer = new Uint8Array(endpoint.maxPacket);
  made.complete = (_, done) => complete(done);
  return made;
}

/** usb_ep_queue. @returns false if it was refused */
function queued(endpoint: GadgetEndpoint, next: UsbRequest): boolean {
  try {
    endpoint.queue(next);
    return true;
  } catch (refusal) {
    if (!isKernelError(refusal)) throw refusal;
    return false;
  }
}
