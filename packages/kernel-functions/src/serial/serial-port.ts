import { type Token, token } from '@gadgetloom/core';
import type { LineCoding } from '@gadgetloom/usb-classes/cdc-acm';

/** The place of a serial function of the kernel: `usb_gadget/GADGET/functions/TYPE.INSTANCE` in configfs. */
export interface SerialPortAddress {
  /** Name of the gadget. */
  readonly gadget: string;
  /** `'acm'`, `'gser'` or `'obex'`. */
  readonly type: string;
  /** The name behind the dot: the name of the function in the gadget's definition. */
  readonly instance: string;
}

/** Options of operations that can take long. */
export interface SerialWait {
  /** Aborting it ends the operation with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link SerialPort.read}. */
export interface SerialRead extends SerialWait {
  /** Most bytes to return, from 1 on; 4096 by default. */
  readonly max?: number;
}

/** The lines that a host drives. */
export interface ControlLines {
  /** Data terminal ready: most hosts set it while a program has the port open. */
  readonly dtr: boolean;
  /** Request to send. */
  readonly rts: boolean;
}

/** A change of the line by the host. */
export type LineChange =
  | { readonly type: 'line-coding'; readonly lineCoding: LineCoding }
  | { readonly type: 'control-lines'; readonly controlLines: ControlLines }
  /** A break of so many milliseconds. 0 ends a break, and 65535 lasts until then. */
  | { readonly type: 'break'; readonly duration: number };

/** The line as the host has set it. */
export interface SerialLine {
  /** `undefined` until a host has set it. */
  readonly lineCoding: LineCoding | undefined;
  readonly controlLines: ControlLines;
  /** Calls back for each change, until the returned disposable is disposed. */
  onChange(listener: (change: LineChange) => void): Disposable;
}

/**
 * The program's end of a serial function: /dev/ttyGS* in raw mode. It stays open over everything that a host does. When
 * the host leaves, resets or reconfigures the device, the kernel hangs the terminal up and drops what was under way; the
 * port then opens it again, and pending reads and writes go on.
 */
export interface SerialPort extends AsyncDisposable {
  /** Path of the terminal: `/dev/ttyGS0`. Simulated kernels use the same names. */
  readonly path: string;
  /** The function's attribute `port_num`, 0 to 7. */
  readonly portNumber: number;
  /**
   * What the host does with the line; `undefined` if the kernel does not tell. Linux keeps it in the function (f_acm.c), and
   * no program of the gadget can learn it.
   */
  readonly line: SerialLine | undefined;
  /**
   * Returns what the host has sent, at least one byte; waits if there is nothing. Reads take turns.
   *
   * @returns `undefined` once the port is closed or its function is gone
   * @throws the reason of `signal`; no bytes are lost
   */
  read(options?: SerialRead): Promise<Uint8Array | undefined>;
  /**
   * Resolves when the kernel has taken all bytes. It takes some kilobytes while no host is there. Writes take turns.
   *
   * @throws KernelError ENODEV the function is gone; EBADF the port is closed
   * @throws the reason of `signal`; the kernel may have taken some of the bytes
   */
  write(bytes: Uint8Array, options?: SerialWait): Promise<void>;
  /** Resolves when the kernel has passed everything on to the controller. @throws the reason of `signal` */
  drain(options?: SerialWait): Promise<void>;
  /** Begins or ends a break, which the host of an `acm` function sees in SERIAL_STATE (TIOCSBRK, TIOCCBRK). */
  setBreak(on: boolean): void;
  /** Calls back whenever the terminal was hung up, until the returned disposable is disposed. */
  onHangup(listener: () => void): Disposable;
  /** Closes the port. The kernel waits up to 15 seconds for a host that is there to take what is left. */
  close(): Promise<void>;
}

/** Opens the serial ports of a kernel. */
export interface SerialPorts {
  /**
   * Puts the terminal of a function into raw mode while no host is there yet. Otherwise the kernel would echo what a host
   * sends before a program opens the terminal.
   *
   * @throws KernelError ENOENT no such function
   */
  prepare(address: SerialPortAddress): Promise<void>;
  /** Opens the terminal of a function. @throws KernelError ENOENT no such function; EACCES */
  open(address: SerialPortAddress, options?: SerialWait): Promise<SerialPort>;
}

/** The serial ports of the kernel under a stack. Real Linux and simulated boards provide it. */
export const SERIAL_PORTS: Token<SerialPorts> = token('@gadgetloom/kernel-functions:SerialPorts');

/** Types of functions whose program end is a serial port. */
export const SERIAL_FUNCTIONS: readonly string[] = ['acm', 'gser', 'obex'];
