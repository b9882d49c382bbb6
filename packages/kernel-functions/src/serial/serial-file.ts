import type { SerialLine } from './serial-port.ts';

/** One open of a terminal, until the kernel hangs it up. {@link openSerialPort} makes a lasting port from it. */
export interface SerialFile {
  /** True once the kernel has hung the terminal up: this file moves no more bytes, and the next open gets a fresh one. */
  readonly hungUp: boolean;
  /** Reads at once. @returns the number of bytes; 0 if none is there, or the terminal was hung up */
  read(into: Uint8Array): number;
  /** Writes at once. @returns the number of bytes that the kernel took; 0 if it has no room, or hung the terminal up */
  write(bytes: Uint8Array): number;
  /** Resolves when one of `events` (POLLIN, POLLOUT) holds, and also on a hangup or when the file is closed. */
  ready(events: number): Promise<void>;
  /** Bytes that the terminal keeps for the host (TIOCOUTQ). */
  readonly unsent: number;
  /** TIOCSBRK or TIOCCBRK. */
  setBreak(on: boolean): void;
  /** Closes the file; resolves when the kernel has let it go. Closing twice is harmless. */
  close(): Promise<void>;
}

/** The terminal of a serial function: what {@link openSerialPort} needs of a kernel. */
export interface SerialTerminal {
  /** Path: `/dev/ttyGS0`. */
  readonly path: string;
  /** The function's attribute `port_num`. */
  readonly portNumber: number;
  /** What the host does with the line, if the kernel tells. */
  readonly line: SerialLine | undefined;
  /**
   * Opens the terminal in raw mode, without blocking.
   *
   * @param onHangup called once when the kernel hangs this file up
   * @throws KernelError ENODEV, ENOENT the function is gone
   */
  open(onHangup: () => void): Promise<SerialFile>;
}
