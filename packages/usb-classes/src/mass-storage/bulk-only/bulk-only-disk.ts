import { isKernelError, KernelError } from '@gadgetloom/core';
import type { LogicalUnit } from '../scsi/logical-unit.ts';
import type { Personality } from '../scsi/personality.ts';
import { Sense } from '../sense.ts';
import { DataStage } from './data-stage.ts';
import type { BulkPipes, PipeBuffer } from './pipes.ts';
import { Task } from './task.ts';
import { decodeCommand, encodeStatus } from './wrappers.ts';

/** Requests of the class (BOT, 3). */
export const BulkOnlyRequest = { RESET: 0xff, GET_MAX_LUN: 0xfe } as const;

/** Errors of a transfer that carries no command: the next one may. More of them in a row are a broken endpoint. */
const TOLERATED = ['EOVERFLOW', 'EREMOTEIO', 'EPROTO', 'EILSEQ', 'EPIPE', 'ECONNRESET'];
const MOST_FAILURES = 16;

/** What a {@link BulkOnlyDisk} is made of. */
export interface BulkOnlyOptions {
  /** One to sixteen, by their numbers. */
  readonly units: readonly LogicalUnit[];
  readonly personality: Personality;
  /** May halt its endpoints. Without it, a data stage that is too long for the command ends with a short packet only. */
  readonly stall: boolean;
}

/**
 * The Bulk-Only Transport of USB mass storage: takes commands from one pipe, and answers them on the other.
 * Source: Universal Serial Bus Mass Storage Class, Bulk-Only Transport 1.0; f_mass_storage.c.
 */
export class BulkOnlyDisk {
  readonly units: readonly LogicalUnit[];
  stall: boolean;
  readonly #byNumber: ReadonlyMap<number, LogicalUnit>;
  readonly #personality: Personality;
  #session: Session | undefined = undefined;

  constructor({ units, personality, stall }: BulkOnlyOptions) {
    this.units = units;
    this.stall = stall;
    this.#byNumber = new Map(units.map((unit) => [unit.number, unit]));
    this.#personality = personality;
  }

  /** Answer to Get Max LUN: the highest number of a unit. */
  get highestUnit(): number {
    return Math.max(...this.#byNumber.keys());
  }

  /**
   * Serves the host while the endpoints are enabled. Begins anew with every configuration.
   *
   * @returns why it ended: what the pipes have rejected with
   */
  async serve(pipes: BulkPipes): Promise<unknown> {
    for (const unit of this.units) {
      unit.reset();
      unit.attention = Sense.RESET_OCCURRED;
    }
    const session = new Session(pipes, this.units, (wrapper) => new Task(wrapper, this.#byNumber, this.#personality));
    this.#session = session;
    try {
      return await session.run(() => this.stall);
    } finally {
      if (this.#session === session) this.#session = undefined;
      session.end();
      for (const unit of this.units) unit.reset();
    }
  }

  /**
   * Bulk-Only Mass Storage Reset: gives up the present command and gets ready for the next.
   *
   * @returns when the endpoints hold nothing of the old command; the status stage of the request waits for that
   */
  async reset(): Promise<void> {
    await this.#session?.reset();
  }

  /** Waits until no command is being done: a medium that was taken out is no longer used then. */
  async idle(): Promise<void> {
    await this.#session?.present;
  }
}

/** The time between enabling the endpoints and disabling them. */
class Session {
  readonly #pipes: BulkPipes;
  readonly #units: readonly LogicalUnit[];
  readonly #makeTask: (wrapper: ConstructorParameters<typeof Task>[0]) => Task;
  /** The last status, which the host may not have fetched yet. */
  #status: Promise<void> = Promise.resolve();
  /** After a wrapper that was none, nothing is a command until a reset (BOT, 6.6.1). */
  #ignoring = false;
  #resets: (() => void)[] = [];
  /** The command that is being done. */
  present: Promise<unknown> = Promise.resolve();

  constructor(
    pipes: BulkPipes,
    units: readonly LogicalUnit[],
    makeTask: (wrapper: ConstructorParameters<typeof Task>[0]) => Task,
  ) {
    this.#pipes = new ResettablePipes(pipes, () => this.#resets.length > 0);
    this.#units = units;
    this.#makeTask = makeTask;
  }

  async run(stall: () => boolean): Promise<unknown> {
    let failures = 0;
    for (;;) {
      try {
        await this.#next(stall());
        failures = 0;
      } catch (error) {
        if (!isKernelError(error)) throw error;
        if (this.#resets.length > 0) {
          const why = await this.#recover();
          if (why !== undefined) return why;
        } else if (!TOLERATED.includes(error.code) || ++failures >= MOST_FAILURES) return error;
      }
    }
  }

  reset(): Promise<void> {
    return new Promise((resolve) => {
      this.#resets.push(resolve);
      // Whatever waits for a transfer fails, and the loop finds the reset. It also does if cancelling itself fails.
      this.#pipes.cancel().catch(() => {});
    });
  }

  /** Ends the session: pending resets count as done. */
  end(): void {
    for (const done of this.#resets.splice(0)) done();
  }

  /** One command, or one transfer that is none. */
  async #next(stall: boolean): Promise<void> {
    const wrapper = decodeCommand(await this.#pipes.receiveSmall());
    if (this.#ignoring) return;
    if (wrapper === 'invalid') {
      this.#ignoring = true;
      await this.#statusTaken();
      await this.#pipes.halt('in', true);
      return;
    }
    if (wrapper === 'meaningless') {
      if (!stall) return;
      await this.#statusTaken();
      await this.#pipes.halt('out', false);
      await this.#pipes.halt('in', false);
      return;
    }
    const command = this.#do(this.#makeTask(wrapper), stall);
    this.present = command.catch(() => {});
    await command;
  }

  async #do(task: Task, stall: boolean): Promise<void> {
    await new DataStage(this.#pipes, task, stall).run(await task.begin());
    await this.#answer(task);
  }

  async #answer(task: Task): Promise<void> {
    // A host that fetches no status gets no second one: it cannot fill the memory.
    await this.#statusTaken();
    const { tag } = task.wrapper;
    this.#status = this.#pipes.sendSmall(encodeStatus({ tag, residue: task.residue, status: task.status }));
    this.#status.catch(() => {});
  }

  /** The host has fetched the last status, or never will. Should the endpoints be gone, the next transfer tells. */
  async #statusTaken(): Promise<void> {
    await this.#status.catch(() => {});
  }

  /** @returns why it could not */
  async #recover(): Promise<unknown> {
    const resets = this.#resets.splice(0);
    try {
      await this.#pipes.cancel();
      for (const unit of this.#units) unit.reset();
      this.#status = Promise.resolve();
      if (this.#ignoring) await this.#pipes.clearHalts();
      this.#ignoring = false;
      return undefined;
    } catch (error) {
      return error;
    } finally {
      for (const done of resets) done();
    }
  }
}

/** Pipes on which nothing begins while a reset waits. */
class ResettablePipes implements BulkPipes {
  readonly #pipes: BulkPipes;
  readonly #resetting: () => boolean;

  constructor(pipes: BulkPipes, resetting: () => boolean) {
    this.#pipes = pipes;
    this.#resetting = resetting;
  }

  get bufferSize(): number {
    return this.#pipes.bufferSize;
  }

  get buffers(): number {
    return this.#pipes.buffers;
  }

  async take(): Promise<PipeBuffer> {
    this.#check();
    return this.#pipes.take();
  }

  release(buffer: PipeBuffer): void {
    this.#pipes.release(buffer);
  }

  async send(buffer: PipeBuffer, length: number, zero: boolean): Promise<void> {
    this.#check(buffer);
    await this.#pipes.send(buffer, length, zero);
  }

  async receive(buffer: PipeBuffer, length: number): Promise<number> {
    this.#check(buffer);
    return this.#pipes.receive(buffer, length);
  }

  async sendSmall(bytes: Uint8Array): Promise<void> {
    this.#check();
    await this.#pipes.sendSmall(bytes);
  }

  async receiveSmall(): Promise<Uint8Array> {
    this.#check();
    return this.#pipes.receiveSmall();
  }

  async halt(direction: 'in' | 'out', wedge: boolean): Promise<void> {
    this.#check();
    await this.#pipes.halt(direction, wedge);
  }

  clearHalts(): Promise<void> {
    return this.#pipes.clearHalts();
  }

  cancel(): Promise<void> {
    return this.#pipes.cancel();
  }

  /** @throws KernelError ECONNRESET; the buffer of the transfer is free then */
  #check(buffer?: PipeBuffer): void {
    if (!this.#resetting()) return;
    if (buffer !== undefined) this.#pipes.release(buffer);
    throw new KernelError('ECONNRESET', 'transfer', 'the host has reset the protocol.');
  }
}
