import type { EndpointDefinition } from '../definition/definition.ts';
import type { DescribedSpeed } from './speed.ts';

/** Largest packet in bytes, and its place in the specification. */
export interface PacketLimit {
  readonly bytes: number;
  readonly source: string;
}

/** Largest packet by transfer type and speed. */
export const PACKET_LIMITS: Readonly<
  Record<EndpointDefinition['type'], Readonly<Record<DescribedSpeed, PacketLimit>>>
> = {
  bulk: {
    full: { bytes: 64, source: 'USB 2.0, 5.8.3' },
    high: { bytes: 512, source: 'USB 2.0, 5.8.3' },
    super: { bytes: 1024, source: 'USB 3.2, 9.6.6' },
  },
  interrupt: {
    full: { bytes: 64, source: 'USB 2.0, 5.7.3' },
    high: { bytes: 1024, source: 'USB 2.0, 5.7.3' },
    super: { bytes: 1024, source: 'USB 3.2, 9.6.6' },
  },
  isochronous: {
    full: { bytes: 1023, source: 'USB 2.0, 5.6.3' },
    high: { bytes: 1024, source: 'USB 2.0, 5.6.3' },
    super: { bytes: 1024, source: 'USB 3.2, 9.6.6' },
  },
};

/** Smallest packet that allows more than one transaction per microframe (USB 2.0, table 9-14). */
export const SMALLEST_WITH_TRANSACTIONS: Readonly<Record<number, number>> = { 1: 1, 2: 513, 3: 683 };

/** Default packet size of an interrupt endpoint. */
export const INTERRUPT_PACKET = 64;
/** Default of the milliseconds between two service intervals. */
export const DEFAULT_INTERVAL: Readonly<Record<'interrupt' | 'isochronous', number>> = { interrupt: 8, isochronous: 1 };
/** Bytes of each packet of a burst at super speed (USB 3.2, 9.6.6). */
export const BURST_PACKET = 1024;
