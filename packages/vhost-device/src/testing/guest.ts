import { errnoCode, KernelError } from '@gadgetloom/core';
import type { Addon } from '@gadgetloom/linux-native';
import { closeDescriptors } from '../descriptors.ts';
import { QUEUE_NAMES } from '../pci/transaction.ts';
import { F_PROTOCOL_FEATURES, F_VERSION_1, PROTOCOL_F_BACKEND_REQ } from '../vhost-user/requests.ts';
import { DriverQueue } from './driver-queue.ts';
import { FrontEndChannel } from './front-end-channel.ts';

const QUEUE_SIZE = 256;
/** Where the guest has its memory, and where the front end has it. */
export const GUEST_BASE = 0x1000_0000;
export const USER_BASE = 0x5000_0000_0000;
/** Where the queues end, from the beginning of the memory. */
export const QUEUES_END = QUEUE_NAMES.length * DriverQueue.bytes(QUEUE_SIZE);

/** One queue, and the descriptors by which the two ends wake each other up. */
export interface GuestQueue {
  readonly ring: DriverQueue;
  readonly kick: number;
  readonly call: number;
}

/** What stands for a kernel that runs beside the device: memory in a file, two queues in it, and the front end's socket. */
export class Guest implements Disposable {
  readonly channel: FrontEndChannel;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Of the memory. */
  readonly file: number;
  /** By number. */
  readonly queues: readonly GuestQueue[];
  readonly #addon: Addon;
  readonly #mapping: readonly [ArrayBuffer, object];
  /** Whether its memory is gone. */
  disposed = false;

  /**
   * @param size of the memory, in bytes
   * @throws KernelError as connect(2), or there is no memory
   */
  constructor(addon: Addon, socket: string, size: number) {
    this.#addon = addon;
    this.channel = new FrontEndChannel(addon, socket);
    this.file = made(addon.memfd('guest', size, 0), 'memfd_create');
    const mapping = addon.mmap(this.file, size, 0);
    if (typeof mapping === 'number') throw new KernelError(errnoCode(-mapping), 'mmap');
    this.#mapping = mapping;
    this.bytes = new Uint8Array(mapping[0]);
    this.view = new DataView(mapping[0]);
    this.queues = QUEUE_NAMES.map((_, index) => ({
      ring: new DriverQueue(mapping[0], index * DriverQueue.bytes(QUEUE_SIZE), QUEUE_SIZE),
      kick: made(addon.eventfd(), 'eventfd'),
      call: made(addon.eventfd(), 'eventfd'),
    }));
  }

  /** Sets everything up, as virtio_uml does. @throws KernelError ECONNRESET the device has refused something */
  async setUp(): Promise<void> {
    await this.negotiate();
    this.shareMemory();
    for (const index of this.queues.keys()) this.setUpQueue(index);
    // Answered when all before it has been done.
    await this.channel.ask('GET_FEATURES');
  }

  /** The messages up to the features. */
  async negotiate(): Promise<void> {
    const { channel } = this;
    channel.send('SET_OWNER');
    await channel.ask('GET_FEATURES');
    await channel.ask('GET_PROTOCOL_FEATURES');
    channel.sendWords('SET_PROTOCOL_FEATURES', [Number(PROTOCOL_F_BACKEND_REQ)]);
    channel.send('SET_BACKEND_REQ_FD', undefined, [this.queues[0]!.call]);
    channel.sendWords('SET_FEATURES', [Number(F_PROTOCOL_FEATURES | F_VERSION_1)]);
  }

  /** SET_MEM_TABLE. */
  shareMemory(): void {
    this.channel.sendWords('SET_MEM_TABLE', [[1, 0], GUEST_BASE, this.bytes.length, USER_BASE, 0], [this.file]);
  }

  /** The messages about one queue. */
  setUpQueue(index: number): void {
    const { channel } = this;
    const { ring, kick, call } = this.queues[index]!;
    const { descriptors, used, available } = ring.offsets;
    channel.sendWords('SET_VRING_CALL', [index], [call]);
    channel.sendWords('SET_VRING_NUM', [[index, ring.size]]);
    channel.sendWords('SET_VRING_BASE', [[index, 0]]);
    const addresses = [descriptors, used, available].map((offset) => USER_BASE + offset);
    channel.sendWords('SET_VRING_ADDR', [[index, 0], ...addresses, 0]);
    channel.sendWords('SET_VRING_KICK', [index], [kick]);
    channel.sendWords('SET_VRING_ENABLE', [[index, 1]]);
  }

  /** Kicks the device, if it wants that. */
  kick(index: number): void {
    const { ring, kick } = this.queues[index]!;
    if (ring.wantsKicks) this.#addon.eventSignal(kick);
  }

  /** Calls back whenever the device calls the driver about a queue. */
  onCall(index: number, callback: () => void): void {
    const { call } = this.queues[index]!;
    this.channel.watch(call, () => {
      this.#addon.eventTake(call);
      callback();
    });
  }

  [Symbol.dispose](): void {
    if (this.disposed) return;
    this.disposed = true;
    this.channel[Symbol.dispose]();
    for (const descriptor of [this.file, ...this.queues.flatMap(({ kick, call }) => [kick, call])])
      closeDescriptors(descriptor);
    this.#addon.unmap(...this.#mapping);
  }
}

function made(descriptor: number, operation: string): number {
  if (descriptor < 0) throw new KernelError(errnoCode(-descriptor), operation);
  return descriptor;
}
