import { type Token, token } from '@gadgetloom/core';
import type { SetupPacket, UsbSpeed } from '../chapter9.ts';

/** How a device answered (USB 2.0, 8.4.6). */
export const Handshake = {
  /** The transfer is done: everything that the host asked for, or offered, has moved. */
  ACK: 0,
  /** The transfer is done: the device ended it with a short or zero-length packet (IN), or took less than was offered (OUT). */
  SHORT: 1,
  /** Not now. What has moved so far is in `actual`; {@link UsbBus.ready} tells when to go on. */
  NAK: 2,
  /** The endpoint is halted. */
  STALL: 3,
  /** IN: the device had more in its packet than the host asked for. `actual` bytes fitted. */
  BABBLE: 4,
  /** Nobody answered: gone, or no such endpoint. */
  TIMEOUT: 5,
  /** The budget of this call is used up; there may be more at once. */
  MORE: 6,
} as const;
export type Handshake = (typeof Handshake)[keyof typeof Handshake];

/**
 * A transfer of the host as it goes over the wire. The device moves bytes between it and a request and advances
 * `actual`; packets need not be told apart, so that one call can move a whole buffer.
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

/** The device end of the cable: what a simulated controller shows to the host. */
export interface BusDevice {
  /** Bus reset. The speed that was announced on {@link UsbBus.connect} holds from now on, the address is 0. */
  reset(): void;
  /** The bus sleeps: nothing has moved for 3 ms. */
  suspend(): void;
  /** The bus is awake again. */
  resume(): void;
  /** The host's power came or went: the cable was plugged or pulled. A device without it sees only silence. */
  vbusChanged?(on: boolean): void;
  /** SETUP stage. ACK, or STALL where the request is refused at once; NAK never. */
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
   * Bytes of a packet of an endpoint, which faults count by. Devices that do not say have the packets of a high-speed bulk
   * device.
   *
   * @param address as the host sees it; 0 for endpoint 0
   */
  packetSize?(address: number): number;
}

/** Bytes of a packet of an endpoint: what the device says, or 64 for endpoint 0 and 512 for all others. */
export const packetSizeOf = (device: BusDevice, address: number): number =>
  device.packetSize?.(address) ?? (address === 0 ? 64 : 512);

/** The host end of the cable, as a controller sees it. */
export interface UsbBus {
  /** The device pulled up: it is there, and will run at most at this speed. */
  connect(device: BusDevice, speed: UsbSpeed): void;
  /** Pull-up off, or the cable is out: the device is gone for the host. */
  disconnect(device: BusDevice): void;
  /** An endpoint that answered NAK may now answer otherwise. Harmless when nobody waits. @param address with the direction bit */
  ready(address: number): void;
  /** Remote wakeup: the device asks a suspended bus to resume. Harmless on a bus that is not suspended. */
  wakeup?(device: BusDevice): void;
  /** The fastest that this host can do; the device connects at the lower of both. */
  readonly maxSpeed: UsbSpeed;
}

/** Provided by the virtual host, used by simulated controllers. */
export const USB_BUS: Token<UsbBus> = token('@gadgetloom/udc:UsbBus');
