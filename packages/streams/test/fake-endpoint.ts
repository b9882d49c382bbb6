import { Errno, type ErrnoCode, KernelError } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import { type Attached, type EndpointFile, EndpointUse } from '@gadgetloom/functionfs';
import type { Direction, EndpointDescriptor } from '@gadgetloom/udc';
import { type FakeBuffer, unused } from './fake-buffer.ts';
import { FakeFence } from './fake-fence.ts';

interface Pending {
  readonly buffer: FakeBuffer;
  readonly length: number;
  readonly fence: FakeFence;
}

interface PendingCopy {
  readonly bytes: Uint8Array;
  readonly resolve: (moved: number) => void;
  readonly reject: (error: unknown) => void;
}

type Call = 'attach' | 'detach' | 'transfer';

/**
 * An endpoint file whose transfers end when the test says so. It answers like FunctionFS with O_NONBLOCK, and throws a
 * plain Error at whatever would crash a real kernel.
 */
export class FakeEndpoint implements EndpointFile {
  fd = 1;
  readonly name: string;
  readonly gadgetName: string;
  readonly direction: Direction;
  nonblock = false;
  closing = false;
  readonly use = new EndpointUse();
  enabled = true;
  /** While it is not, calls that would crash a kernel are refused with ENODEV and counted. */
  bound = true;
  crashes = 0;
  /** The instance is not active any more. */
  gone = false;
  scatterGather = true;
  /** The attachments, in order. */
  attachments: Attached[] = [];
  /** Transfers in flight, in order. */
  readonly pending: Pending[] = [];
  /** Reads or writes in flight. */
  readonly copies: PendingCopy[] = [];
  /** The calls, such as `attach a` or `transfer a 512`. */
  readonly calls: string[] = [];
  readonly #refusals: { call: Call; code: ErrnoCode }[] = [];
  /** Calls that wait for the endpoint to be enabled. */
  readonly waiters: { resolve(): void; reject(error: unknown): void }[] = [];
  #settlers: (() => void)[] = [];
  #seqno = 0;

  constructor(direction: Direction = 'in', name = 'ep1', gadgetName = name) {
    this.direction = direction;
    this.name = name;
    this.gadgetName = gadgetName;
  }

  /** Attached buffers, in order. */
  get attached(): FakeBuffer[] {
    return this.attachments.map(({ buffer }) => buffer as FakeBuffer);
  }

  stop(): void {
    this.closing = true;
  }

  /** The next `call` fails with `code`. */
  refuse(call: Call, code: ErrnoCode): void {
    this.#refusals.push({ call, code });
  }

  attach(buffer: FakeBuffer, owner?: object): void {
    this.#enter('attach', buffer);
    if (!this.scatterGather || !this.bound) throw new KernelError('EPERM', 'FUNCTIONFS_DMABUF_ATTACH');
    if (this.#find(buffer, owner) >= 0) throw new Error(`${buffer.name} is attached twice`);
    this.attachments.push({ buffer, owner });
  }

  detach(buffer: FakeBuffer, owner?: object): void {
    this.#enter('detach', buffer);
    const own = this.#find(buffer, owner);
    const at = own < 0 ? this.attached.lastIndexOf(buffer) : own;
    if (at < 0) throw new KernelError('EPERM', 'FUNCTIONFS_DMABUF_DETACH');
    this.attachments.splice(at, 1);
    const inFlight = this.pending.findIndex((pending) => pending.buffer === buffer);
    if (inFlight >= 0) this.pending.splice(inFlight, 1)[0]?.fence.signal(-Errno.ECONNRESET);
    this.#settled();
  }

  transfer(buffer: FakeBuffer, length: number): DmaFence {
    this.#enter('transfer', buffer, ` ${length}`);
    if (length < 1 || length > buffer.size) throw new KernelError('EINVAL', 'FUNCTIONFS_DMABUF_TRANSFER');
    if (!this.attached.includes(buffer)) throw new KernelError('EPERM', 'FUNCTIONFS_DMABUF_TRANSFER');
    if (!this.enabled) throw new KernelError('EAGAIN', 'FUNCTIONFS_DMABUF_TRANSFER');
    if (buffer.busy) throw new KernelError('EBUSY', 'FUNCTIONFS_DMABUF_TRANSFER');
    if (this.pending.some((pending) => pending.buffer === buffer)) throw new Error(`${buffer.name} is in flight twice`);
    const fence = new FakeFence(++this.#seqno);
    this.pending.push({ buffer, length, fence });
    return fence;
  }

  /** Ends the oldest transfer in flight. @param code of the error, if it failed */
  complete(code?: ErrnoCode): void {
    const pending = this.pending.shift();
    if (pending === undefined) throw new Error('nothing is in flight');
    pending.fence.signal(code === undefined ? 0 : -Errno[code]);
    this.#settled();
  }

  /** Ends transfers for as long as there are any. */
  completeAll(): void {
    while (this.pending.length > 0) this.complete();
  }

  /** Ends the oldest read or write. */
  completeCopy(moved = this.copies[0]?.bytes.length ?? 0, code?: ErrnoCode): void {
    const copy = this.copies.shift();
    if (copy === undefined) throw new Error('nothing is being copied');
    if (code === undefined) copy.resolve(moved);
    else copy.reject(new KernelError(code, 'read or write'));
    this.#settled();
  }

  disable(): void {
    this.enabled = false;
    while (this.pending.length > 0) this.complete('ESHUTDOWN');
    while (this.copies.length > 0) this.completeCopy(0, 'ESHUTDOWN');
  }

  unbind(): void {
    this.disable();
    this.bound = false;
  }

  enable(): void {
    this.bound = true;
    this.enabled = true;
    for (const waiter of this.waiters.splice(0)) waiter.resolve();
  }

  async endpointDescriptor(): Promise<EndpointDescriptor> {
    this.#checkOpen('FUNCTIONFS_ENDPOINT_DESC');
    if (!this.enabled) {
      if (this.nonblock) throw new KernelError('EAGAIN', 'FUNCTIONFS_ENDPOINT_DESC');
      await new Promise<void>((resolve, reject) => {
        this.waiters.push({ resolve, reject });
      });
    }
    return { address: 0x81, attributes: 2, maxPacketSize: 512, interval: 0 };
  }

  async settle(): Promise<number> {
    while (this.pending.length + this.copies.length > 0)
      await new Promise<void>((resolve) => {
        this.#settlers.push(resolve);
      });
    return 0;
  }

  read(into: Uint8Array): Promise<number> {
    return this.#copy('read', into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#copy('write', bytes);
  }

  interrupt(): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(new KernelError('EINTR', 'FUNCTIONFS_ENDPOINT_DESC'));
    while (this.copies.length > 0) this.completeCopy(0, 'EINTR');
  }

  close(): void {
    this.fd = -1;
    this.attachments = [];
    while (this.pending.length > 0) this.complete('ECONNRESET');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  attachBlocking = (): Promise<void> => unused('attachBlocking');
  transferBlocking = (): Promise<DmaFence> => unused('transferBlocking');
  fifoStatus = (): Promise<number> => unused('fifoStatus');
  fifoFlush = (): Promise<void> => unused('fifoFlush');
  clearHalt = (): Promise<void> => unused('clearHalt');
  endpointRevmap = (): Promise<number> => unused('endpointRevmap');
  ioctl = (): Promise<number> => unused('ioctl');

  #copy(call: 'read' | 'write', bytes: Uint8Array): Promise<number> {
    this.calls.push(`${call} ${bytes.length}`);
    this.#checkOpen(call);
    if (!this.nonblock) throw new Error(`${call} would block`);
    if (!this.enabled || this.copies.length > 0) return Promise.reject(new KernelError('EAGAIN', call));
    return new Promise((resolve, reject) => {
      this.copies.push({ bytes, resolve, reject });
    });
  }

  #find(buffer: FakeBuffer, owner: object | undefined): number {
    return this.attachments.findLastIndex((it) => it.buffer === buffer && it.owner === owner);
  }

  #enter(call: Call, buffer: FakeBuffer, rest = ''): void {
    this.calls.push(`${call} ${buffer.name}${rest}`);
    this.#checkOpen(call);
    if (buffer.fd < 0) throw new KernelError('EBADF', call);
    if (!this.bound && call !== 'attach') {
      this.crashes++;
      throw new KernelError('ENODEV', call);
    }
    const at = this.#refusals.findIndex((refusal) => refusal.call === call);
    if (at >= 0) throw new KernelError(this.#refusals.splice(at, 1)[0]!.code, call);
  }

  #settled(): void {
    for (const resolve of this.#settlers.splice(0)) resolve();
  }

  #checkOpen(call: string): void {
    if (this.fd < 0) throw new KernelError('EBADF', call);
    if (this.gone) throw new KernelError('ENODEV', call);
  }
}
