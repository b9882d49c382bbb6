import { Errno, MILLISECOND, type Timer } from '@gadgetloom/core';
import { type Attached, disown, EndpointUse } from '@gadgetloom/functionfs';
import type { Direction } from '@gadgetloom/udc';
import type { Attachment } from '../buffers/attachment.ts';
import type { BufferRecord } from '../buffers/buffer-record.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';

const SHORTEST = 2 * MILLISECOND;
const LONGEST = 20 * MILLISECOND;

const nothing = new Uint8Array(new Int32Array([-1]).buffer);

interface EnableWaiter {
  readonly fd: () => number;
  readonly done: () => void;
}

/** State that all open files of one endpoint share, as in the kernel (struct ffs_epfile). */
export class EndpointShare {
  readonly name: string;
  readonly instance: string;
  readonly direction: Direction;
  /** The last read or write in line. Only one at a time reaches the kernel (ffs_epfile.mutex). */
  lastCall: Promise<void> | undefined = undefined;
  readonly use = new EndpointUse();
  readonly #kernel: LinuxKernel;
  readonly #attachments = new Map<BufferRecord, Attachment[]>();
  /** Attachments that were detached during a transfer, which the kernel is still cancelling. */
  #cancelled: Attachment[] = [];
  #waiters: EnableWaiter[] = [];
  #timer: Timer | undefined;
  #period = SHORTEST;

  constructor(kernel: LinuxKernel, instance: string, name: string, direction: Direction) {
    this.#kernel = kernel;
    this.instance = instance;
    this.name = name;
    this.direction = direction;
  }

  /** Returns the newest attachment of a buffer. */
  attachment(record: BufferRecord): Attachment | undefined {
    return this.#attachments.get(record)?.at(-1);
  }

  /** See EndpointFile.attachments. */
  get attachments(): readonly Attached[] {
    return [...this.#attachments.values()].flatMap((each) => each.map(({ attached }) => attached));
  }

  /** True while this endpoint moves the buffer, through any attachment. */
  moves(record: BufferRecord): boolean {
    const attachments = this.#attachments.get(record);
    if (attachments === undefined) return false;
    for (const { current } of attachments) if (current !== undefined) return true;
    return false;
  }

  attached(attachment: Attachment): void {
    const { record } = attachment;
    const attachments = this.#attachments.get(record);
    if (attachments === undefined) this.#attachments.set(record, [attachment]);
    else attachments.push(attachment);
  }

  /** Called when the kernel has dropped the newest attachment of its buffer. */
  detached(attachment: Attachment, owner?: object): void {
    const attachments = this.#attachments.get(attachment.record) ?? [];
    attachments.pop();
    disown(attachment, attachments, owner);
    if (attachments.length === 0) this.#attachments.delete(attachment.record);
    if (attachment.current !== undefined) this.#cancelled.push(attachment);
    attachment.ended();
  }

  /** See EndpointFile.settle. */
  async settle(timeout: number): Promise<number> {
    this.#cancelled = this.#cancelled.filter(({ current }) => current !== undefined);
    const attachments = [...this.#cancelled, ...[...this.#attachments.values()].flat()];
    const transfers = attachments.flatMap(({ current }) => current?.wait(timeout) ?? []);
    const statuses = await Promise.all([...transfers, this.#lastCallOver(timeout)]);
    return statuses.filter((status) => status === 0).length;
  }

  /** Resolves with 1 once no read or write is in line, or with 0 after the timeout. */
  #lastCallOver(timeout: number): Promise<number> {
    const { lastCall } = this;
    if (lastCall === undefined) return Promise.resolve(1);
    return new Promise((resolve) => {
      const timer = this.#kernel.clock.setTimer(timeout, () => resolve(0));
      void lastCall.then(() => {
        timer.cancel();
        resolve(1);
      });
    });
  }

  /** Detaches everything, as closing any open file of the endpoint does (ffs_epfile_release). */
  closing(): Attachment[] {
    const all = [...this.#attachments.values()].flat();
    for (const attachment of all) attachment.end();
    this.#attachments.clear();
    return all;
  }

  /** True if the function is bound: an ATTACH of descriptor -1 tells, without effect. False without scatter-gather. */
  bound(fd: number): boolean {
    return this.#kernel.ioctl(fd, 'FUNCTIONFS_DMABUF_ATTACH', nothing) === -Errno.EBADF;
  }

  /** True if the endpoint of an open, nonblocking file is enabled, or if it fails for another reason. */
  enabled(fd: number): boolean {
    return this.#kernel.ioctl(fd, 'FUNCTIONFS_ENDPOINT_REVMAP') !== -Errno.EAGAIN;
  }

  /**
   * Calls back once the endpoint is enabled or the descriptor is closed. The kernel wakes only threads that sleep in
   * it, so this asks from time to time; {@link changed} makes it ask at once.
   */
  whenEnabled(fd: () => number, done: () => void): { cancel(): void } {
    const waiter = { fd, done };
    this.#waiters.push(waiter);
    this.#period = SHORTEST;
    this.#schedule();
    return { cancel: () => this.#remove(waiter) };
  }

  /** Asks again for those who wait. Called after an event of ep0 and when a file is closed. */
  changed(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#period = SHORTEST;
    this.#look();
  }

  #remove(waiter: EnableWaiter): void {
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    if (this.#waiters.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    this.#timer ??= this.#kernel.clock.setTimer(this.#period, () => {
      this.#timer = undefined;
      this.#period = Math.min(2 * this.#period, LONGEST);
      this.#look();
    });
  }

  #look(): void {
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      const fd = waiter.fd();
      if (fd < 0 || this.enabled(fd)) waiter.done();
      else this.#waiters.push(waiter);
    }
    if (this.#waiters.length > 0) this.#schedule();
  }
}
