import { Errno, POLLHUP, POLLOUT } from '@gadgetloom/core';
import { USBFS_REQUESTS, type Usbfs, type UsbfsRequest } from '@gadgetloom/linux-native';
import { succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { Watch } from '../kernel/readiness.ts';
import type { Urb } from './urb.ts';

const FIELDS = 3;

/** Answers of usbfs when memory is short, by its own limit or the kernel's. */
const LATER: readonly number[] = [-Errno.EAGAIN, -Errno.ENOMEM];

interface Call {
  readonly request: UsbfsRequest;
  readonly first: number;
  readonly second: number;
  readonly over: (result: number) => void;
}

/**
 * An open usbfs device. Calls that wait for the device run on a thread, one at a time, and before queued transfers.
 * During such a call nothing else enters the kernel, because it would wait for the device's lock. Source: devio.c.
 */
export class UsbfsFile implements AsyncDisposable {
  readonly #kernel: LinuxKernel;
  readonly #usbfs: Usbfs;
  readonly #calls: Call[] = [];
  readonly #waiting: Urb[] = [];
  /** URBs to cancel when the current call ends. */
  readonly #discards: Urb[] = [];
  readonly #submitted = new Map<number, Urb>();
  #current: Call | undefined;
  #watch: Watch | undefined;
  #armed = false;
  #gone = false;
  #onGone: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  private constructor(kernel: LinuxKernel, onGone: () => void) {
    this.#kernel = kernel;
    this.#onGone = onGone;
    this.#usbfs = new kernel.addon.Usbfs((result) => this.#callOver(result));
  }

  /**
   * @param onGone called once when the device is disconnected, after the last transfer has ended
   * @throws KernelError EACCES; ENOENT, ENODEV the device is gone
   */
  static async open(kernel: LinuxKernel, path: string, onGone: () => void): Promise<UsbfsFile> {
    const file = new UsbfsFile(kernel, onGone);
    const fd = await new Promise<number>((over) => file.#begin({ request: 'open', first: 0, second: 0, over }, path));
    if (fd < 0) file.#usbfs.close();
    succeeded(fd, `open ${path}`, {
      EACCES: 'Only root may open usbfs devices by default. Run as root, or give access in a udev rule.',
    });
    file.#watch = kernel.readiness.watch(fd, 0, file);
    return file;
  }

  /** False once the device is disconnected or the file is closed. */
  get open(): boolean {
    return !this.#gone;
  }

  /** Makes a call on a thread. Resolves with its result or a negative errno: ENODEV if the device is gone. */
  call(request: UsbfsRequest, first = 0, second = 0): Promise<number> {
    if (this.#gone) return Promise.resolve(-Errno.ENODEV);
    return new Promise((over) => {
      this.#calls.push({ request, first, second, over });
      this.#goOn();
    });
  }

  /** Queues a transfer. */
  submit(urb: Urb): void {
    if (this.#gone) {
      this.#end(urb, -Errno.ESHUTDOWN);
      return;
    }
    this.#waiting.push(urb);
    this.#goOn();
  }

  /** Cancels a transfer. It ends with `status` unless it completes first. */
  cancel(urb: Urb, status: number): void {
    if (urb.unlinked !== 0) return;
    urb.unlinked = status;
    const at = this.#waiting.indexOf(urb);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      this.#end(urb, status);
    } else if (this.#current !== undefined) this.#discards.push(urb);
    else this.#discard(urb);
  }

  /** Called when a transfer has completed or the device is gone. */
  ready(events: number): void {
    const gone = (events & POLLHUP) !== 0;
    // POLLHUP cannot be masked.
    if (gone) this.#unwatch();
    if (this.#current === undefined) this.#reap();
    if (gone) void this.#close();
  }

  /** Ends every transfer with ESHUTDOWN and gives the device back. A second call does nothing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#onGone = undefined;
    await this.#close();
  }

  #discard(urb: Urb): void {
    if (this.#submitted.get(urb.slot) === urb) this.#usbfs.discard(urb.slot);
  }

  #begin(call: Call, path = ''): void {
    this.#current = call;
    this.#arm();
    const refused = this.#usbfs.begin(USBFS_REQUESTS.indexOf(call.request), call.first, call.second, path);
    if (refused < 0) this.#callOver(refused);
  }

  #callOver(result: number): void {
    const call = this.#current;
    this.#current = undefined;
    call?.over(result);
    if (call?.request === 'open' || call?.request === 'close') return;
    for (const urb of this.#discards.splice(0)) this.#discard(urb);
    this.#reap();
  }

  #reap(): void {
    const count = this.#usbfs.reap();
    const over = [...this.#usbfs.done.subarray(0, FIELDS * Math.max(count, 0))];
    for (let index = 0; index < over.length; index += FIELDS) {
      const slot = over[index]!;
      const urb = this.#submitted.get(slot);
      this.#submitted.delete(slot);
      this.#usbfs.take(slot, urb?.offset ?? 0, urb?.into);
      urb?.ended(endOf(urb, over[index + 1]!), over[index + 2]!);
    }
    if (count === -Errno.ENODEV) void this.#close();
    else this.#goOn();
  }

  /** Starts what can be started. */
  #goOn(): void {
    if (this.#current !== undefined || this.#gone) return;
    const call = this.#calls.shift();
    if (call !== undefined) {
      this.#begin(call);
      return;
    }
    for (let urb = this.#waiting[0]; urb !== undefined; urb = this.#waiting[0]) {
      const slot = this.#usbfs.submit(urb.type, urb.endpoint, urb.flags, urb.length, urb.bytes);
      if (LATER.includes(slot) && this.#submitted.size > 0) break;
      this.#waiting.shift();
      urb.slot = slot;
      if (slot >= 0) this.#submitted.set(slot, urb);
      else this.#end(urb, slot === -Errno.ENODEV ? -Errno.ESHUTDOWN : slot);
    }
    this.#arm();
  }

  #arm(): void {
    const wanted = this.#submitted.size > 0 && this.#current === undefined;
    if (wanted === this.#armed) return;
    this.#armed = wanted;
    this.#watch?.change(wanted ? POLLOUT : 0);
  }

  #unwatch(): void {
    this.#watch?.end();
    this.#watch = undefined;
  }

  #end(urb: Urb, status: number): void {
    this.#kernel.clock.defer(() => urb.ended(status, 0));
  }

  /** The kernel closes it on a thread, because interfaces are given back then, which may take the device's answer. */
  #close(): Promise<void> {
    this.#closing ??= this.call('close').then(() => {
      this.#unwatch();
      this.#usbfs.close();
      this.#gone = true;
      for (const urb of [...this.#submitted.values(), ...this.#waiting.splice(0)]) {
        this.#end(urb, urb.unlinked !== 0 ? urb.unlinked : -Errno.ESHUTDOWN);
      }
      this.#submitted.clear();
      for (const { over } of this.#calls.splice(0)) over(-Errno.ENODEV);
      this.#onGone?.();
    });
    return this.#closing;
  }
}

/** Status of a URB. One that the kernel killed was cancelled by us or lost with its interface (usb_kill_urb). */
function endOf(urb: Urb, status: number): number {
  if (status !== -Errno.ENOENT && status !== -Errno.ECONNRESET) return status;
  return urb.unlinked !== 0 ? urb.unlinked : -Errno.ESHUTDOWN;
}
