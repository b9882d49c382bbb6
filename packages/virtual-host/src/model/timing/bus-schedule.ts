import type { Clock } from '@gadgetloom/core';
import { isSuperSpeed, type UsbSpeed } from '@gadgetloom/udc';
import { type BusTimes, busTimes } from './bus-times.ts';

/** Somebody who uses the bus: a pipe with transfers. */
export interface BusUser {
  /** Frames from one service to the next; 0 whenever the bus is free. */
  readonly interval: number;
  /** Longest time that one turn may take, in nanoseconds. */
  readonly longestTurn: number;
  /** The schedule's own. */
  enlisted: boolean;
  /** The schedule's own: first frame of the next service. */
  nextFrame: number;
  /** Takes its turn. @returns what it takes on the wire, in nanoseconds; 0 if there is nothing to do */
  transact(): number;
  /** That time is over. @returns whether it wants another turn */
  settle(): boolean;
}

/**
 * Who may use the bus when, on a bus that takes time: periodic pipes once per service interval, at the start of a frame;
 * the others in turns, one packet or burst each. Below SuperSpeed a turn is not begun unless it ends in its frame. A bus that nobody uses
 * costs nothing.
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

  /** Number of the frame or microframe of this moment. */
  get frame(): number {
    return Math.floor(this.#clock.now() / this.times.frame);
  }

  /** Gets a user its turns, for as long as it wants them. */
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
      // Behind all others.
      if (user.settle() && !user.enlisted) {
        user.enlisted = true;
        this.#users.push(user);
      }
    }
    this.#turn();
  };

  /** The first periodic user that is due, else the one that has waited longest. */
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

  /** The first frame from `frame` on in which the user is served. */
  #serviceFrom(user: BusUser, frame: number): number {
    return Math.ceil(frame / user.interval) * user.interval;
  }

  /** How long the user has to wait although it is its turn: the frame has just begun, or is nearly over. */
  #pauseBefore({ longestTurn }: BusUser, frame: number): number {
    const { frame: length, frameOverhead, endsInFrame } = this.times;
    const passed = this.#clock.now() - frame * length;
    if (passed < frameOverhead) return frameOverhead - passed;
    // What fits into no frame at all goes on into the next.
    return endsInFrame && longestTurn > length - passed && longestTurn <= length - frameOverhead ? length - passed : 0;
  }

  #until(frame: number): number {
    return frame * this.times.frame - this.#clock.now();
  }
}

/** The schedules of a bus: one below SuperSpeed, where everybody shares the wires; one per direction from there on. */
export interface BusLanes {
  readonly in: BusSchedule;
  readonly out: BusSchedule;
}

/** @param speed of the connection (USB 3.2, 3.1.4: SuperSpeed is dual-simplex) */
export function busLanes(clock: Clock, speed: UsbSpeed): BusLanes {
  const times = busTimes(speed);
  const lane = new BusSchedule(clock, times);
  return { in: lane, out: isSuperSpeed(speed) ? new BusSchedule(clock, times) : lane };
}
