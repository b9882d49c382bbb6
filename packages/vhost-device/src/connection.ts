import { errnoCode } from '@gadgetloom/core';
import type { Addon, Poller } from '@gadgetloom/linux-native';
import { Attention, type Vigilance, type Work } from './attention.ts';
import { closeDescriptors } from './descriptors.ts';
import type { DeviceCounts } from './device-statistics.ts';
import { GuestMemory } from './memory/guest-memory.ts';
import { MemoryTable } from './memory/memory-table.ts';
import { Commands } from './pci/commands.ts';
import { ConfigSpace } from './pci/config-space.ts';
import { Interrupts } from './pci/interrupts.ts';
import type { PciFunction, PciSlot } from './pci/pci-function.ts';
import { QUEUE_NAMES } from './pci/transaction.ts';
import type { Report } from './report.ts';
import { FrontEnd } from './vhost-user/front-end.ts';
import { type KickWatch, Vring } from './vhost-user/vring.ts';
import { violation } from './violation.ts';

/** Commands per batch. After a batch, the work that they caused in the function gets its turn. */
const BATCH = 32;
/** Most commands before the driver is called. It is called sooner when no command is left. */
const UNTOLD = 64;
const EPOLLIN = 1;
const EAGAIN = -11;
const EPIPE = -32;
const SOCKET_TOKEN = 0;
const KICK_TOKEN = 1;

/** Surroundings of a connection. */
export interface ConnectionOptions {
  readonly addon: Addon;
  /** The socket. The connection owns it. */
  readonly socket: number;
  readonly create: (slot: PciSlot) => PciFunction;
  readonly counts: DeviceCounts;
  readonly report: Report;
  readonly vigilance: Vigilance;
  /** Called when the connection ends, with the error that ended it, if any. */
  readonly ended: (error: unknown) => void;
}

/** The connection of one front end to one function, until either ends it. */
export class Connection implements Work, KickWatch {
  readonly #options: ConnectionOptions;
  readonly #poller: Poller;
  readonly #frontEnd: FrontEnd;
  readonly #commandRing: Vring;
  readonly #interruptRing: Vring;
  readonly #config = new ConfigSpace();
  readonly #memory: GuestMemory;
  readonly #interrupts: Interrupts;
  readonly #attention: Attention;
  #function: PciFunction | undefined;
  #commands: Commands | undefined;
  /** Commands done since the driver was called. */
  #untold = 0;
  #serving = false;
  #over: { readonly error: unknown } | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { addon, socket, counts, report, vigilance } = options;
    const table = new MemoryTable();
    const rings = QUEUE_NAMES.map((name) => new Vring(name, table, this));
    [this.#commandRing, this.#interruptRing] = rings as [Vring, Vring];
    this.#frontEnd = new FrontEnd({ addon, socket, table, rings, report, changed: () => this.#ringsChanged() });
    this.#interrupts = new Interrupts(this.#config, counts, report, {
      sent: () => this.#call(this.#interruptRing),
      failed: (error) => this.end(error),
    });
    this.#attention = new Attention(this, vigilance);
    this.#poller = new addon.Poller((count) => this.#woken(count));
    this.#memory = new GuestMemory(table, () => this.#config.busMaster);
  }

  /** Creates the function and reads from the front end. */
  start(): void {
    const { create, counts, report, socket } = this.#options;
    this.#guard(() => {
      const made = create({ memory: this.#memory, interrupt: this.#interrupts });
      // The program may have closed the connection by now.
      if (this.#over !== undefined) return made.removed?.();
      this.#function = made;
      this.#config.describe(made.configuration);
      this.#commands = new Commands(made.configuration.bars, this.#config, this.#interrupts, counts, report);
      this.#poller.add(socket, SOCKET_TOKEN, EPOLLIN);
    });
  }

  /** Lets go of the front end and the function. Ending twice is harmless. @param error what is to blame for it */
  end(error: unknown): void {
    if (this.#over !== undefined) return;
    this.#over = { error };
    this.#attention.stop();
    // The queue in service is in memory that is about to be unmapped.
    if (!this.#serving) this.#close();
  }

  begin(): void {
    this.#setKicks(false);
  }

  serve(): boolean {
    let served = false;
    this.#serving = true;
    try {
      served = this.#serve();
    } catch (error) {
      this.end(error);
    }
    this.#serving = false;
    if (this.#over !== undefined) this.#close();
    return served;
  }

  pause(): void {
    if (this.#untold > 0) this.#tell();
  }

  rest(): boolean {
    this.#setKicks(true);
    const commands = this.#commandRing.queue;
    const interrupts = this.#interruptRing.queue;
    const missed =
      (commands !== undefined && commands.offered !== commands.base) ||
      (interrupts !== undefined && this.#interrupts.waitsFor(interrupts.offered));
    if (missed) this.#setKicks(false);
    return missed;
  }

  watch(descriptor: number): void {
    const added = this.#poller.add(descriptor, KICK_TOKEN + descriptor, EPOLLIN);
    if (added < 0) throw violation('SET_VRING_KICK', `the kick descriptor cannot be watched: ${errnoCode(-added)}`);
  }

  unwatch(descriptor: number): void {
    this.#poller.remove(descriptor);
  }

  #serve(): boolean {
    const commands = this.#commandRing.queue;
    const interrupts = this.#interruptRing.queue;
    // Accesses that the driver made before it provided a buffer come before the buffer.
    const provided = interrupts === undefined ? 0 : interrupts.offered;
    let done = 0;
    while (done < BATCH && commands?.take() === true) {
      const written = this.#commands!.execute(commands);
      if (this.#over !== undefined) return true;
      commands.put(written);
      done++;
    }
    this.#untold += done;
    if (this.#untold >= UNTOLD) this.#tell();
    if (done < BATCH) this.#interrupts.provided(provided);
    return done > 0;
  }

  #tell(): void {
    this.#untold = 0;
    this.#call(this.#commandRing);
  }

  #call({ call, queue, name }: Vring): void {
    if (call < 0 || queue?.wantsCalls !== true) return;
    const { addon, counts } = this.#options;
    counts.calls++;
    const signalled = addon.eventSignal(call);
    // EAGAIN: earlier calls are still pending. EPIPE: the driver has closed its end, which its socket reports.
    if (signalled < 0 && signalled !== EAGAIN && signalled !== EPIPE)
      this.end(violation('SET_VRING_CALL', `the driver cannot be called on ${name}: ${errnoCode(-signalled)}`));
  }

  #setKicks(wanted: boolean): void {
    for (const { queue } of [this.#commandRing, this.#interruptRing]) if (queue !== undefined) queue.kicks = wanted;
  }

  #ringsChanged(): void {
    this.#interrupts.queue = this.#interruptRing.queue;
    if (this.#commandRing.queue === undefined) return;
    // It may hold chains from the beginning.
    this.#attention.wake();
  }

  #woken(count: number): void {
    const { ready } = this.#poller;
    for (let report = 0; report < count && this.#over === undefined; report++) {
      const token = ready[3 * report]!;
      this.#guard(() => {
        if (token === SOCKET_TOKEN) this.#receive();
        else this.#kicked(token - KICK_TOKEN);
      });
    }
  }

  #receive(): void {
    if (!this.#frontEnd.receive()) this.end(undefined);
  }

  #kicked(descriptor: number): void {
    // A message handled a moment ago may have removed it.
    if (descriptor !== this.#commandRing.kick && descriptor !== this.#interruptRing.kick) return;
    const taken = this.#options.addon.eventTake(descriptor);
    if (taken < 0 && taken !== EAGAIN)
      throw violation('SET_VRING_KICK', `the kick descriptor cannot be read: ${errnoCode(-taken)}`);
    this.#options.counts.kicks++;
    this.#attention.wake();
  }

  /** Any error ends the connection and nothing else. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.end(error);
    }
  }

  #close(): void {
    let { error } = this.#over!;
    if (error !== undefined) this.#tellError();
    this.#poller.close();
    this.#interrupts.queue = undefined;
    for (const ring of [this.#commandRing, this.#interruptRing]) ring[Symbol.dispose]();
    this.#frontEnd[Symbol.dispose]();
    closeDescriptors(this.#options.socket);
    try {
      this.#function?.removed?.();
    } catch (failure) {
      error ??= failure;
    }
    this.#options.ended(error);
  }

  #tellError(): void {
    for (const { error } of [this.#commandRing, this.#interruptRing])
      if (error >= 0) this.#options.addon.eventSignal(error);
  }
}
