import { InputError, isKernelError, KernelError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { EndpointDescriptor } from '@gadgetloom/udc';
import type { FunctionState } from './function-state.ts';

/** Bytes of one write. FunctionFS copies them into a buffer of the kernel. A multiple of every packet size. */
const CHUNK = 64 * 1024;
/** Bytes of a receive that names no size. */
const DEFAULT_RECEIVE = 16 * 1024;
/** The largest receive. Controllers that do not take scatter-gather requests allow less: 4 MiB (ENOMEM). */
const LARGEST_RECEIVE = 2 ** 31;
/** The largest packet of any speed; a read of whole packets cannot overflow (USB 2.0, 5.8.3). */
const LARGEST_PACKET = 1024;

/** Errors of calls that the host has ended: it disabled or reconfigured the function, reset the device, or left. */
const ENDED_BY_HOST: readonly string[] = ['ESHUTDOWN', 'ECONNRESET', 'ENODEV'];

/**
 * Errors of calls that begin again. EINTR: for a halt, or for another call of the file. EPIPE: the host cleared the halt
 * of the endpoint, even if it was not halted (drivers/usb/dwc3/gadget.c, __dwc3_gadget_ep_set_halt).
 */
const INTERRUPTED: readonly string[] = ['EINTR', 'EPIPE'];

/** Options of {@link EndpointBytes.receive}. */
export interface ReceiveOptions {
  /**
   * Most bytes to wait for, rounded up to whole packets of the endpoint; 16 KiB unless given. A short packet ends the
   * transfer. A transfer that ends with a full packet ends here only if it has this size, so give the size of the messages
   * where the host sends no zero-length packet.
   */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

/** Options of {@link EndpointBytes.send}. */
export interface SendOptions {
  /** Ends the message: if its last packet is full, a zero-length packet follows. */
  readonly end?: boolean;
  readonly signal?: AbortSignal;
}

/** The file of an endpoint, as its bytes need it. */
export interface ByteFile extends Pick<EndpointFile, 'read' | 'write' | 'settle' | 'direction' | 'endpointDescriptor'> {
  readonly gadgetName: string;
  /** Ends the calls that wait on the file with EINTR. */
  interrupt(): void;
  /** The descriptor at the current speed, known while the function is enabled. */
  readonly descriptor: EndpointDescriptor | undefined;
}

/**
 * Bytes of an endpoint for commands and responses, without DMABUFs. Calls queue, wait until the host has enabled the
 * function, and can be aborted.
 */
export class EndpointBytes {
  readonly #file: ByteFile;
  readonly #state: FunctionState;
  #last: Promise<unknown> = Promise.resolve();
  /** What arrived while its receiver was aborted. The next receiver gets it. */
  #early: Uint8Array[] = [];
  #halting: Promise<void> | undefined;
  /** The read or write that has the lock of the file, and the latest one after it ended. */
  #underWay: Promise<unknown> = Promise.resolve();
  /** How often the state had changed when the latest read or write began. */
  #changesBefore = 0;

  constructor(file: ByteFile, state: FunctionState) {
    this.#file = file;
    this.#state = state;
    state.onChange((enabled) => {
      if (!enabled) this.#early = [];
    });
  }

  /**
   * Receives one transfer of the host. If the host disables the function meanwhile, the call waits until it enables the
   * function again.
   *
   * @throws InputError the endpoint is IN, or the size is not a number from 1 to 2^31
   * @throws KernelError ESHUTDOWN the stack is closing; any other error of the endpoint file
   * @throws the reason of `signal`
   */
  receive({ size = DEFAULT_RECEIVE, signal }: ReceiveOptions = {}): Promise<Uint8Array> {
    this.#expect('out', 'receive', 'send');
    if (!(size >= 1 && size <= LARGEST_RECEIVE))
      throw new InputError(`size is ${size}: a receive takes from 1 to ${LARGEST_RECEIVE} bytes.`, { field: 'size' });
    let bytes = new Uint8Array(0);
    return this.#inTurn(signal, async () => {
      const early = this.#takeEarly(wholePackets(size, this.#packet));
      if (early !== undefined) return early;
      const count = await this.#retried(
        signal,
        () => {
          bytes = new Uint8Array(wholePackets(size, this.#packet));
          return this.#file.read(bytes);
        },
        (received) => {
          this.#early.push(bytes.slice(0, received));
        },
      );
      return bytes.subarray(0, count);
    });
  }

  /**
   * Sends bytes to the host and resolves when the host has taken them. It waits until the host has enabled the function.
   *
   * @throws InputError the endpoint is OUT, or `bytes` is not a Uint8Array
   * @throws KernelError ESHUTDOWN the host disabled or reconfigured the function after it had taken 64 KiB or more of the
   *   bytes, or the stack is closing. If it had taken less, all of them are sent when it enables the function again.
   * @throws the reason of `signal`
   */
  send(bytes: Uint8Array, { end = false, signal }: SendOptions = {}): Promise<void> {
    this.#expect('in', 'send', 'receive');
    if (!(bytes instanceof Uint8Array))
      throw new InputError(`send takes bytes (a Uint8Array), and got ${bytes === null ? 'null' : typeof bytes}.`);
    return this.#inTurn(signal, async () => {
      let at = 0;
      let begun: number | undefined;
      do {
        const chunk = bytes.subarray(at, at + CHUNK);
        at += await this.#retried(signal, () => this.#file.write(chunk), undefined, begun);
        begun = this.#changesBefore;
      } while (at < bytes.length);
      const packet = this.#packet;
      if (end && bytes.length > 0 && packet > 0 && bytes.length % packet === 0)
        await this.#retried(signal, () => this.#file.write(new Uint8Array(0)), undefined, begun);
    });
  }

  /**
   * Halts the endpoint: the host gets a stall until it clears the halt. A receive or send that is under way continues
   * after the halt.
   *
   * @throws KernelError EAGAIN the endpoint is not enabled; EINVAL it is isochronous; EAGAIN an IN endpoint has data queued
   */
  async halt(): Promise<void> {
    while (this.#halting !== undefined) await this.#halting;
    const halting = this.#halt();
    this.#halting = halting.catch(() => {});
    try {
      await halting;
    } finally {
      this.#halting = undefined;
    }
  }

  async #halt(): Promise<void> {
    // A read or write holds the lock of the endpoint file (f_fs.c, ffs_epfile_io), so it is interrupted first.
    this.#file.interrupt();
    await this.#underWay;
    try {
      // FunctionFS halts an endpoint that is used against its direction (f_fs.c, ffs_epfile_io).
      if (this.#file.direction === 'in') await this.#file.read(new Uint8Array(0));
      else await this.#file.write(new Uint8Array(0));
    } catch (error) {
      if (!isKernelError(error, 'EBADMSG')) throw error;
    }
  }

  /** Bytes of a packet; 0 while they are not known. */
  get #packet(): number {
    return (this.#file.descriptor?.maxPacketSize ?? 0) & 0x7ff;
  }

  #expect(direction: 'in' | 'out', used: string, instead: string): void {
    if (this.#file.direction === direction) return;
    throw new InputError(
      `endpoint "${this.#file.gadgetName}" is ${this.#file.direction.toUpperCase()} and cannot ${used}: use ${instead}.`,
    );
  }

  /** Takes from what arrived early. The rest of a transfer that does not fit stays for the next receiver. */
  #takeEarly(room: number): Uint8Array | undefined {
    const early = this.#early.shift();
    if (early === undefined || early.length <= room) return early;
    this.#early.unshift(early.subarray(room));
    return early.subarray(0, room);
  }

  /** Calls after the earlier calls have ended. A call that is aborted before its turn ends at once. */
  #inTurn<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    const result = new Promise<T>((resolve, reject) => {
      const leave = (): void => reject(signal?.reason);
      if (signal?.aborted) leave();
      else signal?.addEventListener('abort', leave, { once: true });
      const turn = this.#last.then(() => {
        signal?.removeEventListener('abort', leave);
        signal?.throwIfAborted();
        return call();
      });
      this.#last = turn.catch(() => {});
      turn.then(resolve, reject);
    });
    // A host can end a call that nobody waits for, and must not end the program with it.
    result.catch(() => {});
    return result;
  }

  /**
   * Repeats a call until it ends otherwise than by the host, an interruption or another user of the file.
   *
   * @param late gets the result of a call that ended although it was aborted
   * @param begun what {@link FunctionState.changes} was when the host took the first part of the message, which cannot
   *   begin again
   */
  async #retried(
    signal: AbortSignal | undefined,
    call: () => Promise<number>,
    late?: (result: number) => void,
    begun?: number,
  ): Promise<number> {
    for (;;) {
      signal?.throwIfAborted();
      // Nothing is awaited between this check and the call, so that no abort, halt or event comes in between.
      const obstacle = this.#obstacle(signal, begun);
      if (obstacle !== undefined) {
        await obstacle;
        continue;
      }
      const { changes } = this.#state;
      this.#changesBefore = changes;
      const outcome = await this.#once(signal, call);
      if (typeof outcome === 'number') {
        if (!signal?.aborted || late === undefined) return outcome;
        late(outcome);
      }
      signal?.throwIfAborted();
      if (this.#state.closed) throw this.#ended();
      if (isKernelError(outcome) && INTERRUPTED.includes(outcome.code)) continue;
      const busy = isKernelError(outcome, 'EAGAIN');
      if (!busy && !endedByHost(outcome)) throw outcome;
      // EAGAIN: someone else uses the file, or the host disabled the endpoint and an event will follow.
      if (busy && (await this.#usable())) await aborted(signal, this.#file.settle());
      else await this.#state.nextChange(signal, changes);
    }
  }

  /** What a call must wait for first: that the function is enabled, or that a halt is over. @throws the message ended */
  #obstacle(signal: AbortSignal | undefined, begun: number | undefined): Promise<unknown> | undefined {
    const { enabled, closed, changes } = this.#state;
    if (closed || (begun !== undefined && (begun !== changes || !enabled))) throw this.#ended();
    if (!enabled) return this.#state.nextChange(signal);
    return this.#halting;
  }

  /** True if the endpoint is enabled now. The event that tells so may come later. */
  #usable(): Promise<boolean> {
    return this.#file.endpointDescriptor().then(
      () => true,
      () => false,
    );
  }

  /** Calls once, and returns the result or the error. */
  async #once(signal: AbortSignal | undefined, call: () => Promise<number>): Promise<unknown> {
    const interrupt = (): void => this.#file.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    const outcome = call().catch((error: unknown) => error);
    this.#underWay = outcome;
    try {
      return await outcome;
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }

  #ended(): KernelError {
    const advice = 'the host disabled the function, reset the device or left, or the stack is closing.';
    return new KernelError('ESHUTDOWN', `use ${this.#file.gadgetName}`, advice);
  }
}

/** Bytes of so many whole packets that `size` bytes fit, and at least one. */
function wholePackets(size: number, packet: number): number {
  const each = packet > 0 ? packet : LARGEST_PACKET;
  return Math.max(1, Math.ceil(size / each)) * each;
}

function endedByHost(error: unknown): boolean {
  return isKernelError(error) && ENDED_BY_HOST.includes(error.code);
}

/** Waits for a promise. @throws the reason of `signal` */
function aborted<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
