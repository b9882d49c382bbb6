import { InputError, isKernelError, KernelError } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { EndpointDescriptor } from '@gadgetloom/udc';
import type { FunctionState } from './function-state.ts';

/** Bytes of one write. FunctionFS copies them into a buffer of the kernel. A multiple of every packet size. */
const CHUNK = 64 * 1024;
/** Bytes of a receive that names no size. */
const DEFAULT_RECEIVE = 16 * 1024;
/** The largest packet of any speed; a read of whole packets cannot overflow (USB 2.0, 5.8.3). */
const LARGEST_PACKET = 1024;

/** Errors of calls that the host has ended: it disabled or reconfigured the function, reset the device, or left. */
const ENDED_BY_HOST: readonly string[] = ['ESHUTDOWN', 'ECONNRESET', 'ENODEV'];

/** Options of {@link EndpointBytes.receive}. */
export interface ReceiveOptions {
  /** Most bytes to wait for, rounded up to whole packets of 1024 bytes; 16 KiB unless given. A short packet ends it. */
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
export interface ByteFile extends Pick<EndpointFile, 'read' | 'write' | 'settle' | 'direction'> {
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
   * @throws InputError the endpoint is IN
   * @throws KernelError ESHUTDOWN the stack is closing; any other error of the endpoint file
   * @throws the reason of `signal`
   */
  receive({ size = DEFAULT_RECEIVE, signal }: ReceiveOptions = {}): Promise<Uint8Array> {
    this.#expect('out', 'receive', 'send');
    const bytes = new Uint8Array(Math.max(1, Math.ceil(size / LARGEST_PACKET)) * LARGEST_PACKET);
    return this.#inTurn(signal, async () => {
      const early = this.#early.shift();
      if (early !== undefined) return early;
      const count = await this.#retried(
        signal,
        () => this.#file.read(bytes),
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
   * @throws InputError the endpoint is OUT
   * @throws KernelError ESHUTDOWN the host disabled the function before it had taken everything, or the stack is closing
   * @throws the reason of `signal`
   */
  send(bytes: Uint8Array, { end = false, signal }: SendOptions = {}): Promise<void> {
    this.#expect('in', 'send', 'receive');
    return this.#inTurn(signal, async () => {
      let at = 0;
      do {
        const chunk = bytes.subarray(at, at + CHUNK);
        at += await this.#retried(signal, () => this.#file.write(chunk), undefined, at > 0);
      } while (at < bytes.length);
      const packet = (this.#file.descriptor?.maxPacketSize ?? 0) & 0x7ff;
      if (end && bytes.length > 0 && packet > 0 && bytes.length % packet === 0)
        await this.#retried(signal, () => this.#file.write(new Uint8Array(0)), undefined, true);
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

  #expect(direction: 'in' | 'out', used: string, instead: string): void {
    if (this.#file.direction === direction) return;
    throw new InputError(
      `endpoint "${this.#file.gadgetName}" is ${this.#file.direction.toUpperCase()} and cannot ${used}: use ${instead}.`,
    );
  }

  #inTurn<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      signal?.throwIfAborted();
      return call();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /**
   * Repeats a call until it ends otherwise than by the host, an interruption or another user of the file.
   *
   * @param late gets the result of a call that ended although it was aborted
   * @param started true if the host has taken part of the message, so that it cannot begin again
   */
  async #retried(
    signal: AbortSignal | undefined,
    call: () => Promise<number>,
    late?: (result: number) => void,
    started = false,
  ): Promise<number> {
    for (;;) {
      await this.#enabled(signal, started);
      const { changes } = this.#state;
      const outcome = await this.#once(signal, call);
      if (typeof outcome === 'number') {
        if (!signal?.aborted || late === undefined) return outcome;
        late(outcome);
      }
      signal?.throwIfAborted();
      if (this.#state.closed) throw this.#ended();
      if (isKernelError(outcome, 'EINTR')) continue;
      if (!isKernelError(outcome, 'EAGAIN') && !endedByHost(outcome)) throw outcome;
      if (this.#state.changes !== changes) continue;
      // EAGAIN: someone else uses the file until it settles, or the host disabled the endpoint and DISABLE will follow.
      if (isKernelError(outcome, 'EAGAIN') && (await this.#file.settle(0)) > 0) await this.#file.settle();
      else await this.#state.nextChange(signal);
    }
  }

  /** Waits until the function is enabled and no halt is under way. */
  async #enabled(signal: AbortSignal | undefined, started: boolean): Promise<void> {
    signal?.throwIfAborted();
    while (!this.#state.enabled || this.#halting !== undefined) {
      if (this.#state.closed || (started && !this.#state.enabled)) throw this.#ended();
      await (this.#halting ?? this.#state.nextChange(signal));
      signal?.throwIfAborted();
    }
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

function endedByHost(error: unknown): boolean {
  return isKernelError(error) && ENDED_BY_HOST.includes(error.code);
}
