import type { Interrupt } from '@gadgetloom/dmabuf/model';
import { EndpointUse } from '../endpoint-use.ts';
import { DmaBufList } from './dmabuf-list.ts';
import { notEnabled } from './endpoint-errors.ts';
import type { FfsData } from './ffs-data.ts';
import type { FunctionEndpoint } from './function-endpoint.ts';
import { Mutex } from './mutex.ts';
import { WaitQueue } from './wait-queue.ts';

/** State that all open files of one endpoint share (struct ffs_epfile). */
export class EndpointState {
  readonly data: FfsData;
  /** `'ep1'`, or `'ep81'` with VIRTUAL_ADDR. */
  readonly name: string;
  /** True for an IN endpoint. */
  readonly isIn: boolean;
  /** The endpoint, while it is enabled. */
  ep: FunctionEndpoint | undefined = undefined;
  isIsochronous = false;
  /** Held by read and write. */
  readonly mutex: Mutex = new Mutex();
  readonly dmabufs: DmaBufList;
  readonly use = new EndpointUse();
  /** Number of transfers, reads and writes under way. */
  #underWay = 0;
  readonly #settled = new WaitQueue('oldest first');
  /** Bytes that were received beyond the length of a read; `'drop'`: the endpoint was disabled since. */
  #surplus: Uint8Array | 'drop' | undefined = undefined;

  constructor(data: FfsData, name: string, isIn: boolean) {
    this.data = data;
    this.name = name;
    this.isIn = isIn;
    this.dmabufs = new DmaBufList(this);
  }

  /** Counts a transfer, read or write that begins. */
  begin(): void {
    this.#underWay++;
  }

  /** Counts the end of one. */
  over(): void {
    if (--this.#underWay === 0) this.#settled.wake();
  }

  /** See EndpointFile.settle. */
  async settle(timeout: number): Promise<number> {
    const { clock } = this.data.kernel;
    if (this.#underWay > 0) await this.#settled.sleep(`settle ${this.name}`, undefined, clock, timeout);
    return this.#underWay;
  }

  /** __ffs_epfile_read_buffer_free. */
  dropSurplus(): void {
    this.#surplus = 'drop';
  }

  /** Copies the bytes that the read before has left (__ffs_epfile_read_buffered). */
  takeSurplus(into: Uint8Array): number {
    const surplus = this.#surplus;
    this.#surplus = undefined;
    if (surplus === undefined || surplus === 'drop') return 0;
    const taken = surplus.subarray(0, into.length);
    into.set(taken);
    if (taken.length < surplus.length) this.#surplus = surplus.subarray(taken.length);
    return taken.length;
  }

  /** Keeps bytes for the next read, unless the endpoint was disabled in the meantime. */
  keepSurplus(bytes: Uint8Array): void {
    this.#surplus ??= bytes.slice();
  }

  /**
   * The endpoint, once it is enabled (ffs_epfile_wait_ep). Unbinding does not end the wait.
   *
   * @throws KernelError EAGAIN nonblock; EINTR
   */
  async waitEnabled(nonblock: boolean, operation: string, interrupt: Interrupt): Promise<FunctionEndpoint> {
    for (;;) {
      const { ep } = this;
      if (ep !== undefined) return ep;
      if (nonblock) throw notEnabled(operation);
      await this.data.enabled.sleep(operation, interrupt);
    }
  }
}
