import { closeSync } from 'node:fs';
import { Errno, KernelError, MILLISECOND, type OpenFile, POLLIN, POLLOUT, SECOND, sleep } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import {
  type Attached,
  type EndpointFile,
  type EndpointOptions,
  type EndpointUse,
  endpointStopped,
} from '@gadgetloom/functionfs';
import { type Direction, decodeEndpointDescriptor, type EndpointDescriptor } from '@gadgetloom/udc';
import { Attachment } from '../buffers/attachment.ts';
import type { BufferRecord } from '../buffers/buffer-record.ts';
import { LinuxDmaBuf } from '../buffers/linux-dma-buf.ts';
import type { LinuxTransfer } from '../buffers/linux-transfer.ts';
import { FileWaiters } from '../kernel/file-waiters.ts';
import { refusal, succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { EndpointCalls } from './endpoint-calls.ts';
import type { EndpointShare } from './endpoint-share.ts';

const ATTACH = 'FUNCTIONFS_DMABUF_ATTACH';
const DETACH = 'FUNCTIONFS_DMABUF_DETACH';
const TRANSFER = 'FUNCTIONFS_DMABUF_TRANSFER';

/** How long a transfer waits for the fences of its buffer (f_fs.c, DMABUF_ENQUEUE_TIMEOUT_MS). */
const FENCE_PATIENCE = 5 * SECOND;
const LONGEST_DESCRIPTOR = 9;
/** For this value and below, the transfer is under way, but the sync file of its fence could not be made. */
const NO_SYNC_FILE = -1000;
/** Used in place of a negative errno: the function is not bound, and the kernel must not be called. */
const UNBOUND = 1;

const ADVICE = {
  EPERM:
    'The function is not bound, the controller takes no scatter-gather, or the buffer is not attached to this endpoint. `gadgetloom backends` says what the controller takes.',
  EAGAIN: 'The endpoint is not enabled. It is enabled from the ENABLE event until DISABLE or UNBIND.',
  EBUSY: 'The buffer is in use. Wait for the fences of its transfers, or poll it.',
  ESHUTDOWN: 'The endpoint was disabled meanwhile. Start over after the next ENABLE event.',
  ENOTTY: 'This kernel has no DMABUF interface in FunctionFS. Use read and write, or Linux 6.9 or later.',
} as const;

/**
 * An open endpoint file of FunctionFS. The descriptor is nonblocking: this class awaits what the kernel would wait for.
 * It refuses calls that would crash the kernel; see docs/kernel-hazards.md.
 */
export class LinuxEndpointFile implements EndpointFile {
  readonly gadgetName: string;
  readonly use: EndpointUse;
  closing = false;
  nonblock: boolean;
  readonly #kernel: LinuxKernel;
  readonly #share: EndpointShare;
  readonly #calls: EndpointCalls;
  readonly #onClose: (file: LinuxEndpointFile) => void;
  #fd: number;
  readonly #enabled = (): boolean => this.#share.enabled(this.#fd);

  constructor(
    kernel: LinuxKernel,
    share: EndpointShare,
    fd: number,
    options: EndpointOptions,
    onClose: (file: LinuxEndpointFile) => void,
  ) {
    this.#kernel = kernel;
    this.#share = share;
    this.#fd = fd;
    this.gadgetName = options.gadgetName ?? share.name;
    this.use = share.use;
    this.nonblock = options.nonblock ?? false;
    this.#onClose = onClose;
    this.#calls = new EndpointCalls(share, () => this.#fd);
  }

  get fd(): number {
    return this.#fd;
  }

  get name(): string {
    return this.#share.name;
  }

  get direction(): Direction {
    return this.#share.direction;
  }

  get attachments(): readonly Attached[] {
    return this.#share.attachments;
  }

  stop(): void {
    this.closing = true;
  }

  attach(buffer: OpenFile, owner?: object): void {
    this.#mustBeOpen(ATTACH);
    const argument = new Uint8Array(4);
    new DataView(argument.buffer).setInt32(0, buffer.fd, true);
    const result = this.#kernel.ioctl(this.#fd, ATTACH, argument);
    if (result < 0) throw refusal(result, ATTACH, ADVICE);
    try {
      this.#share.attached(new Attachment(this.#kernel, { buffer, owner }, this.#enabled));
    } catch (error) {
      this.#kernel.addon.dmabufDetach(this.#fd, buffer.fd);
      throw error;
    }
  }

  async attachBlocking(buffer: OpenFile, owner?: object): Promise<void> {
    for (;;) {
      try {
        this.attach(buffer, owner);
        return;
      } catch (error) {
        if (!(error instanceof KernelError) || error.code !== 'EBUSY') throw error;
      }
      await this.#calls.interruptible(ATTACH, sleep(this.#kernel.clock, MILLISECOND));
    }
  }

  detach(buffer: OpenFile, owner?: object): void {
    this.#mustHaveFile(DETACH);
    const record = this.#recordOf(buffer, DETACH);
    const attachment = record && this.#share.attachment(record);
    if (attachment === undefined) throw refusal(-Errno.EPERM, DETACH, ADVICE);
    // During an unbind, the answer may be outdated before it is used.
    if (this.#kernel.unbinding.has(this.#share.instance) || !this.#share.bound(this.#fd))
      throw this.#kernel.guards.refusal('detach-unbound', DETACH);
    attachment.end();
    const result = this.#kernel.addon.dmabufDetach(this.#fd, attachment.fd);
    if (result === -Errno.ENXIO) throw this.#kernel.guards.refusal('detach-unbound', DETACH);
    if (result < 0 && result !== -Errno.EPERM) throw refusal(result, DETACH, ADVICE);
    this.#share.detached(attachment, owner);
    if (result < 0) throw refusal(result, DETACH, ADVICE);
  }

  transfer(buffer: OpenFile, length: number, flags = 0): DmaFence {
    const result = this.#tryTransfer(this.#toTransfer(buffer, length, flags), length);
    if (typeof result === 'number') throw this.#refusal(result);
    return result;
  }

  async transferBlocking(buffer: OpenFile, length: number, flags = 0): Promise<DmaFence> {
    const record = this.#toTransfer(buffer, length, flags);
    let due = 0;
    for (;;) {
      this.#mustBeOpen(TRANSFER);
      const result = this.#tryTransfer(record, length);
      if (typeof result !== 'number') return result;
      // The endpoint was disabled while this waited for the fences.
      if (due !== 0 && (result === -Errno.EAGAIN || result === UNBOUND))
        throw refusal(-Errno.ESHUTDOWN, TRANSFER, ADVICE);
      if (result === -Errno.EAGAIN) await this.#calls.untilEnabled(TRANSFER);
      else if (result === -Errno.EBUSY) {
        due ||= this.#kernel.clock.now() + FENCE_PATIENCE;
        if (!(await this.#untilFree(buffer, record, due - this.#kernel.clock.now()))) throw this.#refusal(result);
      } else throw this.#refusal(result);
    }
  }

  async read(into: Uint8Array): Promise<number> {
    const operation = `read ${this.name}`;
    this.#mustBeOpen(operation);
    return this.#calls.move(operation, this.nonblock, this.direction === 'in', (fd) =>
      this.#kernel.calls.read(fd, into),
    );
  }

  async write(bytes: Uint8Array): Promise<number> {
    const operation = `write ${this.name}`;
    this.#mustBeOpen(operation);
    return this.#calls.move(operation, this.nonblock, this.direction === 'out', (fd) =>
      this.#kernel.calls.write(fd, bytes),
    );
  }

  interrupt(): void {
    this.#calls.interrupt();
  }

  settle(timeout = Number.POSITIVE_INFINITY): Promise<number> {
    return this.#share.settle(timeout);
  }

  fifoStatus(): Promise<number> {
    return this.#ioctl('FUNCTIONFS_FIFO_STATUS');
  }

  async fifoFlush(): Promise<void> {
    await this.#ioctl('FUNCTIONFS_FIFO_FLUSH');
  }

  async clearHalt(): Promise<void> {
    await this.#ioctl('FUNCTIONFS_CLEAR_HALT');
  }

  endpointRevmap(): Promise<number> {
    return this.#ioctl('FUNCTIONFS_ENDPOINT_REVMAP');
  }

  async endpointDescriptor(): Promise<EndpointDescriptor> {
    const bytes = new Uint8Array(LONGEST_DESCRIPTOR);
    await this.#ioctl('FUNCTIONFS_ENDPOINT_DESC', bytes);
    return decodeEndpointDescriptor(bytes.subarray(0, bytes[0]));
  }

  async ioctl(name: string): Promise<number> {
    this.#mustBeOpen(name);
    return this.#calls.retry(name, this.nonblock, () => this.#kernel.addon.unknownIoctl(this.#fd));
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    const attachments = this.#share.closing();
    this.#calls.interrupt();
    this.#fd = -1;
    closeSync(fd);
    for (const attachment of attachments) attachment.ended();
    this.#share.changed();
    this.#onClose(this);
  }

  /** {@link close}, which takes no time. */
  closeNow(): void {
    this.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Checks the arguments and returns the buffer; `undefined` if this stack does not know it. */
  #toTransfer(buffer: OpenFile, length: number, flags: number): BufferRecord | undefined {
    this.#mustBeOpen(TRANSFER);
    if (flags !== 0)
      throw new KernelError('EINVAL', TRANSFER, `The flags are ${flags}, but no flags are defined. Pass 0.`);
    const record = this.#recordOf(buffer, TRANSFER);
    const size = buffer instanceof LinuxDmaBuf ? buffer.size : this.#kernel.addon.lseek(buffer.fd, 0, 2);
    if (!(Number.isSafeInteger(length) && length > 0 && length <= size))
      throw new KernelError('EINVAL', TRANSFER, `The length is ${length}. Pass 1 to ${size}, the size of the buffer.`);
    return record;
  }

  /** Returns the fence, a negative errno that the caller may wait for, or {@link UNBOUND}. */
  #tryTransfer(record: BufferRecord | undefined, length: number): LinuxTransfer | number {
    const attachment = record && this.#share.attachment(record);
    if (record === undefined || attachment === undefined) return -Errno.EPERM;
    const { unbinding } = this.#kernel;
    if (unbinding.size > 0 && unbinding.has(this.#share.instance)) return UNBOUND;
    if (this.direction === 'in') attachment.notice();
    if (record.active.length > 0 && this.direction === 'in' && this.#share.moves(record)) {
      if (this.#share.enabled(this.#fd)) throw this.#kernel.guards.refusal('overlapping-in', TRANSFER);
      return -Errno.EAGAIN;
    }
    const result = this.#kernel.transferCall.submit(this.#fd, attachment.fd, length);
    if (result >= 0 || result <= NO_SYNC_FILE) return attachment.begin(result);
    return result === -Errno.EAGAIN && !this.#share.bound(this.#fd) ? UNBOUND : result;
  }

  #refusal(result: number): KernelError {
    if (result === UNBOUND) return this.#kernel.guards.refusal('transfer-unbound', TRANSFER);
    return refusal(result, TRANSFER, ADVICE);
  }

  /** Returns the record of a buffer. @throws KernelError EBADF closed; EINVAL not a dma-buf */
  #recordOf(buffer: OpenFile, operation: string): BufferRecord | undefined {
    if (buffer.fd < 0) throw new KernelError('EBADF', operation, 'The buffer has been closed.');
    if (buffer instanceof LinuxDmaBuf) return buffer.record;
    const record = this.#kernel.ledger.find(buffer, operation);
    if (record === undefined && !this.#kernel.isDmaBuf(buffer.fd))
      throw new KernelError('EINVAL', operation, 'The file is not a dma-buf.');
    return record;
  }

  /** Waits for the fences before a transfer: an OUT endpoint waits for all, an IN endpoint for those of writers. */
  async #untilFree(buffer: OpenFile, record: BufferRecord | undefined, timeout: number): Promise<boolean> {
    if (timeout <= 0) return false;
    const events = this.direction === 'in' ? POLLIN : POLLOUT;
    // The user may have closed the buffer meanwhile. It is still attached.
    const fd = (record && this.#share.attachment(record)?.fd) ?? buffer.fd;
    const waiting =
      buffer instanceof LinuxDmaBuf && buffer.fd >= 0
        ? buffer.ready(events, timeout)
        : this.#readyOnce(fd, events, timeout);
    const wasOpen = buffer.fd >= 0;
    const ready = await this.#calls.interruptible(TRANSFER, waiting);
    // Closing the user's descriptor must not end this wait.
    return ready !== 0 || (wasOpen && buffer.fd < 0);
  }

  async #readyOnce(fd: number, events: number, timeout: number): Promise<number> {
    const copy = succeeded(this.#kernel.addon.dup(fd), 'poll dma-buf');
    const waiters = new FileWaiters(this.#kernel, copy, 'poll dma-buf');
    try {
      return await waiters.wait(events, timeout);
    } finally {
      waiters.end(0);
      this.#kernel.addon.close(copy);
    }
  }

  async #ioctl(request: string, argument?: Uint8Array): Promise<number> {
    this.#mustBeOpen(request);
    return this.#calls.retry(request, this.nonblock, () => this.#kernel.ioctl(this.#fd, request, argument));
  }

  #mustBeOpen(operation: string): void {
    if (this.closing) throw endpointStopped(operation, this.gadgetName);
    this.#mustHaveFile(operation);
  }

  #mustHaveFile(operation: string): void {
    if (this.#fd < 0) throw new KernelError('EBADF', operation, `${this.name} has been closed.`);
  }
}
