/** Bits of poll(2): readable, writable, error, hang-up. Source: include/uapi/asm-generic/poll.h. */
export const POLLIN = 0x1;
/** Writable. A dma-buf is writable when none of its fences is pending. */
export const POLLOUT = 0x4;
/** An error. poll reports it unasked. */
export const POLLERR = 0x8;
/** The other end is gone. poll reports it unasked. */
export const POLLHUP = 0x10;

/** An open file, real or modelled: one file descriptor. */
export interface OpenFile extends Disposable {
  /** The descriptor's number; -1 once closed. */
  readonly fd: number;
  /** Closes this descriptor. Closing twice is harmless. */
  close(): void;
}
