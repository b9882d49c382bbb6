import type { Clock } from '@gadgetloom/core';
import type { Addon, Poller } from '@gadgetloom/linux-native';
import { succeeded } from './kernel-call.ts';

/** Events of epoll(7) beyond those of poll(2). */
export const EPOLLPRI = 0x2;
export const EPOLLONESHOT = 1 << 30;
/** Add it: as a bit of a signed number it would be negative. */
export const EPOLLET = 2 ** 31;

/** Numbers in each report of the poller: token, events, status. */
const REPORT = 3;

/** Receives the events of a descriptor, from the event loop. */
export interface Watcher {
  /** @param status status of the sync file of {@link Watch.report}, read in the same wake-up; 0 if there is none */
  ready(events: number, status: number): void;
}

/** The watch of one descriptor. */
export interface Watch {
  /** Watches for other events from now on; 0 pauses the watch. */
  change(events: number): void;
  /**
   * Reads the status of this sync file at every wake-up and reports it with the events; -1 stops it. Callers must stop
   * it before they close the sync file.
   *
   * @returns false if this is not possible because too many descriptors are watched
   */
  report(syncFile: number): boolean;
  /** Ends the watch. Call it before closing the descriptor. A second call does nothing. */
  end(): void;
}

/**
 * Calls watchers when their descriptors are ready, from one epoll set. Keeps the process alive while any watch is
 * active.
 */
export class Readiness implements Disposable {
  readonly #poller: Poller;
  readonly #clock: Clock;
  readonly #ready: Int32Array;
  readonly #time: Float64Array;
  readonly #watchers: (Watcher | undefined)[] = [];
  readonly #free: number[] = [];
  /** Watchers of the current wake-up. */
  readonly #woken: (Watcher | undefined)[] = [];
  readonly #syncFiles: Int32Array;
  #alive = 0;
  /** Number of reports in the current wake-up; 0 between wake-ups. */
  #count = 0;

  constructor(addon: Addon, clock: Clock) {
    this.#clock = clock;
    this.#poller = new addon.Poller((count) => this.#wake(count));
    this.#poller.keepAlive(0);
    this.#ready = this.#poller.ready;
    this.#time = this.#poller.time;
    this.#syncFiles = this.#poller.syncFiles;
  }

  /**
   * Watches a descriptor that is not watched yet, level-triggered unless `events` has EPOLLONESHOT.
   *
   * @param quiet if true, the watch does not keep the process alive
   * @throws KernelError EPERM the file has no poll method; EBADF; ENOSPC
   */
  watch(fd: number, events: number, watcher: Watcher, quiet = false): Watch {
    const token = this.#free.pop() ?? this.#watchers.length;
    this.#watchers[token] = watcher;
    const result = this.#poller.add(fd, token, events);
    if (result < 0) {
      this.#watchers[token] = undefined;
      this.#free.push(token);
    }
    succeeded(result, 'epoll_ctl');
    return new WatchedDescriptor(this, this.#poller, fd, token, events, quiet);
  }

  /** Time of the current wake-up; between wake-ups, the present time. Nanoseconds of CLOCK_MONOTONIC. */
  get time(): number {
    return this.#count > 0 ? this.#time[0]! : Number(process.hrtime.bigint());
  }

  /** Counts the watches that keep the process alive. */
  count(change: number): void {
    const before = this.#alive;
    this.#alive += change;
    if (before === 0 && this.#alive > 0) this.#poller.keepAlive(1);
    else if (before > 0 && this.#alive === 0) this.#poller.keepAlive(0);
  }

  report(token: number, syncFile: number): boolean {
    if (token >= this.#syncFiles.length) return false;
    this.#syncFiles[token] = syncFile;
    return true;
  }

  forget(token: number): void {
    this.report(token, -1);
    this.#watchers[token] = undefined;
    this.#free.push(token);
  }

  [Symbol.dispose](): void {
    this.#poller.close();
  }

  #wake(count: number): void {
    this.#count = count;
    if (this.#clock.turn === undefined) this.#report();
    else this.#clock.turn(this.#report);
  }

  readonly #report = (): void => {
    try {
      if (this.#count > 1) this.#reportAll();
      else this.#watchers[this.#ready[0]!]?.ready(this.#ready[1]!, this.#ready[2]!);
    } finally {
      this.#count = 0;
    }
  };

  #reportAll(): void {
    const ready = this.#ready;
    const watchers = this.#watchers;
    const woken = this.#woken;
    let failure: { error: unknown } | undefined;
    // A watcher may end another one, which frees its token. Its report is dropped, so that no new owner of the token
    // gets it.
    for (let index = 0; index < this.#count; index++) woken[index] = watchers[ready[REPORT * index]!];
    for (let index = 0; index < this.#count; index++) {
      const at = REPORT * index;
      const watcher = woken[index];
      if (watcher === undefined || watchers[ready[at]!] !== watcher) continue;
      try {
        watcher.ready(ready[at + 1]!, ready[at + 2]!);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}

class WatchedDescriptor implements Watch {
  readonly #readiness: Readiness;
  readonly #poller: Poller;
  readonly #fd: number;
  readonly #token: number;
  readonly #quiet: boolean;
  #events: number;
  #ended = false;

  constructor(readiness: Readiness, poller: Poller, fd: number, token: number, events: number, quiet: boolean) {
    this.#readiness = readiness;
    this.#poller = poller;
    this.#fd = fd;
    this.#token = token;
    this.#events = events;
    this.#quiet = quiet;
    if (!quiet && events !== 0) readiness.count(1);
  }

  change(events: number): void {
    if (this.#ended) return;
    if (!this.#quiet && (events === 0) !== (this.#events === 0)) this.#readiness.count(events === 0 ? -1 : 1);
    this.#events = events;
    succeeded(this.#poller.change(this.#fd, this.#token, events), 'epoll_ctl');
  }

  report(syncFile: number): boolean {
    return !this.#ended && this.#readiness.report(this.#token, syncFile);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#quiet && this.#events !== 0) this.#readiness.count(-1);
    this.#poller.remove(this.#fd);
    this.#readiness.forget(this.#token);
  }
}
