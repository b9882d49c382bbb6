import { Errno } from '@gadgetloom/core';
import type { AsyncCall } from '../kernel/async-calls.ts';
import { refusal } from '../kernel/kernel-call.ts';
import type { EndpointShare } from './endpoint-share.ts';

const ADVICE = {
  EAGAIN:
    'The endpoint is not enabled, or another call uses it. It is enabled from the ENABLE event until DISABLE or UNBIND.',
  EBADMSG: 'The endpoint has the other direction, and this call halted it.',
  ESHUTDOWN: 'The endpoint was disabled meanwhile. Start over after the next ENABLE event.',
  EINTR: 'The call was interrupted.',
  EOVERFLOW: 'The host sent more bytes than the call had room for. Read into a larger array.',
} as const;

/** Calls of one endpoint file that can wait and be interrupted. */
export class EndpointCalls {
  readonly #share: EndpointShare;
  readonly #fd: () => number;
  readonly #interrupts = new Set<() => void>();

  /** @param fd the file's descriptor; -1 once closed */
  constructor(share: EndpointShare, fd: () => number) {
    this.#share = share;
    this.#fd = fd;
  }

  /**
   * Reads or writes after the earlier calls have ended. Resolves with the bytes moved.
   *
   * @param halts true if the call goes against the endpoint's direction, which halts the endpoint
   */
  async move(operation: string, nonblock: boolean, halts: boolean, start: (fd: number) => AsyncCall): Promise<number> {
    const before = this.#share.lastCall;
    if (before !== undefined && nonblock) throw refusal(-Errno.EAGAIN, operation, ADVICE);
    let over: () => void = () => {};
    const mine = new Promise<void>((resolve) => {
      over = resolve;
    });
    this.#share.lastCall = mine;
    try {
      if (before !== undefined) await this.interruptible(operation, before);
      return await this.retry(operation, nonblock, () => this.#run(start), halts);
    } finally {
      over();
      if (this.#share.lastCall === mine) this.#share.lastCall = undefined;
    }
  }

  /** Repeats the call until the endpoint is enabled. Resolves with the result. */
  async retry(
    operation: string,
    nonblock: boolean,
    call: () => number | Promise<number>,
    halts = false,
  ): Promise<number> {
    for (;;) {
      if (this.#fd() < 0) throw refusal(-Errno.EBADF, operation, ADVICE);
      const result = await call();
      if (result >= 0) return result;
      // EAGAIN also means that an endpoint with queued requests cannot be halted.
      if (result !== -Errno.EAGAIN || nonblock || (halts && this.#share.enabled(this.#fd())))
        throw refusal(result, operation, ADVICE);
      await this.untilEnabled(operation);
    }
  }

  /** Waits for the endpoint to be enabled. @throws KernelError EINTR; EBADF the file was closed meanwhile */
  async untilEnabled(operation: string): Promise<void> {
    let cancel: () => void = () => {};
    const enabled = new Promise<void>((resolve) => {
      const waiter = this.#share.whenEnabled(this.#fd, resolve);
      cancel = () => waiter.cancel();
    });
    try {
      await this.interruptible(operation, enabled);
    } finally {
      cancel();
    }
  }

  /** Waits for a promise. @throws KernelError EINTR it was interrupted first */
  async interruptible<T>(operation: string, promise: Promise<T>): Promise<T> {
    let interrupt: () => void = () => {};
    const interrupted = new Promise<never>((_, reject) => {
      interrupt = () => reject(refusal(-Errno.EINTR, operation, ADVICE));
    });
    this.#interrupts.add(interrupt);
    try {
      return await Promise.race([promise, interrupted]);
    } finally {
      this.#interrupts.delete(interrupt);
    }
  }

  /** Interrupts every waiting call. */
  interrupt(): void {
    for (const interrupt of [...this.#interrupts]) interrupt();
  }

  async #run(start: (fd: number) => AsyncCall): Promise<number> {
    const call = start(this.#fd());
    let interrupted = false;
    const interrupt = (): void => {
      interrupted = true;
      call.cancel();
    };
    this.#interrupts.add(interrupt);
    try {
      const result = await call.result;
      return interrupted && result === -Errno.ECONNRESET ? -Errno.EINTR : result;
    } finally {
      this.#interrupts.delete(interrupt);
    }
  }
}
