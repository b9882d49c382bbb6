import { KernelError } from '@gadgetloom/core';
import type { EndpointDescriptor, GadgetEndpoint } from '@gadgetloom/udc';
import { UsbRequest } from '@gadgetloom/udc';
import { BounceBuffer } from './bounce-buffer.ts';
import { DmaBufList } from './dmabuf-list.ts';
import type { FfsData } from './ffs-data.ts';
import { Mutex } from './mutex.ts';

/** An endpoint that a bound function has claimed (struct ffs_ep). */
export class FunctionEndpoint {
  readonly endpoint: GadgetEndpoint;
  /** For read and write, one at a time. */
  readonly request: UsbRequest = new UsbRequest();
  /** As the host sees them: full, high, super speed. */
  readonly descriptors: (EndpointDescriptor | undefined)[] = [undefined, undefined, undefined];

  constructor(endpoint: GadgetEndpoint) {
    this.endpoint = endpoint;
  }
}

/** What all open files of one endpoint share (struct ffs_epfile). */
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
  readonly bounce: BounceBuffer = new BounceBuffer();
  readonly dmabufs: DmaBufList;
  /** Bytes that were received beyond what was asked for; `'drop'`: the endpoint was disabled since. */
  #surplus: Uint8Array | 'drop' | undefined = undefined;

  constructor(data: FfsData, name: string, isIn: boolean) {
    this.data = data;
    this.name = name;
    this.isIn = isIn;
    this.dmabufs = new DmaBufList(this);
  }

  /** __ffs_epfile_read_buffer_free. */
  dropSurplus(): void {
    this.#surplus = 'drop';
  }

  /** Moves what was left over by the read before (__ffs_epfile_read_buffered). */
  takeSurplus(into: Uint8Array): number {
    const surplus = this.#surplus;
    this.#surplus = undefined;
    if (surplus === undefined || surplus === 'drop') return 0;
    const taken = surplus.subarray(0, into.length);
    into.set(taken);
    if (taken.length < surplus.length) this.#surplus = surplus.subarray(taken.length);
    return taken.length;
  }

  /** Keeps bytes for the next read, unless the endpoint was disabled meanwhile. */
  keepSurplus(bytes: Uint8Array): void {
    this.#surplus ??= bytes.slice();
  }

  /**
   * The endpoint, once it is enabled (ffs_epfile_wait_ep). Unbinding does not end the wait.
   *
   * @throws KernelError EAGAIN nonblock; EINTR
   */
  async waitEnabled(nonblock: boolean, operation: string, abort: AbortSignal): Promise<FunctionEndpoint> {
    for (;;) {
      const { ep } = this;
      if (ep !== undefined) return ep;
      if (nonblock) throw notEnabled(operation);
      await this.data.enabled.sleep(operation, abort);
    }
  }
}

/** What O_NONBLOCK gets while the host has not configured the device. */
export function notEnabled(operation: string): KernelError {
  const advice = 'The endpoint is not enabled: it is from the ENABLE event on, until DISABLE or UNBIND.';
  return new KernelError('EAGAIN', operation, advice);
}

/** For an endpoint that was disabled, or enabled anew, while a call waited. */
export function disabledMeanwhile(operation: string): KernelError {
  return new KernelError('ESHUTDOWN', operation, 'The endpoint was disabled while the call waited: start over.');
}

/** For calls on the files of an instance whose descriptors and strings are not in force. */
export function notActive(operation: string, state: string): KernelError {
  return new KernelError(
    'ENODEV',
    operation,
    `The instance is in state ${state}: write descriptors and strings first.`,
  );
}
