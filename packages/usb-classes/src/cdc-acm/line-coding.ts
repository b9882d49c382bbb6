import { InputError } from '@gadgetloom/core';

/** Names of the parities, by bParityType. */
export const PARITIES = ['none', 'odd', 'even', 'mark', 'space'] as const;

/** Parity of a serial line. */
export type Parity = (typeof PARITIES)[number];

/** Speed and format of the characters on a serial line (PSTN 1.2, table 17). */
export interface LineCoding {
  /** dwDTERate: bits per second, 0 to 4294967295. */
  readonly baudRate: number;
  /** 1, 1.5 or 2. */
  readonly stopBits: 1 | 1.5 | 2;
  readonly parity: Parity;
  /** 5 to 8, or 16. */
  readonly dataBits: number;
}

/** Bytes of a line coding on the bus. */
export const LINE_CODING_SIZE = 7;

/** Stop bits by bCharFormat. */
const STOP_BITS = [1, 1.5, 2] as const;

/**
 * Reads a line coding. Hosts may send anything: an unknown bCharFormat counts as 1 stop bit, and an unknown bParityType
 * as no parity.
 *
 * @throws InputError not 7 bytes
 */
export function decodeLineCoding(bytes: Uint8Array): LineCoding {
  if (bytes.length !== LINE_CODING_SIZE)
    throw new InputError(`a line coding has ${bytes.length} bytes; it must have ${LINE_CODING_SIZE}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    baudRate: view.getUint32(0, true),
    stopBits: STOP_BITS[bytes[4]!] ?? 1,
    parity: PARITIES[bytes[5]!] ?? 'none',
    dataBits: bytes[6]!,
  };
}

/** Writes a line coding: 7 bytes. @throws InputError a value that does not fit its field */
export function encodeLineCoding({ baudRate, stopBits, parity, dataBits }: LineCoding): Uint8Array {
  const format = STOP_BITS.indexOf(stopBits);
  const type = PARITIES.indexOf(parity);
  if (format < 0) throw new InputError(`the stop bits are ${stopBits}; allowed are 1, 1.5 and 2.`);
  if (type < 0) throw new InputError(`the parity is ${JSON.stringify(parity)}; allowed are ${PARITIES.join(', ')}.`);
  inRange('the baud rate', baudRate, 0xffffffff);
  inRange('the number of data bits', dataBits, 0xff);
  const bytes = new Uint8Array(LINE_CODING_SIZE);
  new DataView(bytes.buffer).setUint32(0, baudRate, true);
  bytes.set([format, type, dataBits], 4);
  return bytes;
}

/** Formats a line coding as people write it: `115200 8N1`. */
export function formatLineCoding({ baudRate, stopBits, parity, dataBits }: LineCoding): string {
  return `${baudRate} ${dataBits}${parity[0]!.toUpperCase()}${stopBits}`;
}

function inRange(what: string, value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 0 || value > largest)
    throw new InputError(`${what} is ${value}; allowed is a whole number from 0 to ${largest}.`);
}
