import { KernelError } from '@gadgetloom/core';
import type { AccessSize } from '../pci/pci-function.ts';
import { COMMAND_QUEUE, HEADER_BYTES, Operation } from '../pci/transaction.ts';
import { GUEST_BASE, type Guest, QUEUES_END } from './guest.ts';

/** A command takes two descriptors and this many bytes: the message, then the answer. */
const SLOT_BYTES = 64;
const ANSWER_AT = 32;
const ANSWER_BYTES = 8;
const SLOTS = 128;
/** Where the slots end, from the beginning of the memory. */
export const SLOTS_END = QUEUES_END + SLOTS * SLOT_BYTES;

/** A command to a device. */
export interface Command {
  readonly operation: number;
  readonly bar: number;
  readonly offset: number;
  readonly size: AccessSize;
  /** Of a write. */
  readonly value?: number;
}

interface Waiter<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: Error) => void;
}

/** Commands that are under way, and the memory for their messages. */
export class CommandSlots {
  readonly #guest: Guest;
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  /** By slot. */
  readonly #pending = new Map<number, Waiter<void>>();
  /** Commands without a slot yet, in their order. */
  readonly #waiting: Waiter<number>[] = [];
  #gone = false;

  constructor(guest: Guest) {
    this.#guest = guest;
    guest.onCall(COMMAND_QUEUE, () => this.#reap());
  }

  /** Resolves with what was read, or 0. @throws KernelError ECONNRESET the device has gone */
  async do(command: Command): Promise<number> {
    if (this.#gone || this.#guest.disposed) throw gone();
    const slot =
      this.#free.pop() ??
      (await new Promise<number>((done, failed) => {
        this.#waiting.push({ done, failed });
      }));
    this.#offer(slot, command);
    await new Promise<void>((done, failed) => {
      this.#pending.set(slot, { done, failed });
    });
    return this.#take(slot, command);
  }

  /** The device has gone, and answers nothing any more. */
  fail(): void {
    this.#gone = true;
    for (const { failed } of [...this.#pending.values(), ...this.#waiting]) failed(gone());
    this.#pending.clear();
    this.#waiting.length = 0;
  }

  #offer(slot: number, { operation, bar, offset, size, value }: Command): void {
    const at = QUEUES_END + slot * SLOT_BYTES;
    const { view } = this.#guest;
    view.setUint32(at, operation | (bar << 8), true);
    view.setUint32(at + 4, size, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setUint32(at + HEADER_BYTES, value ?? 0, true);
    const message = { address: GUEST_BASE + at, length: HEADER_BYTES + (value === undefined ? 0 : size) };
    const answer = { address: GUEST_BASE + at + ANSWER_AT, length: ANSWER_BYTES, writable: true };
    const { ring } = this.#guest.queues[COMMAND_QUEUE]!;
    ring.offer(2 * slot, isRead(operation) ? [message, answer] : [message]);
    this.#guest.kick(COMMAND_QUEUE);
  }

  /** Takes back what the device has done. */
  #reap(): void {
    const { ring } = this.#guest.queues[COMMAND_QUEUE]!;
    for (let used = ring.reap(); used !== undefined; used = ring.reap()) {
      const slot = used.head / 2;
      this.#pending.get(slot)?.done();
      this.#pending.delete(slot);
    }
  }

  /** The answer in a slot, which is free from now on. */
  #take(slot: number, { size, operation }: Command): number {
    const at = QUEUES_END + slot * SLOT_BYTES + ANSWER_AT;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next.done(slot);
    const { view } = this.#guest;
    if (!isRead(operation)) return 0;
    return size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
  }
}

const isRead = (operation: number): boolean =>
  operation === Operation.MMIO_READ || operation === Operation.CONFIGURATION_READ;

const gone = (): KernelError =>
  new KernelError('ECONNRESET', 'virtqueue cmd', 'the connection is closed; onDisconnect of the device was told why.');
