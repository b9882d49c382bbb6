import { MICROSECOND, MILLISECOND } from '@gadgetloom/core';
import type { CompanionDescriptor, TransferType, UsbSpeed } from '@gadgetloom/udc';

/** The timing of a bus of one speed. All times are nanoseconds. */
export interface BusTimes {
  /** Duration of a frame or microframe. */
  readonly frame: number;
  /** The part of a frame that its start takes. */
  readonly frameOverhead: number;
  /** True if a turn must end in the frame in which it began (USB 2.0, 5.11.3: no babble past the end of a frame). */
  readonly endsInFrame: boolean;
  /** Duration of one byte on the wire, with the line code and without bit stuffing. */
  readonly byte: number;
  /** Overhead of a packet of each type in bytes: token, sync, CRC, handshake, turn-around of the bus and of the host. */
  readonly packetOverhead: Readonly<Record<TransferType, number>>;
  /** Time before the first packet of a burst: the request of the host, and the response time of the device. */
  readonly burstOverhead: number;
}

const usb2 = (frame: number, bytes: number, overhead: BusTimes['packetOverhead']): BusTimes => ({
  frame,
  frameOverhead: 0,
  endsInFrame: true,
  byte: frame / bytes,
  packetOverhead: overhead,
  burstOverhead: 0,
});

/**
 * Enhanced SuperSpeed: a data packet has a header of 20 symbols, framing of 8 and a CRC of 4, and the link acknowledges
 * the headers of the other direction with two link commands of 8 symbols (USB 3.2, 7.2.1, 7.2.2 and 8.6). A burst begins
 * with a transaction packet of 20 symbols and the response time of the device, at most 400 ns (table 8-36, tDPResponse);
 * isochronous timestamps take 20 symbols at the start of each bus interval (8.7).
 */
const superSpeed = (byte: number): BusTimes => ({
  frame: 125 * MICROSECOND,
  frameOverhead: Math.round(20 * byte),
  endsInFrame: false,
  byte,
  packetOverhead: { control: 48, isochronous: 48, bulk: 48, interrupt: 48 },
  burstOverhead: 20 * byte + 400,
});

/**
 * Sources: USB 2.0, tables 5-2 to 5-12: bytes of protocol overhead per transaction, with a bus turn-around of 5 bit times
 * and a host delay of one byte; a control transfer has three transactions. Full speed has 1500 bytes per frame, high speed
 * 7500 per microframe.
 */
const TIMES: Readonly<Record<UsbSpeed, BusTimes>> = {
  low: usb2(MILLISECOND, 187.5, { control: 21, isochronous: 0, bulk: 0, interrupt: 19 }),
  full: usb2(MILLISECOND, 1500, { control: 15, isochronous: 9, bulk: 13, interrupt: 13 }),
  high: usb2(125 * MICROSECOND, 7500, { control: 58, isochronous: 38, bulk: 55, interrupt: 55 }),
  super: superSpeed(2),
  'super-plus': superSpeed(0.825),
};

/** The timing of a bus of that speed. */
export function busTimes(speed: UsbSpeed): BusTimes {
  return TIMES[speed];
}

/** The time of a transfer in packets of `packetSize`, in whole nanoseconds. A transfer of 0 bytes is one empty packet. */
export function transferTime(times: BusTimes, type: TransferType, bytes: number, packetSize: number): number {
  const packets = Math.max(1, Math.ceil(bytes / packetSize));
  return Math.round(times.burstOverhead + (bytes + packets * times.packetOverhead[type]) * times.byte);
}

/** Packets of one turn: a burst at SuperSpeed, and one packet below. */
export function packetsPerTurn(companion: CompanionDescriptor | undefined): number {
  return companion === undefined ? 1 : 1 + companion.maxBurst;
}

/**
 * Frames or microframes between two services of a periodic endpoint; 0 for endpoints that are not periodic. At full speed
 * the interval of an interrupt endpoint is rounded down to a power of two, as Linux does (USB 2.0, 9.6.6; ehci-sched.c).
 */
export function serviceInterval(type: TransferType, interval: number, speed: UsbSpeed): number {
  if (type !== 'interrupt' && type !== 'isochronous') return 0;
  const exponential = type === 'isochronous' || (speed !== 'full' && speed !== 'low');
  if (exponential) return 2 ** (Math.min(Math.max(interval, 1), 16) - 1);
  return 2 ** Math.floor(Math.log2(Math.max(interval, 1)));
}
