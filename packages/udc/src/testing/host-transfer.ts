import { type BusTransfer, Handshake } from '../bus/bus.ts';

/** A transfer of the host: a number of bytes, or the bytes themselves. */
export function hostTransfer(data: Uint8Array | number, zeroPacket = false): BusTransfer {
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  return { data: bytes, length: bytes.length, zeroPacket, actual: 0 };
}

const NAMES = new Map<number, string>(Object.entries(Handshake).map(([name, value]) => [value, name]));

/** `'ACK'`, `'NAK'` ... */
export const handshakeName = (handshake: Handshake): string => NAMES.get(handshake) ?? String(handshake);
