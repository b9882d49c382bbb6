import { type Token, token } from '@gadgetloom/core';
import type { SetupPacket, UsbSpeed } from '../chapter9.ts';

/** A device's answer to a transfer (USB 2.0, 8.4.6). */
export const Handshake = {
  /** The transfer is done: all bytes that the host asked for or offered have moved. */
  ACK: 0,
  /**
   * The transfer is done: the device ended it with a short or zero-length packet (IN), or took less than was offered
   * (OUT).
   */
  SHORT: 1,
  /** The device is not ready. `actual` counts the bytes so far; {@link UsbBus.ready} tells when to continue. */
  NAK: 2,
  /** The endpoint is halted. */
  STALL: 3,
  /** IN: the device's packet is longer than the host asked for. `actual` bytes fitted. */
  BABBLE: 4,
  /** No answer: the device is gone, or has no such endpoint. */
  TIMEOUT: 5,
  /** The budget of this call is used up. The host may call again at once. */
  MORE: 6,
} as const;
export type Handshake = (typeof Handshake)[keyof typeof Handshake];

/**
 * A transfer of the host on the wire. The device moves bytes between it and a request and advances `actual`. It need
 * not keep packets apart, so one call can move a whole buffer.
 */
export interface BusTransfer {
  readonly data: Uint8Array;
  /** Bytes that the host wants (IN) or offers (OUT). */
  readonly length: number;
  /** OUT: end with a zero-length packet if `length` is a multiple of the packet size. */
  readonly zeroPacket: boolean;
  /** Bytes moved so far. */
  actual: number;
}

/** The device end of the cable. A simulated controller implements it for the host. */
export interface BusDevice {
  /** Bus reset: the bus runs at the speed given to {@link UsbBus.connect}, and the address is 0. */
  reset(): void;
  /** The bus is suspended: it has been idle for 3 ms. */
  suspend(): void;
  /** The bus resumes. */
  resume(): void;
  /** VBUS came or went: the cable was plugged or pulled. Without VBUS the device sees no traffic. */
  vbusChanged?(on: boolean): void;
  /** SETUP stage. Returns ACK, or STALL if the device refuses the request at once, but never NAK. */
  setup(packet: SetupPacket): Handshake;
  /**
   * Data to the host, for endpoint 0 also the status stage of an OUT control transfer (length 0).
   *
   * @param endpoint number, 0 to 15
   * @param budget most bytes to move in this call; a timed bus gives what fits in the frame
   */
  in(endpoint: number, transfer: BusTransfer, budget: number): Handshake;
  /** Data from the host, for endpoint 0 also the status stage of an IN control transfer (length 0). */
  out(endpoint: number, transfer: BusTransfer, budget: number): Handshake;
  /**
   * Packet size of an endpoint in bytes. Faults count by it. A device without this method counts as a high-speed bulk
   * device.
   *
   * @param address as the host sees it; 0 for endpoint 0
   */
  packetSize?(address: number): number;
}

/** Packet size of an endpoint in bytes: the device's, or else 64 for endpoint 0 and 512 for all others. */
export const packetSizeOf = (device: BusDevice, address: number): number =>
  device.packetSize?.(address) ?? (address === 0 ? 64 : 512);

/** The host end of the cable, as a controller sees it. */
export interface UsbBus {
  /** The device connects with its pull-up and runs at most at this speed. */
  connect(device: BusDevice, speed: UsbSpeed): void;
  /** The pull-up is off or the cable is out: the device is gone for the host. */
  disconnect(device: BusDevice): void;
  /**
   * An endpoint that answered NAK may be ready now. Harmless when nobody waits.
   *
   * @param address with the direction bit
   */
  ready(address: number): void;
  /** Remote wakeup: the device asks a suspended bus to resume. Harmless on a bus that is not suspended. */
  wakeup?(device: BusDevice): void;
  /** The host's highest speed. The device connects at the lower of the two. */
  readonly maxSpeed: UsbSpeed;
}

/** Provided by the virtual host, used by simulated controllers. */
export const USB_BUS: Token<UsbBus> = token('@gadgetloom/udc:UsbBus');
