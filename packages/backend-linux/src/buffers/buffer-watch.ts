import { POLLOUT } from '@gadgetloom/core';
import { EPOLLONESHOT, type Readiness, type Watch, type Watcher } from '../kernel/readiness.ts';

/**
 * Transfers of a buffer that has rested until it is tried whether it still does, which costs two wake-ups: few after the
 * first rest, twice as many after each further one.
 */
const TRIED_AFTER = { first: 4, most: 64 } as const;

/**
 * How the descriptor of a buffer is watched:
 * - `off`: not at all, because nothing is under way.
 * - `level`: for every wake-up. As long as one transfer follows the other, that takes no further system call.
 * - `idle`: as `level`, and the last wake-up found nothing under way. The next one ends the watch.
 * - `once`: for one wake-up. The buffer rested between its last transfers.
 */
type WatchState = 'off' | 'level' | 'idle' | 'once';

/** Learns from a polled descriptor of a buffer when its transfers end, with as few system calls as possible. */
export class BufferWatch {
  readonly #readiness: Readiness;
  readonly #fd: number;
  readonly #watcher: Watcher;
  #state: WatchState = 'off';
  #watch: Watch | undefined;
  /** Transfers that are still to be watched for one wake-up each. */
  #rests = 0;
  #nextRests: number = TRIED_AFTER.first;
  /** The status of a sync file comes with the wake-ups. */
  #reports = false;

  constructor(readiness: Readiness, fd: number, watcher: Watcher) {
    this.#readiness = readiness;
    this.#fd = fd;
    this.#watcher = watcher;
  }

  /** True if the status of the transfer's sync file comes with the wake-ups. */
  get reports(): boolean {
    return this.#reports;
  }

  /** A transfer was queued. */
  began(): void {
    if (this.#state === 'off') this.goOn();
    else if (this.#state !== 'once') {
      this.#state = 'level';
      this.#nextRests = TRIED_AFTER.first;
    }
  }

  /** Asks for the status of a sync file with every wake-up. */
  report(syncFile: number): void {
    this.#reports = this.#watch?.report(syncFile) ?? false;
  }

  /** The sync file is about to be closed: it is asked for no more. */
  forget(): void {
    if (!this.#reports) return;
    this.#reports = false;
    this.#watch?.report(-1);
  }

  /** The descriptor was reported ready. */
  woken(): void {
    if (this.#state === 'once') this.#state = 'off';
  }

  /** A transfer is still under way after {@link woken}. */
  goOn(): void {
    if (this.#state !== 'off') return;
    this.#state = this.#rests > 0 ? 'once' : 'level';
    if (this.#state === 'once') this.#rests--;
    if (this.#watch === undefined) this.#watch = this.#readiness.watch(this.#fd, POLLOUT, this.#watcher);
    else this.#watch.change(this.#state === 'once' ? POLLOUT | EPOLLONESHOT : POLLOUT);
  }

  /** Nothing was under way after {@link woken}. */
  rested(): void {
    if (this.#state === 'level') this.#state = 'idle';
    else if (this.#state === 'idle') {
      this.#state = 'off';
      this.#rests = this.#nextRests;
      this.#nextRests = Math.min(2 * this.#nextRests, TRIED_AFTER.most);
      this.#watch?.change(0);
    }
  }

  end(): void {
    this.#watch?.end();
  }
}
