import { POLLOUT } from '@gadgetloom/core';
import { EPOLLONESHOT, type Readiness, type Watch, type Watcher } from '../kernel/readiness.ts';

/**
 * Number of transfers of a resting buffer until the watch tries `level` again, which costs two wake-ups. It is small
 * after the first rest and doubles after each further one.
 */
const TRIED_AFTER = { first: 4, most: 64 } as const;

/**
 * Mode in which the descriptor of a buffer is watched:
 * - `off`: not watched, because nothing is under way.
 * - `level`: watched level-triggered. While one transfer follows another, this needs no further system call.
 * - `idle`: like `level`, but the last wake-up found nothing under way. The next such wake-up ends the watch.
 * - `once`: watched for one wake-up, because the buffer rested between its last transfers.
 */
type WatchState = 'off' | 'level' | 'idle' | 'once';

/** Polls a descriptor of a buffer to learn when its transfers end, with as few system calls as possible. */
export class BufferWatch {
  readonly #readiness: Readiness;
  readonly #fd: number;
  readonly #watcher: Watcher;
  #state: WatchState = 'off';
  #watch: Watch | undefined;
  /** Number of transfers still to be watched in mode `once`. */
  #rests = 0;
  #nextRests: number = TRIED_AFTER.first;
  /** True while wake-ups report the status of a sync file. */
  #reports = false;

  constructor(readiness: Readiness, fd: number, watcher: Watcher) {
    this.#readiness = readiness;
    this.#fd = fd;
    this.#watcher = watcher;
  }

  /** True if wake-ups report the status of the transfer's sync file. */
  get reports(): boolean {
    return this.#reports;
  }

  /** Called when a transfer was queued. */
  began(): void {
    if (this.#state === 'off') this.goOn();
    else if (this.#state !== 'once') {
      this.#state = 'level';
      this.#nextRests = TRIED_AFTER.first;
    }
  }

  /** Requests the status of a sync file with every wake-up. */
  report(syncFile: number): void {
    this.#reports = this.#watch?.report(syncFile) ?? false;
  }

  /** Stops the reports. Call it before closing the sync file. */
  forget(): void {
    if (!this.#reports) return;
    this.#reports = false;
    this.#watch?.report(-1);
  }

  /** Called when the descriptor is ready. */
  woken(): void {
    if (this.#state === 'once') this.#state = 'off';
  }

  /** Called after {@link woken} if a transfer is still under way. */
  goOn(): void {
    if (this.#state !== 'off') return;
    this.#state = this.#rests > 0 ? 'once' : 'level';
    if (this.#state === 'once') this.#rests--;
    if (this.#watch === undefined) this.#watch = this.#readiness.watch(this.#fd, POLLOUT, this.#watcher);
    else this.#watch.change(this.#state === 'once' ? POLLOUT | EPOLLONESHOT : POLLOUT);
  }

  /** Called after {@link woken} if nothing is under way. */
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
