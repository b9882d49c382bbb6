import { type Clock, Errno, type ErrnoCode, KernelError, type TraceSink } from '@gadgetloom/core';
import type { CompanionDescriptor, Direction, TransferType, UsbSpeed } from '@gadgetloom/udc';
import { Handshake } from '@gadgetloom/udc/bus';
import { bytesPerInterval, type HostEndpoint, packetSize } from '../descriptors/endpoint-descriptor.ts';
import { HostTransfer } from '../host-transfer.ts';
import type { Cable } from './cable.ts';
import type { BusLanes, BusSchedule, BusUser } from './timing/bus-schedule.ts';
import { packetsPerTurn, serviceInterval, transferTime } from './timing/bus-times.ts';

/** The result of a single transfer. */
export interface TransferResult {
  /** 0, or the negative errno of {@link HostTransfer.status}. */
  readonly status: number;
  /** Bytes moved, even if the transfer failed. */
  readonly actual: number;
  /** IN: the bytes that arrived. OUT: the bytes that the device took. */
  readonly data: Uint8Array;
}

/** The surroundings that a pipe needs. */
export interface PipeContext {
  readonly cable: Cable;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** The lanes of a bus that takes time. Without them everything moves at once. */
  readonly lanes?: BusLanes | undefined;
}

const inProgress = -Errno.EINPROGRESS;

const advice: Partial<Record<ErrnoCode, string>> = {
  ENOENT: 'the endpoint is not part of the current configuration and alternate setting.',
  ENODEV: 'the device is gone or not configured.',
  EHOSTUNREACH: 'the bus is suspended; resume it first.',
};

/**
 * A data endpoint as the host uses it. The pipe serves transfers one after the other, in the order of submission. While
 * the device answers NAK, the pipe waits for {@link UsbBus.ready}. Transfers allocate nothing.
 *
 * The pipe of an endpoint stays the same object while the device is connected. It takes transfers only while the
 * endpoint is part of the current configuration and alternate setting. Source: urb.c, hcd.c.
 */
export class HostPipe implements BusUser {
  /** bEndpointAddress. */
  readonly address: number;
  /** Number of the endpoint, 1 to 15. */
  readonly number: number;
  readonly direction: Direction;
  readonly type: TransferType;
  /** Bytes of a packet. */
  readonly maxPacketSize: number;
  /** The descriptor as the host uses it. */
  readonly endpoint: HostEndpoint;
  /** SuperSpeed only: burst and streams. */
  readonly companion: CompanionDescriptor | undefined;
  readonly #cable: Cable;
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  /** Frames between two services; 0 unless the endpoint is periodic. */
  readonly interval: number;
  /** Longest time on the wire before other pipes get a turn, in nanoseconds; 0 on a bus that takes no time. */
  readonly longestTurn: number;
  /** Only the schedule uses this field. */
  enlisted = false;
  /** Only the schedule uses this field. */
  nextFrame = 0;
  readonly #schedule: BusSchedule | undefined;
  /** Bytes of one turn on a bus that takes time. */
  readonly #turn: number;
  readonly #in: boolean;
  readonly #largest: number;
  #refusal: ErrnoCode | undefined = 'ENOENT';
  #head: HostTransfer | undefined = undefined;
  #tail: HostTransfer | undefined = undefined;
  #length = 0;
  #unlinked: HostTransfer | undefined = undefined;
  #lastUnlinked: HostTransfer | undefined = undefined;
  /** The transfer that is on the wire now: the pipe is inside a call of the device. */
  #moving: HostTransfer | undefined = undefined;
  #scheduled = false;
  #parked = false;
  #woken = false;
  #answer: Handshake = Handshake.NAK;

  constructor(endpoint: HostEndpoint, speed: UsbSpeed, context: PipeContext) {
    this.endpoint = endpoint;
    this.address = endpoint.address;
    this.number = endpoint.address & 0x0f;
    this.#in = (endpoint.address & 0x80) !== 0;
    this.direction = this.#in ? 'in' : 'out';
    this.type = endpoint.type;
    this.companion = endpoint.companion;
    this.maxPacketSize = packetSize(endpoint);
    this.#largest = endpoint.type === 'isochronous' ? bytesPerInterval(endpoint, speed) : Number.POSITIVE_INFINITY;
    this.#cable = context.cable;
    this.#clock = context.clock;
    this.#trace = context.trace;
    this.#schedule = context.lanes?.[this.direction];
    this.interval = serviceInterval(endpoint.type, endpoint.interval, speed);
    this.#turn =
      this.interval > 0 ? bytesPerInterval(endpoint, speed) : this.maxPacketSize * packetsPerTurn(this.companion);
    this.longestTurn = this.#timeOf(this.#turn);
  }

  /** Number of transfers that are submitted and have not completed. */
  get pending(): number {
    let count = this.#length;
    for (let transfer = this.#unlinked; transfer !== undefined; transfer = transfer.next) count++;
    return count;
  }

  /**
   * Queues a transfer. It completes later, exactly once, and never inside this call. On an isochronous pipe a transfer
   * is the packets of one interval. On a bus that takes no time, it waits for a device that has nothing to send.
   *
   * @param timeout nanoseconds after which it completes with ETIMEDOUT; 0: never
   * @throws KernelError EBUSY it is submitted already; ENODEV, ENOENT, EHOSTUNREACH the pipe takes none now; EINVAL the
   * length; EMSGSIZE more than one interval carries, or wMaxPacketSize is 0
   */
  submit(transfer: HostTransfer, timeout = 0): void {
    if (this.#refusal !== undefined || transfer.status === inProgress) this.#refuse(transfer);
    if (transfer.length < 0 || transfer.length > transfer.data.length) {
      const advice = `length is ${transfer.length}; the data has room for 0 to ${transfer.data.length} bytes.`;
      throw new KernelError('EINVAL', this.#named('submit'), advice);
    }
    if (transfer.length > this.#largest || this.maxPacketSize === 0) {
      const advice = `${transfer.length} bytes do not fit into one interval of ${this.#largest} bytes.`;
      throw new KernelError('EMSGSIZE', this.#named('submit'), advice);
    }
    transfer.status = inProgress;
    transfer.actual = 0;
    transfer.unlinked = 0;
    if (this.#tail === undefined) this.#head = transfer;
    else this.#tail.next = transfer;
    this.#tail = transfer;
    this.#length++;
    if (timeout > 0) {
      transfer.timer = this.#clock.setTimer(timeout, () => this.#unlink(transfer, -Errno.ETIMEDOUT));
    }
    if (!this.#parked) this.#plan();
  }

  /**
   * Cancels a transfer: it completes with ECONNRESET, and `actual` counts the bytes that have moved.
   *
   * @returns false without an effect if it is not submitted here or is ending already (usb_unlink_urb: EIDRM, EBUSY)
   */
  cancel(transfer: HostTransfer): boolean {
    return this.#unlink(transfer, -Errno.ECONNRESET);
  }

  /** Reads once. @param timeout nanoseconds, 0: none @throws KernelError as {@link submit} */
  transferIn(length: number, timeout = 0): Promise<TransferResult> {
    if (!this.#in) throw new KernelError('EINVAL', this.#named('read'), 'the endpoint is OUT.');
    return this.#single(new Uint8Array(length), timeout, false);
  }

  /**
   * Writes once.
   *
   * @param timeout nanoseconds, 0: none
   * @param zeroPacket end with a zero-length packet if the data is a multiple of the packet size
   * @throws KernelError as {@link submit}
   */
  transferOut(data: Uint8Array, timeout = 0, zeroPacket = false): Promise<TransferResult> {
    if (this.#in) throw new KernelError('EINVAL', this.#named('write'), 'the endpoint is IN.');
    return this.#single(data, timeout, zeroPacket);
  }

  /**
   * Opens the pipe: the endpoint is part of the current setting. The host device calls this and the next three methods.
   */
  open(): void {
    this.#refusal = undefined;
    this.wake();
  }

  /** Ends all transfers with ESHUTDOWN, and refuses new ones (usb_disable_endpoint). */
  close(refusal: ErrnoCode): void {
    this.#refusal = refusal;
    this.flush();
  }

  /** Ends all transfers with ESHUTDOWN (usb_hcd_flush_endpoint). */
  flush(): void {
    while (this.#head !== undefined && this.#head !== this.#moving) this.#unlink(this.#head, -Errno.ESHUTDOWN);
    for (let behind = this.#head?.next; behind !== undefined; behind = this.#head?.next) {
      this.#unlink(behind, -Errno.ESHUTDOWN);
    }
    if (this.#head !== undefined) this.#unlink(this.#head, -Errno.ESHUTDOWN);
  }

  /** Continues: the device may no longer answer NAK, or a hold is over. */
  wake(): void {
    this.#woken = true;
    this.#parked = false;
    if (this.#head !== undefined) this.#plan();
  }

  #plan(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(this.#serve);
  }

  readonly #serve = (): void => {
    this.#scheduled = false;
    try {
      while (this.#unlinked !== undefined) this.#completeUnlinked(this.#unlinked);
      if (this.#schedule !== undefined) {
        if (this.#head !== undefined && !this.#parked) this.#schedule.enlist(this);
        return;
      }
      // Transfers that completions submit wait for the next turn, so that no pipe keeps the others from theirs.
      for (let left = this.#length; left > 0 && !this.#parked; left--) {
        const transfer = this.#head;
        if (transfer === undefined || !this.#move(transfer)) break;
      }
    } finally {
      const more = this.#schedule === undefined && this.#head !== undefined && !this.#parked;
      if (more || this.#unlinked !== undefined) this.#plan();
    }
  };

  /** Moves a packet, a burst, or the transfers of one service interval. The schedule calls it. */
  transact(): number {
    const transfer = this.#head;
    if (transfer === undefined || this.#parked || this.#moving !== undefined) return 0;
    const before = transfer.actual;
    this.#moving = transfer;
    this.#woken = false;
    const answer = this.#exchange(transfer, this.#turn);
    // An interval in which the device has nothing to send is over too, unless the host holds the pipe.
    const over = answer === Handshake.NAK && this.type === 'isochronous' && !this.#cable.isHeld(this.address);
    this.#answer = over ? Handshake.SHORT : answer;
    return this.#timeOf(transfer.actual - before);
  }

  /** Finishes the turn that {@link transact} began, after its time on the wire. The schedule calls it. */
  settle(): boolean {
    const transfer = this.#moving;
    this.#moving = undefined;
    if (transfer !== undefined) this.#take(transfer, this.#answer);
    return this.#head !== undefined && !this.#parked;
  }

  /** @returns true if the transfer is done and the next one may start */
  #move(transfer: HostTransfer): boolean {
    this.#moving = transfer;
    this.#woken = false;
    const answer = this.#exchange(transfer, Number.POSITIVE_INFINITY);
    this.#moving = undefined;
    return this.#take(transfer, answer);
  }

  #exchange(transfer: HostTransfer, budget: number): Handshake {
    const { device } = this.#cable;
    if (device === undefined) return Handshake.TIMEOUT;
    return this.#in ? device.in(this.number, transfer, budget) : device.out(this.number, transfer, budget);
  }

  /** Applies the answer of the device. A transfer keeps its answer even if it was to be ended at the same moment. */
  #take(transfer: HostTransfer, answer: Handshake): boolean {
    if (answer === Handshake.ACK || answer === Handshake.SHORT) this.#finish(transfer, 0);
    else if (answer === Handshake.STALL) this.#finish(transfer, -Errno.EPIPE);
    else if (answer === Handshake.BABBLE) this.#finish(transfer, -Errno.EOVERFLOW);
    else if (transfer.unlinked !== 0) this.#finish(transfer, transfer.unlinked);
    else if (answer === Handshake.TIMEOUT) this.#finish(transfer, -Errno.EPROTO);
    else {
      this.#parked = answer === Handshake.NAK && !this.#woken;
      return false;
    }
    return true;
  }

  #timeOf(bytes: number): number {
    const times = this.#schedule?.times;
    return times === undefined ? 0 : transferTime(times, this.type, bytes, this.maxPacketSize);
  }

  /** Completes the head of the queue. */
  #finish(transfer: HostTransfer, status: number): void {
    this.#head = transfer.next;
    if (this.#head === undefined) this.#tail = undefined;
    this.#length--;
    this.#complete(transfer, status);
  }

  #complete(transfer: HostTransfer, status: number): void {
    transfer.next = undefined;
    if (transfer.timer !== undefined) {
      transfer.timer.cancel();
      transfer.timer = undefined;
    }
    transfer.status = status;
    if (this.#trace !== undefined) this.#report(this.#trace, transfer);
    transfer.complete(transfer);
  }

  #completeUnlinked(transfer: HostTransfer): void {
    this.#unlinked = transfer.next;
    if (this.#unlinked === undefined) this.#lastUnlinked = undefined;
    this.#complete(transfer, transfer.unlinked);
  }

  /** Removes a transfer from the queue. It completes with `status` soon. */
  #unlink(transfer: HostTransfer, status: number): boolean {
    if (transfer.status !== inProgress || transfer.unlinked !== 0) return false;
    let before: HostTransfer | undefined;
    let at = this.#head;
    while (at !== undefined && at !== transfer) {
      before = at;
      at = at.next;
    }
    if (at === undefined) return false;
    transfer.unlinked = status;
    if (transfer === this.#moving) return true;
    if (before === undefined) {
      this.#head = transfer.next;
      // The next transfer has not been refused yet.
      this.#parked = false;
    } else before.next = transfer.next;
    if (this.#tail === transfer) this.#tail = before;
    this.#length--;
    transfer.next = undefined;
    if (this.#lastUnlinked === undefined) this.#unlinked = transfer;
    else this.#lastUnlinked.next = transfer;
    this.#lastUnlinked = transfer;
    this.#plan();
    return true;
  }

  #refuse(transfer: HostTransfer): never {
    const code = transfer.status === inProgress ? 'EBUSY' : (this.#refusal ?? 'ENODEV');
    const hint = code === 'EBUSY' ? 'the transfer is submitted; wait for its completion.' : advice[code];
    throw new KernelError(code, this.#named('submit'), hint);
  }

  #single(data: Uint8Array, timeout: number, zeroPacket: boolean): Promise<TransferResult> {
    return new Promise((resolve) => {
      const transfer = new HostTransfer(data, ({ status, actual }) => {
        resolve({ status, actual, data: data.subarray(0, actual) });
      });
      transfer.zeroPacket = zeroPacket;
      this.submit(transfer, timeout);
    });
  }

  #named(operation: string): string {
    return `${operation} endpoint 0x${this.address.toString(16).padStart(2, '0')}`;
  }

  #report(trace: TraceSink, { length, actual, status }: HostTransfer): void {
    const details = { endpoint: this.address, length, actual, status };
    trace.event({ at: this.#clock.now(), source: 'host', what: 'transfer', details });
  }
}
