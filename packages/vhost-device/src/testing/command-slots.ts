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

interface Pending {
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/** Commands that are under way, and the memory for their messages. */
export class CommandSlots {
  readonly #guest: Guest;
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  readonly #pending = new Map<number, Pending>();
  /** Wait for a slot. */
  readonly #waiting: Pending[] = [];
  #gone = false;

  constructor(guest: Guest) {
    this.#guest = guest;
    guest.onCall(COMMAND_QUEUE, () => this.#reap());
  }

  /** Resolves with what was read, or 0. @throws KernelError ECONNRESET the device has gone */
  async do(command: Command): Promise<number> {
    if (this.#free.length === 0 && !this.#gone)
      await new Promise<void>((done, failed) => {
        this.#waiting.push({ done, failed });
      });
    if (this.#gone) throw gone();
    const slot = this.#offer(command);
    await new Promise<void>((done, failed) => {
      this.#pending.set(slot, { done, failed });
    });
    return this.#take(slot, command);
  }

  /** Waits for the answer in a loop. */
  doNow(command: Command): number {
    if (this.#free.length === 0) throw new KernelError('ENOSPC', 'virtqueue cmd', 'await what was asked before.');
    const slot = this.#offer(command);
    while (!this.#reap(slot));
    return this.#take(slot, command);
  }

  /** The device has gone, and answers nothing any more. */
  fail(): void {
    this.#gone = true;
    for (const { failed } of [...this.#pending.values(), ...this.#waiting.splice(0)]) failed(gone());
    this.#pending.clear();
  }

  #offer({ operation, bar, offset, size, value }: Command): number {
    const slot = this.#free.pop()!;
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
    return slot;
  }

  /** Takes back what the device has done. @returns whether the command in `wanted` is among it */
  #reap(wanted?: number): boolean {
    const { ring } = this.#guest.queues[COMMAND_QUEUE]!;
    let found = false;
    for (let used = ring.reap(); used !== undefined; used = ring.reap()) {
      const slot = used.head / 2;
      found ||= slot === wanted;
      this.#pending.get(slot)?.done();
      this.#pending.delete(slot);
    }
    return found;
  }

  #take(slot: number, { size, operation }: Command): number {
    const at = QUEUES_END + slot * SLOT_BYTES + ANSWER_AT;
    this.#free.push(slot);
    this.#waiting.shift()?.done();
    const { view } = this.#guest;
    if (!isRead(operation)) return 0;
    return size === 4 ? view.getUint32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at);
  }
}

const isRead = (operation: number): boolean =>
  operation === Operation.MMIO_READ || operation === Operation.CONFIGURATION_READ;

const gone = (): KernelError =>
  new KernelError('ECONNRESET', 'virtqueue cmd', 'the connection is closed; onDisconnect of the device was told why.');
