import { type Clock, isKernelError, MILLISECOND, POLLIN, POLLOUT, SECOND, sleep } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';

/** How long streams wait for a busy buffer, as the kernel does (f_fs.c, DMABUF_ENQUEUE_TIMEOUT_MS). */
export const BUSY_LIMIT = 5 * SECOND;

/** Makes a call on the endpoint file with O_NONBLOCK set or cleared; the kernel looks at it when a call is made. */
export function withNonblock<T>(endpoint: EndpointFile, nonblock: boolean, call: (endpoint: EndpointFile) => T): T {
  const before = endpoint.nonblock;
  if (before === nonblock) return call(endpoint);
  endpoint.nonblock = nonblock;
  try {
    return call(endpoint);
  } finally {
    endpoint.nonblock = before;
  }
}

/**
 * Waits for an endpoint to be enabled. It asks for the endpoint's descriptor, because that ioctl waits for the endpoint
 * and does nothing else: it does not matter if the answer comes when it is not wanted any more.
 */
export class EnableGate {
  readonly #endpoint: EndpointFile;
  readonly #clock: Clock;
  /** How often in a row the endpoint was reported enabled and then took nothing. */
  #inVain = 0;
  #closed = false;
  #asking = false;
  /** Ends the pause. */
  #wake: (() => void) | undefined;
  #abandoned = false;

  constructor(endpoint: EndpointFile, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  /** True while the gate waits for the endpoint. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Resolves once the endpoint is enabled, or the gate abandoned.
   *
   * @throws KernelError ENODEV, EBADF: there is no endpoint to wait for
   */
  async wait(): Promise<void> {
    this.#closed = true;
    try {
      if (this.#inVain++ > 1) await this.#pause();
      while (!this.#abandoned && !(await this.#asked())) {
        await this.#pause();
        this.#inVain++;
      }
    } finally {
      this.#closed = false;
    }
  }

  /**
   * Waits until the read or write is over that the endpoint is in use by. A retry that is refused nevertheless was so
   * because of other processes, which no event tells of: they are given ever more time.
   *
   * @returns false, at once, if the endpoint is not enabled
   * @throws KernelError ENODEV, EBADF: there is no endpoint to wait for
   */
  async waitUnused(): Promise<boolean> {
    if (!(await isEnabled(this.#endpoint, true))) return false;
    if (this.#inVain++ > 0) await this.#pause();
    await this.#endpoint.settle();
    return true;
  }

  /** The endpoint took something. */
  passed(): void {
    this.#inVain = 0;
  }

  /** Nobody wants to know any more. A call that goes on would keep the endpoint file from being released. */
  abandon(mayInterrupt: boolean): void {
    this.#abandoned = true;
    this.#wake?.();
    if (this.#asking && mayInterrupt) this.#endpoint.interrupt();
  }

  /** Asks, and waits for the answer. False if it was none. */
  async #asked(): Promise<boolean> {
    this.#asking = true;
    try {
      return await isEnabled(this.#endpoint, false);
    } finally {
      this.#asking = false;
    }
  }

  async #pause(): Promise<void> {
    if (this.#abandoned) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(Math.min(2 ** this.#inVain, 100) * MILLISECOND, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

const NOT_NOW = ['EAGAIN', 'ESHUTDOWN'] as const;

/** @throws KernelError ENODEV, EBADF: there is no endpoint */
async function isEnabled(endpoint: EndpointFile, nonblock: boolean): Promise<boolean> {
  try {
    await withNonblock(endpoint, nonblock, (file) => file.endpointDescriptor());
    return true;
  } catch (error) {
    if (isKernelError(error, 'EINVAL')) return true; // Enabled, but without a descriptor for this speed.
    if (isKernelError(error, 'EINTR')) return nonblock; // A waiting caller must ask again.
    if (NOT_NOW.some((code) => isKernelError(error, code))) return false;
    throw error;
  }
}

/**
 * Waits until nobody else uses `buffer` in a way that a transfer would conflict with, for {@link BUSY_LIMIT} from
 * `since` on. False when it took too long.
 */
export async function untilFree(
  buffer: DmaBuf,
  direction: EndpointFile['direction'],
  clock: Clock,
  since: number,
): Promise<boolean> {
  const left = since + BUSY_LIMIT - clock.now();
  if (left <= 0) return false;
  const events = direction === 'in' ? POLLIN : POLLOUT;
  try {
    if (buffer.poll(events) === 0) return (await buffer.ready(events, left)) !== 0;
    // Its fences have signaled: someone holds its lock, which never takes long.
    await sleep(clock, MILLISECOND);
    return true;
  } catch (error) {
    // If the buffer cannot be polled, for example because it is closed, the next try fails with the kernel's error.
    if (isKernelError(error)) return true;
    throw error;
  }
}
