import { type Clock, Errno, type ErrnoCode, SECOND, type Timer, type TraceSink } from '@gadgetloom/core';
import { type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { Handshake } from '@gadgetloom/udc/bus';
import { HostTransfer } from '../host-transfer.ts';
import type { Cable } from './cable.ts';
import type { PipeContext } from './host-pipe.ts';
import type { BusSchedule, BusUser } from './timing/bus-schedule.ts';
import { transferTime } from './timing/bus-times.ts';

/** How long the host waits for a standard request, in nanoseconds (USB_CTRL_GET_TIMEOUT, USB_CTRL_SET_TIMEOUT). */
export const CONTROL_TIMEOUT = 5 * SECOND;

const inProgress = -Errno.EINPROGRESS;
const nothing = new Uint8Array();
/** Bytes of a SETUP packet. */
const SETUP_SIZE = 8;

/** A control transfer that was started. */
export class ControlTransfer {
  readonly setup: SetupPacket;
  /** The data stage: its bytes, and how many of them have moved. */
  readonly stage: HostTransfer;
  /** Bytes that moved in the data stage, or a negative errno; see {@link ControlPipe.start}. */
  readonly done: Promise<number>;
  /** Used by the pipe: -EINPROGRESS, or the result. */
  status: number = inProgress;
  /** Used by the pipe. */
  timer: Timer | undefined = undefined;
  readonly #settle: (result: number) => void;
  readonly #cancel: (transfer: ControlTransfer) => void;

  constructor(setup: SetupPacket, data: Uint8Array, cancel: (transfer: ControlTransfer) => void) {
    this.setup = setup;
    this.stage = new HostTransfer(data, () => {}, setup.length);
    this.#cancel = cancel;
    let settle: (result: number) => void = () => {};
    this.done = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
  }

  /** Ends the transfer with ECONNRESET. Does nothing once it has ended. */
  cancel(): void {
    this.#cancel(this);
  }

  /** Used by the pipe. */
  settle(): void {
    this.timer?.cancel();
    this.#settle(this.status < 0 ? this.status : this.stage.actual);
  }
}

/**
 * The default control pipe. It runs one transfer after the other, each with SETUP, DATA and STATUS stages. As in the
 * kernel, a failure is a negative errno, and the caller decides what it means.
 */
export class ControlPipe implements BusUser {
  /** Bytes of a packet. The host guesses them until it has read the device descriptor. */
  maxPacketSize = 64;
  readonly interval = 0;
  /** Longest time of one stage on the wire, in nanoseconds; 0 on a bus without timing. */
  readonly longestTurn: number;
  /** Used by the schedule. */
  enlisted = false;
  /** Used by the schedule. */
  nextFrame = 0;
  readonly #schedule: BusSchedule | undefined;
  readonly #cable: Cable;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #status = new HostTransfer(nothing, () => {});
  readonly #queue: ControlTransfer[] = [];
  #refusal: ErrnoCode | undefined;
  #stage: 'setup' | 'data' | 'status' = 'setup';
  #moving: ControlTransfer | undefined;
  #scheduled = false;
  #parked = false;
  #woken = false;
  #answer: Handshake = Handshake.NAK;

  constructor(context: PipeContext) {
    this.#cable = context.cable;
    this.#clock = context.clock;
    this.#trace = context.trace;
    this.#schedule = context.lanes?.out;
    this.longestTurn = this.#schedule === undefined ? 0 : transferTime(this.#schedule.times, 'control', 64, 64);
  }

  /**
   * Starts a control transfer. It ends with the number of bytes moved, or with a negative errno: -EPIPE stalled, -EPROTO
   * no answer, -EOVERFLOW babble, -ETIMEDOUT, -ECONNRESET cancelled, -ESHUTDOWN the device was reset or went away
   * meanwhile, -ENODEV it was gone before, -EHOSTUNREACH it is suspended.
   *
   * @param data `setup.length` bytes, which an IN transfer fills and an OUT transfer sends
   * @param timeout nanoseconds, 0: none
   */
  start(setup: SetupPacket, data: Uint8Array = nothing, timeout = CONTROL_TIMEOUT): ControlTransfer {
    const transfer = new ControlTransfer(setup, data, (it) => this.#unlink(it, -Errno.ECONNRESET));
    if (this.#refusal !== undefined) {
      transfer.status = -Errno[this.#refusal];
      transfer.settle();
      return transfer;
    }
    this.#queue.push(transfer);
    if (timeout > 0) transfer.timer = this.#clock.setTimer(timeout, () => this.#unlink(transfer, -Errno.ETIMEDOUT));
    this.#plan();
    return transfer;
  }

  /** Starts a transfer as {@link start} does, and waits for its end. */
  message(setup: SetupPacket, data?: Uint8Array, timeout?: number): Promise<number> {
    return this.start(setup, data, timeout).done;
  }

  /** Takes transfers again. */
  open(): void {
    this.#refusal = undefined;
  }

  /** Ends all transfers with ESHUTDOWN and refuses later ones. */
  close(refusal: ErrnoCode): void {
    this.#refusal = refusal;
    this.flush();
  }

  /** Ends all transfers with ESHUTDOWN (usb_ep0_reinit). */
  flush(): void {
    for (const transfer of [...this.#queue]) this.#unlink(transfer, -Errno.ESHUTDOWN);
  }

  /** Asks the device again: it may no longer answer NAK. */
  wake(): void {
    this.#woken = true;
    this.#parked = false;
    this.#plan();
  }

  #plan(): void {
    if (this.#scheduled || this.#parked || this.#queue.length === 0) return;
    this.#scheduled = true;
    this.#clock.defer(this.#serve);
  }

  readonly #serve = (): void => {
    this.#scheduled = false;
    if (this.#schedule !== undefined) {
      if (this.#queue.length > 0 && !this.#parked) this.#schedule.enlist(this);
      return;
    }
    for (let transfer = this.#queue[0]; transfer !== undefined; transfer = this.#queue[0])
      if (!this.#take(transfer, this.#exchange(transfer))) break;
    this.#plan();
  };

  /** Runs one stage. Called by the schedule. */
  transact(): number {
    const transfer = this.#queue[0];
    if (transfer === undefined || this.#parked || this.#moving !== undefined) return 0;
    const before = transfer.stage.actual;
    const setup = this.#stage === 'setup' ? SETUP_SIZE : 0;
    this.#answer = this.#exchange(transfer);
    this.#moving = transfer;
    const bytes = setup + transfer.stage.actual - before;
    return transferTime(this.#schedule!.times, 'control', bytes, this.maxPacketSize);
  }

  /** Called by the schedule once the stage has passed over the wire. */
  settle(): boolean {
    const transfer = this.#moving;
    this.#moving = undefined;
    if (transfer !== undefined) this.#take(transfer, this.#answer);
    return this.#queue.length > 0 && !this.#parked;
  }

  #exchange(transfer: ControlTransfer): Handshake {
    this.#moving = transfer;
    this.#woken = false;
    const answer = this.#step(transfer);
    this.#moving = undefined;
    return answer;
  }

  /** @returns true if the transfer, or the next one, can continue */
  #take(transfer: ControlTransfer, answer: Handshake): boolean {
    const taken = answer === Handshake.ACK || answer === Handshake.SHORT;
    if (taken && this.#stage === 'status') this.#finish(transfer, 0);
    else if (transfer.status !== inProgress) this.#finish(transfer, transfer.status);
    else if (taken) this.#stage = this.#stage === 'setup' && transfer.setup.length > 0 ? 'data' : 'status';
    else if (this.#stage !== 'setup' && (answer === Handshake.NAK || answer === Handshake.MORE)) {
      this.#parked = answer === Handshake.NAK && !this.#woken;
      return false;
    } else this.#finish(transfer, failure(answer));
    return true;
  }

  #step(transfer: ControlTransfer): Handshake {
    const toHost = (transfer.setup.requestType & USB_DIR_IN) !== 0 && transfer.setup.length > 0;
    const { device } = this.#cable;
    if (device === undefined) return Handshake.TIMEOUT;
    if (this.#stage === 'setup') return device.setup(transfer.setup);
    const stage = this.#stage === 'data' ? transfer.stage : this.#status;
    const inward = toHost === (this.#stage === 'data');
    const budget = Number.POSITIVE_INFINITY;
    return inward ? device.in(0, stage, budget) : device.out(0, stage, budget);
  }

  /** Completes the transfer that is under way. */
  #finish(transfer: ControlTransfer, status: number): void {
    this.#queue.shift();
    this.#stage = 'setup';
    this.#parked = false;
    this.#settle(transfer, status);
  }

  #settle(transfer: ControlTransfer, status: number): void {
    transfer.status = status;
    if (this.#trace !== undefined) {
      const { requestType, request, value, index, length } = transfer.setup;
      const details = { requestType, request, value, index, length, status, actual: transfer.stage.actual };
      this.#trace.event({ at: this.#clock.now(), source: 'host', what: 'control transfer', details });
    }
    transfer.settle();
  }

  #unlink(transfer: ControlTransfer, status: number): void {
    const at = this.#queue.indexOf(transfer);
    if (at < 0 || transfer.status !== inProgress) return;
    if (transfer === this.#moving) {
      transfer.status = status;
    } else if (at === 0) {
      this.#finish(transfer, status);
      this.#plan();
    } else {
      this.#queue.splice(at, 1);
      this.#settle(transfer, status);
    }
  }
}

function failure(answer: Handshake): number {
  if (answer === Handshake.STALL) return -Errno.EPIPE;
  if (answer === Handshake.BABBLE) return -Errno.EOVERFLOW;
  // There was no answer, or the device did not accept a SETUP packet, which it must (USB 2.0, 8.5.3).
  return -Errno.EPROTO;
}
