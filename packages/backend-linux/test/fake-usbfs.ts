import { Errno, VirtualClock } from '@gadgetloom/core';
import { USBFS_REQUESTS, type Usbfs, type UsbfsRequest } from '@gadgetloom/linux-native';
import type { LinuxKernel } from '../src/kernel/linux-kernel.ts';
import type { Watcher } from '../src/kernel/readiness.ts';

interface FakeUrb {
  readonly type: number;
  readonly endpoint: number;
  readonly length: number;
  readonly bytes: Uint8Array | undefined;
  arrived: Uint8Array;
}

/** A device of usbfs whose other end is the test. */
export class FakeUsbfs implements Usbfs {
  readonly done: Int32Array = new Int32Array(192);
  /** Every call that reached the kernel. */
  readonly log: string[] = [];
  readonly urbs = new Map<number, FakeUrb>();
  /** What `begin` answers, other than 0. */
  readonly results = new Map<UsbfsRequest, number>();
  /** Transfers that fit into its memory. */
  room = 64;
  /** Calls wait for {@link finish} while it is set. */
  slow = false;
  gone = false;
  readonly #callback: (result: number) => void;
  #completed: [slot: number, status: number, actual: number][] = [];
  #working: UsbfsRequest | undefined;

  constructor(callback: (result: number) => void) {
    this.#callback = callback;
  }

  begin(request: number, first: number, second: number): number {
    if (this.#working !== undefined) return -Errno.EBUSY;
    const name = USBFS_REQUESTS[request]!;
    this.log.push([name, first, second].filter((word) => word !== 0).join(' '));
    this.#working = name;
    if (!this.slow) queueMicrotask(() => this.finish());
    return 0;
  }

  /** The call that was begun is over. */
  finish(): void {
    const name = this.#working!;
    this.#working = undefined;
    this.#callback(this.results.get(name) ?? 0);
  }

  submit(type: number, endpoint: number, flags: number, length: number, bytes?: Uint8Array): number {
    if (this.#working !== undefined) throw new Error('a transfer is submitted while a call is under way');
    if (this.gone) return -Errno.ENODEV;
    if (this.urbs.size >= this.room) return -Errno.ENOMEM;
    let slot = 0;
    while (this.urbs.has(slot)) slot++;
    this.urbs.set(slot, { type, endpoint, length, bytes: bytes?.slice(), arrived: new Uint8Array() });
    this.log.push(`submit ${endpoint.toString(16)} ${length}${flags === 0 ? '' : ` ${flags}`}`);
    return slot;
  }

  /** A transfer ends. */
  complete(slot: number, status: number, arrived: Uint8Array | number = 0): void {
    const urb = this.urbs.get(slot)!;
    if (typeof arrived !== 'number') urb.arrived = arrived;
    this.#completed.push([slot, status, typeof arrived === 'number' ? arrived : arrived.length]);
  }

  reap(): number {
    if (this.#working !== undefined) throw new Error('it is reaped while a call is under way');
    const count = this.#completed.length;
    this.#completed.splice(0).forEach((triple, index) => {
      this.done.set(triple, 3 * index);
    });
    return count === 0 && this.gone ? -Errno.ENODEV : count;
  }

  take(slot: number, offset: number, into?: Uint8Array): number {
    const { arrived, type } = this.urbs.get(slot)!;
    into?.set(type === 2 ? arrived.subarray(offset - 8) : arrived.subarray(offset));
    this.urbs.delete(slot);
    return 0;
  }

  discard(slot: number): number {
    if (this.#working !== undefined) throw new Error('a transfer is discarded while a call is under way');
    this.log.push(`discard ${slot}`);
    this.complete(slot, -Errno.ENOENT);
    return 0;
  }

  close(): void {
    this.log.push('end');
  }
}

/** A kernel that has the one device, and a loop that the test turns. */
export function fakeUsbKernel() {
  const clock = new VirtualClock();
  const devices: FakeUsbfs[] = [];
  const watches: { watcher: Watcher; events: number }[] = [];
  class Device extends FakeUsbfs {
    constructor(callback: (result: number) => void) {
      super(callback);
      devices.push(this);
    }
  }
  const readiness = {
    watch(_fd: number, events: number, watcher: Watcher) {
      const watch = { watcher, events };
      watches.push(watch);
      return {
        change: (now: number): void => {
          watch.events = now;
        },
        end: () => void watches.splice(watches.indexOf(watch), 1),
      };
    },
  };
  const kernel = { clock, readiness, trace: undefined, addon: { Usbfs: Device } } as unknown as LinuxKernel;
  /** Tells whoever watches. */
  const wake = (events: number): void => {
    for (const { watcher } of [...watches]) watcher.ready(events, 0);
  };
  return { kernel, clock, devices, watches, wake };
}
