import { isKernelError } from '@gadgetloom/core';
import type { Outcome } from '../scsi/command.ts';
import type { Medium } from '../scsi/logical-unit.ts';
import { attempt, flushMedium } from '../scsi/store-access.ts';
import { CheckCondition, Sense } from '../sense.ts';
import type { BulkPipes, PipeBuffer } from './pipes.ts';
import type { Task } from './task.ts';

/** A piece of data that the host will send. */
interface Incoming {
  readonly buffer: PipeBuffer;
  readonly length: number;
  readonly received: Promise<number>;
}

/** Errors of a transfer that leave the endpoint usable: the host sent what it should not, or the bus garbled it. */
const OF_ONE_TRANSFER = ['EOVERFLOW', 'EREMOTEIO', 'EPROTO', 'EILSEQ'];

/** Moves the data of one command between host and medium, several pieces at a time. */
export class DataStage {
  readonly #pipes: BulkPipes;
  readonly #task: Task;
  readonly #stall: boolean;
  /** Pieces that were asked for, in order. */
  readonly #incoming: Incoming[] = [];
  readonly #sends: Promise<void>[] = [];

  constructor(pipes: BulkPipes, task: Task, stall: boolean) {
    this.#pipes = pipes;
    this.#task = task;
    this.#stall = stall;
  }

  /** Moves it all, and ends the stage as the thirteen cases want (BOT, 6.7). @throws what the pipes reject with */
  async run(outcome: Outcome): Promise<void> {
    try {
      if (this.#task.wrapper.direction === 'in') await this.#toHost(outcome);
      else {
        await this.#fromHost(outcome);
        await this.#finishOut();
      }
    } catch (error) {
      // Buffers whose transfers fail are free already.
      for (const { buffer, received } of this.#incoming.splice(0))
        void received.then(
          () => this.#pipes.release(buffer),
          () => {},
        );
      throw error;
    }
  }

  async #toHost(outcome: Outcome): Promise<void> {
    if (outcome.kind === 'reply') await this.#sendBytes(outcome.bytes);
    else if (outcome.kind === 'read') await this.#sendBlocks(outcome.medium, outcome.at);
    else await this.#sendBytes(new Uint8Array(0));
    if (this.#task.residue === 0 || !this.#stall) return;
    // A halt has to wait until the host has the data.
    await Promise.all(this.#sends);
    await this.#pipes.halt('in', false);
  }

  /** The last piece ends with a short packet if the host wants more than there is. */
  #send(buffer: PipeBuffer, length: number, last: boolean): void {
    this.#task.residue -= length;
    const sent = this.#pipes.send(buffer, length, last && this.#task.residue > 0);
    sent.catch(() => {});
    this.#sends.push(sent);
  }

  async #sendBytes(bytes: Uint8Array): Promise<void> {
    let at = 0;
    do {
      const buffer = await this.#pipes.take();
      const piece = bytes.subarray(at, at + this.#pipes.bufferSize);
      buffer.bytes.set(piece);
      at += piece.length;
      this.#send(buffer, piece.length, at === bytes.length);
    } while (at < bytes.length);
  }

  async #sendBlocks({ store, blockSize, blocks }: Medium, at: number): Promise<void> {
    const task = this.#task;
    const unit = task.unit!;
    const end = blocks * blockSize;
    let left = task.size;
    let here = at;
    // An empty read answers with nothing, and still has to end the host's data stage.
    if (left === 0) await this.#sendBytes(new Uint8Array(0));
    while (left > 0) {
      const buffer = await this.#pipes.take();
      const length = Math.max(0, Math.min(left, this.#pipes.bufferSize, end - here));
      const failure =
        length === 0
          ? new CheckCondition(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, here / blockSize)
          : await attempt(unit, 'read', here / blockSize, () => store.read(here, buffer.bytes.subarray(0, length)));
      if (failure !== undefined) {
        task.fail(failure);
        this.#send(buffer, 0, true);
        return;
      }
      unit.events.read?.(unit.number, here, length);
      here += length;
      left -= length;
      this.#send(buffer, length, left === 0);
    }
  }

  async #fromHost(outcome: Outcome): Promise<void> {
    const unit = this.#task.unit!;
    if (outcome.kind === 'parameters') await this.#parameters(outcome.take);
    if (outcome.kind === 'write') {
      const { medium, at, stable } = outcome;
      const done = await this.#receiveBlocks(medium, at, async (here, bytes) => {
        await medium.store.write(here, bytes);
        unit.events.written?.(unit.number, here, bytes.length);
      });
      if (!stable || done === 0) return;
      const failure = await flushMedium(unit, medium);
      if (failure !== undefined && unit.sense === Sense.NONE) this.#task.fail(failure);
    }
    if (outcome.kind === 'compare') {
      const { store, blockSize } = outcome.medium;
      await this.#receiveBlocks(outcome.medium, outcome.at, async (here, bytes) => {
        const there = new Uint8Array(bytes.length);
        await store.read(here, there);
        const differs = there.findIndex((byte, index) => byte !== bytes[index]);
        if (differs >= 0) throw new CheckCondition(Sense.MISCOMPARE, Math.floor((here + differs) / blockSize));
      });
    }
  }

  /**
   * Receives the blocks of a command, and lets `consume` have them in order.
   *
   * @returns bytes consumed
   */
  async #receiveBlocks(
    medium: Medium,
    at: number,
    consume: (here: number, bytes: Uint8Array) => Promise<void>,
  ): Promise<number> {
    const task = this.#task;
    const { blockSize, blocks } = medium;
    const end = blocks * blockSize;
    let wanted = task.size;
    let requested = 0;
    let done = 0;
    for (;;) {
      while (requested < wanted && this.#incoming.length < this.#pipes.buffers) {
        if (at + requested >= end) {
          // The rest does not fit: what does is written, then the command fails (f_mass_storage.c, do_write).
          task.fail(new CheckCondition(Sense.LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE, (at + requested) / blockSize));
          wanted = requested;
          break;
        }
        requested += await this.#request(wanted - requested);
      }
      const piece = this.#incoming.shift();
      if (piece === undefined) return done;
      const here = at + done;
      const failure = await this.#consume(piece, blockSize, here, end, (bytes) => consume(here, bytes));
      if (failure instanceof CheckCondition) {
        task.fail(failure);
        return done;
      }
      done += failure;
      if (task.short) return done;
    }
  }

  /** @returns bytes consumed, or why not */
  async #consume(
    { buffer, length, received }: Incoming,
    blockSize: number,
    here: number,
    end: number,
    consume: (bytes: Uint8Array) => Promise<void>,
  ): Promise<number | CheckCondition> {
    const task = this.#task;
    const block = here / blockSize;
    const actual = await received.catch((error: unknown) => {
      if (isOfOneTransfer(error)) return undefined;
      throw error;
    });
    if (actual === undefined) return new CheckCondition(Sense.COMMUNICATION_FAILURE, block);
    try {
      task.short = actual < length;
      // An incomplete block is not written.
      const usable = Math.min(actual, length, end - here);
      const whole = usable - (usable % blockSize);
      if (whole === 0) return 0;
      const failure = await attempt(task.unit!, 'write', block, () => consume(buffer.bytes.subarray(0, whole)));
      if (failure !== undefined) return failure;
      task.residue -= whole;
      return whole;
    } finally {
      this.#pipes.release(buffer);
    }
  }

  async #parameters(take: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    const task = this.#task;
    const bytes = new Uint8Array(task.size);
    let at = 0;
    while (at < task.size && !task.short) {
      await this.#request(task.size - at);
      const { buffer, length, received } = this.#incoming.shift()!;
      const actual = Math.min(await received, length);
      task.short = actual < length;
      bytes.set(buffer.bytes.subarray(0, actual), at);
      at += actual;
      this.#pipes.release(buffer);
    }
    task.residue -= at;
    try {
      await take(bytes.subarray(0, at));
    } catch (error) {
      if (!(error instanceof CheckCondition)) throw error;
      task.fail(error);
    }
  }

  /** Asks for the next piece. @returns its bytes */
  async #request(wanted: number): Promise<number> {
    const length = Math.min(wanted, this.#pipes.bufferSize);
    const buffer = await this.#pipes.take();
    this.#task.unrequested -= length;
    const received = this.#pipes.receive(buffer, length);
    received.catch(() => {});
    this.#incoming.push({ buffer, length, received });
    return length;
  }

  /**
   * Throws away what the host still sends. Halting the endpoint instead would be a race: the controller may have taken all
   * packets already, and the host would not notice the halt (f_mass_storage.c, finish_reply).
   */
  async #finishOut(): Promise<void> {
    const task = this.#task;
    while (!task.short && (this.#incoming.length > 0 || task.unrequested > 0)) {
      if (this.#incoming.length < this.#pipes.buffers && task.unrequested > 0) {
        await this.#request(task.unrequested);
        continue;
      }
      const { buffer, length, received } = this.#incoming.shift()!;
      try {
        task.short = (await received) < length;
        this.#pipes.release(buffer);
      } catch (error) {
        if (!isOfOneTransfer(error)) throw error;
        task.short = true;
      }
    }
    if (this.#incoming.length === 0) return;
    // The host has ended early, and the next that it sends is a command.
    await this.#pipes.cancel();
    for (const { buffer, received } of this.#incoming.splice(0))
      await received.then(
        () => this.#pipes.release(buffer),
        () => {},
      );
  }
}

const isOfOneTransfer = (error: unknown): boolean => isKernelError(error) && OF_ONE_TRANSFER.includes(error.code);
