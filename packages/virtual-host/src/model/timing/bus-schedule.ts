import type { Clock } from '@gadgetloom/core';
import { isSuperSpeed, type UsbSpeed } from '@gadgetloom/udc';
import { type BusTimes, busTimes } from './bus-times.ts';

/** A user of the bus, which is a pipe with transfers. */
export interface BusUser {
  /** Frames between services; 0 if the user takes turns whenever the bus is free. */
  readonly interval: number;
  /** Longest time that one turn may take, in nanoseconds. */
  readonly longestTurn: number;
  /** Used by the schedule. */
  enlisted: boolean;
  /** Used by the schedule: the first frame of the next service. */
  nextFrame: number;
  /** Takes a turn. @returns the time of the turn on the wire, in nanoseconds; 0 if there is nothing to do */
  transact(): number;
  /** Called when the time of the turn is over. @returns whether the user wants another turn */
  settle(): boolean;
}

/**
 * Schedules a bus with timing. Periodic pipes are served once per service interval, at the start of a frame; the others
 * take turns of one packet or burst. Below SuperSpeed a turn begins only if it ends in the same frame. An idle bus sets no
 * timers.
 */
export class BusSchedule {
  readonly times: BusTimes;
  readonly #clock: Clock;
  readonly #users: BusUser[] = [];
  #busy = false;
  #moving: BusUser | undefined;

  constructor(clock: Clock, times: BusTimes) {
    this.#clock = clock;
    this.times = times;
  }

  /** The number of the current frame or microframe. */
  get frame(): number {
    return Math.floor(this.#clock.now() / this.times.frame);
  }

  /** Gives a user its turns until it wants no more. */
  enlist(user: BusUser): void {
    if (!user.enlisted) {
      user.enlisted = true;
      this.#users.push(user);
      if (user.interval > 0) user.nextFrame = Math.max(user.nextFrame, this.#serviceFrom(user, this.frame));
    }
    if (this.#busy) return;
    this.#busy = true;
    this.#clock.defer(this.#turn);
  }

  readonly #turn = (): void => {
    while (this.#users.length > 0) {
      const frame = this.frame;
      const user = this.#choose(frame);
      const pause = user === undefined ? this.#until(this.#nextService()) : this.#pauseBefore(user, frame);
      if (user === undefined || pause > 0) {
        this.#clock.setTimer(pause, this.#turn);
        return;
      }
      const time = user.transact();
      if (time > 0) {
        this.#moving = user;
        if (user.interval > 0) user.nextFrame = this.#serviceFrom(user, frame + 1);
        this.#clock.setTimer(time, this.#settle);
        return;
      }
      this.#drop(user);
    }
    this.#busy = false;
  };

  readonly #settle = (): void => {
    const user = this.#moving;
    this.#moving = undefined;
    if (user !== undefined) {
      this.#drop(user);
      // The user goes behind all others.
      if (user.settle() && !user.enlisted) {
        user.enlisted = true;
        this.#users.push(user);
      }
    }
    this.#turn();
  };

  /** The first periodic user that is due, otherwise the user that has waited longest. */
  #choose(frame: number): BusUser | undefined {
    let other: BusUser | undefined;
    for (const user of this.#users) {
      if (user.interval === 0) other ??= user;
      else if (user.nextFrame <= frame) return user;
    }
    return other;
  }

  #drop(user: BusUser): void {
    const at = this.#users.indexOf(user);
    if (at >= 0) this.#users.splice(at, 1);
    user.enlisted = false;
  }

  #nextService(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { nextFrame } of this.#users) first = Math.min(first, nextFrame);
    return first;
  }

  /** The first frame, not before `frame`, in which the user is served. */
  #serviceFrom(user: BusUser, frame: number): number {
    return Math.ceil(frame / user.interval) * user.interval;
  }

  /** How long a user waits although it is its turn, because the frame has just begun or is nearly over. */
  #pauseBefore({ longestTurn }: BusUser, frame: number): number {
    const { frame: length, frameOverhead, endsInFrame } = this.times;
    const passed = this.#clock.now() - frame * length;
    if (passed < frameOverhead) return frameOverhead - passed;
    // A turn that is longer than a frame continues into the next.
    return endsInFrame && longestTurn > length - passed && longestTurn <= length - frameOverhead ? length - passed : 0;
  }

  #until(frame: number): number {
    return frame * this.times.frame - this.#clock.now();
  }
}

/** The schedules of a bus: one for both directions below SuperSpeed, and one per direction from SuperSpeed on. */
export interface BusLanes {
  readonly in: BusSchedule;
  readonly out: BusSchedule;
}

/** @param speed the speed of the connection (USB 3.2, 3.1.4: SuperSpeed is dual-simplex) */
export function busLanes(clock: Clock, speed: UsbSpeed): BusLanes {
  const times = busTimes(speed);
  const lane = new BusSchedule(clock, times);
  return { in: lane, out: isSuperSpeed(speed) ? new BusSchedule(clock, times) : lane };
}
