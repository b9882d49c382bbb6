import { type Clock, Errno, type Token, type TraceSink, token } from '@gadgetloom/core';
import { type Addon, loadAddon } from '@gadgetloom/linux-native';
import { BufferLedger } from '../buffers/buffer-ledger.ts';
import { Terminals } from '../serial/terminals.ts';
import { AsyncCalls } from './async-calls.ts';
import { Guards } from './guards.ts';
import { LINUX_PATHS, type LinuxPaths } from './paths.ts';
import { Readiness } from './readiness.ts';
import { TransferCall } from './transfer-call.ts';

/** What all objects of one stack share to talk to the kernel. */
export class LinuxKernel implements Disposable {
  readonly addon: Addon;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly paths: LinuxPaths;
  readonly readiness: Readiness;
  /** The call that starts a DMABUF transfer. */
  readonly transferCall: TransferCall;
  /** Asynchronous reads and writes, which take as long as the host does. */
  readonly calls: AsyncCalls;
  /** The buffers in use and their attachments. */
  readonly ledger: BufferLedger;
  /** The terminals of serial functions that this stack has open. */
  readonly terminals = new Terminals();
  /** Counts the calls that were refused to protect the kernel. */
  readonly guards = new Guards();
  /**
   * FunctionFS instances whose gadget this stack is unbinding now. Their functions can lose the controller at any
   * moment.
   */
  readonly unbinding = new Set<string>();
  readonly #numbers = new Map<string, number>();
  /**
   * CLOCK_MONOTONIC when the stack's clock was 0, in whole nanoseconds. `undefined` unless the stack's clock is the
   * machine's, because only then do both run at the same rate.
   */
  readonly #epoch: number | undefined;

  constructor(options: { clock: Clock; trace?: TraceSink; paths?: Partial<LinuxPaths> }) {
    this.addon = loadAddon();
    this.clock = options.clock;
    if (this.clock.turn !== undefined) this.#epoch = Math.round(monotonic() - this.clock.now());
    this.trace = options.trace;
    this.paths = { ...LINUX_PATHS, ...options.paths };
    this.readiness = new Readiness(this.addon, this.clock);
    this.transferCall = new TransferCall(this.addon);
    this.calls = new AsyncCalls(this.addon, this.readiness);
    this.ledger = new BufferLedger(this.addon);
    this.addon.requests.forEach((name, index) => {
      this.#numbers.set(name, index);
    });
  }

  /** Makes an ioctl(2) by the request's name. Returns the result or the negative errno. */
  ioctl(fd: number, request: string, argument?: Uint8Array): number {
    return this.addon.ioctl(fd, this.#numbers.get(request) ?? -1, argument);
  }

  /** True if the file is a dma-buf. Other files do not have its ioctls. */
  isDmaBuf(fd: number): boolean {
    return this.ioctl(fd, 'DMA_BUF_IOCTL_SYNC', new Uint8Array(8)) === -Errno.EINVAL;
  }

  /** Converts a time of the stack's clock into CLOCK_MONOTONIC. Nanoseconds. */
  hostTime(at: number): bigint {
    return process.hrtime.bigint() + BigInt(Math.max(0, Math.round(at - this.clock.now())));
  }

  /** Converts a past time of CLOCK_MONOTONIC into the stack's clock. Whole nanoseconds. */
  stackTime(at: number): number {
    const epoch = this.#epoch ?? Math.round(monotonic() - this.clock.now());
    return Math.max(0, at - epoch);
  }

  [Symbol.dispose](): void {
    this.ledger.spent.close();
    this.calls[Symbol.dispose]();
    this.readiness[Symbol.dispose]();
  }
}

/** CLOCK_MONOTONIC, in nanoseconds. */
function monotonic(): number {
  return Number(process.hrtime.bigint());
}

/** Token of the kernel under a stack of the Linux backend. */
export const LINUX_KERNEL: Token<LinuxKernel> = token('@gadgetloom/backend-linux:LinuxKernel');
