/** Bits of poll(2): readable, writable, error, hang-up. Source: include/uapi/asm-generic/poll.h. */
export const POLLIN = 0x1;
/** Writable; of a dma-buf: no fence keeps it from being written. */
export const POLLOUT = 0x4;
/** Something is wrong; told without being asked for. */
export const POLLERR = 0x8;
/** The other end is gone; told without being asked for. */
export const POLLHUP = 0x10;

/** An open file, real or modelled: one file descriptor. */
export interface OpenFile extends Disposable {
  /** The descriptor's number; -1 once closed. */
  readonly fd: number;
  /** Closes this descriptor. Closing twice is harmless. */
  close(): void;
}
