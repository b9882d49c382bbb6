import { closeDescriptors } from '../descriptors.ts';
import type { MemoryTable } from '../memory/memory-table.ts';
import { violation } from '../violation.ts';
import { type QueueAddresses, Virtqueue } from '../virtqueue/virtqueue.ts';

/** Largest queue size. The format allows more. */
const LARGEST = 1024;

/** Watches kick descriptors. */
export interface KickWatch {
  /** @throws KernelError EPROTO it cannot be watched */
  watch(descriptor: number): void;
  /** Call it while the descriptor is open. */
  unwatch(descriptor: number): void;
}

/**
 * The front end's settings of a queue. It is in use once they are complete, it has a kick descriptor and is enabled.
 */
export class Vring implements Disposable {
  readonly name: string;
  /** The queue, while it is in use. */
  queue: Virtqueue | undefined;
  /** Wakes the device; -1 if there is none. */
  kick = -1;
  /** Wakes the driver; -1 if there is none. */
  call = -1;
  /** Tells the driver that the device has given up; -1 if there is none. */
  error = -1;
  readonly #table: MemoryTable;
  readonly #watch: KickWatch;
  #size = 0;
  #base = 0;
  #addresses: QueueAddresses | undefined;
  #enabled = false;

  constructor(name: string, table: MemoryTable, watch: KickWatch) {
    this.name = name;
    this.#table = table;
    this.#watch = watch;
  }

  /** @throws KernelError EPROTO it is in use, or the size cannot be */
  setSize(size: number): void {
    this.#expectIdle('SET_VRING_NUM');
    if (size < 1 || size > LARGEST || (size & (size - 1)) !== 0)
      throw violation('SET_VRING_NUM', `a queue has a power of two of descriptors up to ${LARGEST}, not ${size}`);
    this.#size = size;
  }

  /** @throws KernelError EPROTO it is in use */
  setBase(base: number): void {
    this.#expectIdle('SET_VRING_BASE');
    this.#base = base & 0xffff;
  }

  /** @throws KernelError EPROTO it is in use, has no size, or is not in the memory that is shared */
  setAddresses(addresses: QueueAddresses): void {
    this.#expectIdle('SET_VRING_ADDR');
    if (this.#size === 0) throw violation('SET_VRING_ADDR', `the size of the queue ${this.name} comes first`);
    this.#make(addresses);
    this.#addresses = addresses;
    this.#update();
  }

  /** Takes over the descriptor. @throws KernelError EPROTO it cannot be watched */
  setKick(descriptor: number): void {
    if (this.kick >= 0) {
      this.#watch.unwatch(this.kick);
      closeDescriptors(this.kick);
    }
    this.kick = descriptor;
    if (descriptor >= 0) this.#watch.watch(descriptor);
    this.#update();
  }

  /** The descriptor is the queue's from now on. @param descriptor -1: the driver is not to be called */
  setCall(descriptor: number): void {
    if (this.call >= 0) closeDescriptors(this.call);
    this.call = descriptor;
  }

  /** The descriptor is the queue's from now on. @param descriptor -1: nobody is to be told */
  setError(descriptor: number): void {
    if (this.error >= 0) closeDescriptors(this.error);
    this.error = descriptor;
  }

  /** Without the negotiated feature, the kick descriptor enables a queue. */
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#update();
  }

  /** Moves the queue to other shared memory. @throws KernelError EPROTO the queue is not in that memory */
  remap(): void {
    const base = this.queue?.base;
    if (base !== undefined) this.#base = base;
    this.queue = undefined;
    this.#update();
  }

  /** Stops the queue. @returns the position at which the next device must continue */
  stop(): number {
    if (this.queue !== undefined) this.#base = this.queue.base;
    this.queue = undefined;
    this.setKick(-1);
    return this.#base;
  }

  /** Resets all settings. */
  [Symbol.dispose](): void {
    this.setEnabled(false);
    this.setKick(-1);
    this.setCall(-1);
    this.setError(-1);
    this.#addresses = undefined;
    this.#size = 0;
  }

  #update(): void {
    const inUse = this.#enabled && this.kick >= 0 && this.#addresses !== undefined;
    if (!inUse && this.queue !== undefined) this.#base = this.queue.base;
    if (!inUse) this.queue = undefined;
    else this.queue ??= this.#make(this.#addresses!);
  }

  #make(addresses: QueueAddresses): Virtqueue {
    return new Virtqueue(this.name, this.#table, this.#size, this.#base, addresses);
  }

  #expectIdle(operation: string): void {
    if (this.queue !== undefined) throw violation(operation, `the queue ${this.name} is in use`);
  }
}
