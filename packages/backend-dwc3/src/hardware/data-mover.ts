import type { DmaMemory } from '@gadgetloom/dmabuf';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { EndpointEvent, endpointEventWord, TransferStatus } from '../registers/event.ts';
import { TrbCtrl, TrbStatus } from '../registers/trb.ts';
import type { EventRing } from './event-ring.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';
import type { TrbCursor } from './trb-cursor.ts';

const { CHN, CSP, IOC, ISP_IMI, LST } = TrbCtrl;

/**
 * Moves whole packets between a transfer of the host and the TRBs of an endpoint. A packet may span chained TRBs. The
 * answer is NAK when the core owns no further TRB.
 */
export class DataMover {
  readonly #memory: DmaMemory;
  readonly #events: EventRing;
  readonly #busError: (address: number) => void;

  /** @param busError called with the address of an access that failed */
  constructor(memory: DmaMemory, events: EventRing, busError: (address: number) => void) {
    this.#memory = memory;
    this.#events = events;
    this.#busError = busError;
  }

  /** Moves as many packets as both sides and the budget allow, in the direction of the endpoint. @param budget most bytes */
  move(endpoint: PhysicalEndpoint, transfer: BusTransfer, budget: number): Handshake {
    return endpoint.in ? this.#in(endpoint, transfer, budget) : this.#out(endpoint, transfer, budget);
  }

  /** Data to the host. */
  #in(endpoint: PhysicalEndpoint, transfer: BusTransfer, budget: number): Handshake {
    const { cursor } = endpoint;
    const most = transfer.length - transfer.actual;
    // A whole number from here on: most budgets are infinite, and arithmetic with Infinity would make every length a double.
    let allowance = budget < most ? budget : most;
    for (;;) {
      if (!cursor.loaded && !this.#next(endpoint)) return Handshake.NAK;
      const hostLeft = transfer.length - transfer.actual;
      const room = Math.min(hostLeft, allowance);
      let length = cursor.left;
      if (length > room) {
        length = room - endpoint.intoPacket(endpoint.fill + room);
        if (length <= 0) {
          if (room < hostLeft) return Handshake.MORE;
          return this.#babble(cursor, transfer, hostLeft);
        }
      }
      if (length > 0) {
        if (!this.#memory.read(cursor.buffer, transfer.data, transfer.actual, length)) {
          this.#fail(endpoint);
          continue;
        }
        transfer.actual += length;
        allowance -= length;
        cursor.buffer += length;
        cursor.left -= length;
        endpoint.fill = endpoint.intoPacket(endpoint.fill + length);
      }
      if (cursor.left === 0) {
        const ends = (cursor.control & CHN) === 0;
        const short = ends && (endpoint.fill !== 0 || cursor.empty);
        this.#complete(endpoint, 0);
        if (ends) endpoint.fill = 0;
        if (short) return transfer.actual === transfer.length ? Handshake.ACK : Handshake.SHORT;
      }
      if (transfer.actual === transfer.length && endpoint.fill === 0) return Handshake.ACK;
    }
  }

  /** Data from the host. */
  #out(endpoint: PhysicalEndpoint, transfer: BusTransfer, budget: number): Handshake {
    const { cursor, maxPacket } = endpoint;
    const endsWithZero = transfer.length === 0 || (transfer.zeroPacket && transfer.length % maxPacket === 0);
    const most = transfer.length - transfer.actual;
    // A whole number from here on: most budgets are infinite, and arithmetic with Infinity would make every length a double.
    let allowance = budget < most ? budget : most;
    for (;;) {
      if (!cursor.loaded && !this.#next(endpoint)) return Handshake.NAK;
      const hostLeft = transfer.length - transfer.actual;
      let room = hostLeft;
      if (allowance < hostLeft) {
        room = allowance - endpoint.intoPacket(endpoint.fill + allowance);
        if (room <= 0) return Handshake.MORE;
      }
      const length = Math.min(cursor.left, room);
      if (length > 0) {
        const { buffer } = cursor;
        cursor.buffer += length;
        cursor.left -= length;
        endpoint.fill = endpoint.intoPacket(endpoint.fill + length);
        allowance -= length;
        const from = transfer.actual;
        transfer.actual += length;
        if (!this.#memory.write(buffer, transfer.data, from, length)) {
          this.#fail(endpoint);
          if (transfer.actual === transfer.length && !endsWithZero) return Handshake.ACK;
          continue;
        }
      }
      const hostDone = transfer.actual === transfer.length;
      if (cursor.left > 0) {
        if (!hostDone) return Handshake.MORE;
        if (endpoint.fill !== 0 || endsWithZero) this.#short(endpoint);
        return Handshake.ACK;
      }
      if ((cursor.control & CHN) !== 0) {
        if (hostDone && endpoint.fill !== 0) {
          this.#short(endpoint);
          return Handshake.ACK;
        }
        this.#complete(endpoint, 0);
      } else {
        const short = endpoint.fill !== 0 || (length === 0 && hostDone);
        // The core drops the bytes of the last packet that the buffer has no room for.
        if (endpoint.fill !== 0)
          transfer.actual += Math.min(transfer.length - transfer.actual, maxPacket - endpoint.fill);
        endpoint.fill = 0;
        this.#complete(endpoint, short ? TransferStatus.SHORT : 0);
        if (short && transfer.actual === transfer.length) return Handshake.ACK;
      }
      if (hostDone && !endsWithZero) return Handshake.ACK;
    }
  }

  /** Ends the TRB at work with what has moved, such as a data stage that the host has left. @param status see TrbStatus */
  finish(endpoint: PhysicalEndpoint, status: number): void {
    const { cursor } = endpoint;
    if (!cursor.loaded && !cursor.load()) return;
    cursor.writeBack(status);
    cursor.control |= LST;
    this.#after(endpoint, cursor.control, 0);
  }

  /** Completes the TRB at work: it goes back to the driver, and events follow. */
  #complete(endpoint: PhysicalEndpoint, status: number): void {
    endpoint.cursor.writeBack(TrbStatus.OK);
    this.#after(endpoint, endpoint.cursor.control, status);
  }

  #after(endpoint: PhysicalEndpoint, control: number, status: number): void {
    const interrupts = (control & IOC) !== 0;
    endpoint.cursor.advance();
    if ((control & LST) !== 0) {
      endpoint.stop();
      if (endpoint.completeEvents) {
        const bits = status | TransferStatus.LST | (interrupts ? TransferStatus.IOC : 0);
        this.#events.push(endpointEventWord(endpoint.index, EndpointEvent.XFER_COMPLETE, bits));
      }
      return;
    }
    const asked = interrupts || ((status & TransferStatus.SHORT) !== 0 && (control & ISP_IMI) !== 0);
    const failed = (status & TransferStatus.BUS_ERROR) !== 0 && (control & CHN) === 0;
    if (!endpoint.progressEvents || (!asked && !failed)) return;
    const bits = status | (interrupts ? TransferStatus.IOC : 0);
    this.#events.push(endpointEventWord(endpoint.index, EndpointEvent.XFER_IN_PROGRESS, bits));
  }

  /** A short packet ends the buffer. The core skips the rest of its TRBs. */
  #short(endpoint: PhysicalEndpoint): void {
    const { cursor } = endpoint;
    const { control } = cursor;
    endpoint.fill = 0;
    cursor.writeBack(TrbStatus.OK);
    if ((control & CSP) === 0) {
      // Without CSP (continue on short packet) the whole transfer ends.
      this.#after(endpoint, control | LST, TransferStatus.SHORT);
      return;
    }
    if ((control & CHN) !== 0) cursor.skipping = TransferStatus.SHORT;
    this.#after(endpoint, control, TransferStatus.SHORT);
    if (cursor.skipping !== 0) this.#skip(endpoint);
  }

  /** An access to memory failed. The core skips the rest of the buffer. */
  #fail(endpoint: PhysicalEndpoint): void {
    const { cursor } = endpoint;
    const { control } = cursor;
    this.#busError(cursor.buffer);
    endpoint.fill = 0;
    cursor.writeBack(TrbStatus.OK);
    if ((control & CHN) !== 0) cursor.skipping = TransferStatus.BUS_ERROR;
    this.#after(endpoint, control, TransferStatus.BUS_ERROR);
  }

  /** Loads the next TRB. @returns false if there is none, or if the event ring has no room for its events */
  #next(endpoint: PhysicalEndpoint): boolean {
    const { cursor } = endpoint;
    if (!endpoint.active || this.#events.full) return false;
    if (cursor.skipping !== 0 && !this.#skip(endpoint)) return false;
    if (cursor.load()) return true;
    if (cursor.fault) {
      this.#busError(cursor.address);
      endpoint.stop();
    }
    return false;
  }

  /** Skips the rest of a buffer. The driver takes its TRBs back as they are. @returns false if TRBs of it are still to come */
  #skip(endpoint: PhysicalEndpoint): boolean {
    const { cursor } = endpoint;
    while (cursor.skipping !== 0) {
      if (!cursor.load()) return false;
      const { control, skipping } = cursor;
      if ((control & CHN) === 0) cursor.skipping = 0;
      this.#after(endpoint, control, skipping);
      if (!endpoint.active) return false;
    }
    return true;
  }

  /** The next packet is larger than the room that the host has. The host does not acknowledge it, so the core keeps it. */
  #babble(cursor: TrbCursor, transfer: BusTransfer, room: number): Handshake {
    if (room > 0 && !this.#memory.read(cursor.buffer, transfer.data, transfer.actual, room))
      this.#busError(cursor.buffer);
    transfer.actual = transfer.length;
    return Handshake.BABBLE;
  }
}
