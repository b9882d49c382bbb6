import { type Clock, isKernelError, MILLISECOND, POLLIN, POLLOUT, SECOND, sleep } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';

/** How long a busy buffer is waited for, as the kernel does it (f_fs.c, DMABUF_ENQUEUE_TIMEOUT_MS). */
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
  /** How often in a row the endpoint was said to be enabled and then took nothing. */
  #inVain = 0;
  #asking = false;
  #abandoned = false;

  constructor(endpoint: EndpointFile, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  /**
   * Resolves once the endpoint is enabled, or the gate abandoned.
   *
   * @throws KernelError ENODEV, EBADF: there is no endpoint to wait for
   */
  async wait(): Promise<void> {
    if (this.#inVain++ > 1) await this.#pause();
    while (!this.#abandoned) {
      try {
        await this.#ask();
        return;
      } catch (error) {
        if (isKernelError(error, 'EINVAL')) return; // Enabled, but without a descriptor for this speed.
        if (!AGAIN.some((code) => isKernelError(error, code))) throw error;
      }
      await this.#pause();
      this.#inVain++;
    }
  }

  /** The endpoint took something. */
  passed(): void {
    this.#inVain = 0;
  }

  /** Nobody wants to know any more. A call that goes on would keep the endpoint file from being released. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#asking) this.#endpoint.interrupt?.();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      await withNonblock(this.#endpoint, false, askForDescriptor);
    } finally {
      this.#asking = false;
    }
  }

  async #pause(): Promise<void> {
    if (!this.#abandoned) await sleep(this.#clock, Math.min(2 ** this.#inVain, 100) * MILLISECOND);
  }
}

const AGAIN = ['EAGAIN', 'ESHUTDOWN', 'EINTR'] as const;
const askForDescriptor = (endpoint: EndpointFile) => endpoint.endpointDescriptor();

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
    // Its fences are no obstacle: somebody holds its lock, which never takes long.
    await sleep(clock, MILLISECOND);
    return true;
  } catch (error) {
    // A buffer that cannot be asked (closed, for one) is refused by the next try, in the kernel's own words.
    if (isKernelError(error)) return true;
    throw error;
  }
}
