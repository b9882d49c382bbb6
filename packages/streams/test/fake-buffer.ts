import { KernelError } from '@gadgetloom/core';
import type { CpuAccess, DmaBuf, SyncFile } from '@gadgetloom/dmabuf';

let lastFd = 2;

/** A buffer of plain bytes, which notices when the CPU touches it outside of the brackets. */
export class FakeBuffer implements DmaBuf {
  fd = ++lastFd;
  readonly size: number;
  readonly exporterName = 'fake';
  name: string | undefined;
  access: CpuAccess | undefined;
  /** True while another user has the buffer. */
  busy = false;
  readonly #bytes: Uint8Array;
  readonly #waiters: (() => void)[] = [];

  constructor(size = 512, name?: string) {
    this.size = size;
    this.name = name;
    this.#bytes = new Uint8Array(size);
  }

  /** The memory itself, as a device sees it. */
  get memory(): Uint8Array {
    return this.#bytes;
  }

  bytes(): Uint8Array {
    if (this.access === undefined) throw new Error('the CPU touches the buffer outside of its brackets');
    return this.#bytes;
  }

  async beginCpuAccess(access: CpuAccess): Promise<void> {
    if (this.access !== undefined) throw new Error('CPU access has begun already');
    this.access = access;
  }

  endCpuAccess(access: CpuAccess): void {
    if (this.access !== access) throw new Error(`CPU access was ${this.access}, not ${access}`);
    this.access = undefined;
  }

  poll(events: number): number {
    return this.busy ? 0 : events;
  }

  ready(events: number): Promise<number> {
    if (!this.busy) return Promise.resolve(events);
    return new Promise((resolve) => {
      this.#waiters.push(() => resolve(events));
    });
  }

  /** Ends the use by the other user. */
  free(): void {
    this.busy = false;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  setName(name: string): void {
    this.name = name;
  }

  close(): void {
    this.fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  seek = (): number => unused('seek');
  mmap = (): Uint8Array => unused('mmap');
  sync = (): Promise<void> => unused('sync');
  exportSyncFile = (): SyncFile => unused('exportSyncFile');
  importSyncFile = (): void => unused('importSyncFile');
  dup = (): DmaBuf => unused('dup');
}

export function unused(operation: string): never {
  throw new KernelError('ENOSYS', operation);
}

/** `count` buffers with the names `a`, `b`, `c` ... */
export function fakeBuffers(count: number, size = 512): FakeBuffer[] {
  return Array.from({ length: count }, (_, index) => new FakeBuffer(size, String.fromCharCode(97 + index)));
}
