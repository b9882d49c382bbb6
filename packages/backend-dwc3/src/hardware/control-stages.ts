import type { DmaMemory } from '@gadgetloom/dmabuf';
import { encodeSetup, type SetupPacket, USB_DIR_IN } from '@gadgetloom/udc';
import { type BusTransfer, Handshake } from '@gadgetloom/udc/bus';
import { EndpointEvent, endpointEventWord, NotReadyStatus } from '../registers/event.ts';
import { TrbStatus, TrbType, trbType } from '../registers/trb.ts';
import type { DataMover } from './data-mover.ts';
import type { EventRing } from './event-ring.ts';
import type { PhysicalEndpoint } from './physical-endpoint.ts';

const SETUP_BYTES = 8;

/**
 * Endpoint 0: the stages of a control transfer, as the core follows them on the bus, and the TRBs that the driver has
 * ready for them. Physical endpoint 0 takes SETUP packets and data from the host, 1 sends data.
 */
export class ControlStages {
  readonly #out: PhysicalEndpoint;
  readonly #in: PhysicalEndpoint;
  readonly #mover: DataMover;
  readonly #events: EventRing;
  readonly #memory: DmaMemory;
  /** A SETUP packet that no TRB has taken yet. */
  #waiting: Uint8Array | undefined = undefined;
  #toHost = false;
  #hasData = false;
  #stage: 'idle' | 'data' | 'status' = 'idle';
  /** Called when a SETUP packet that waited was delivered. */
  taken: () => void = () => {};

  constructor(out: PhysicalEndpoint, inward: PhysicalEndpoint, mover: DataMover, events: EventRing, memory: DmaMemory) {
    this.#out = out;
    this.#in = inward;
    this.#mover = mover;
    this.#events = events;
    this.#memory = memory;
  }

  /** A SETUP packet waits for its TRB. */
  get setupWaits(): boolean {
    return this.#waiting !== undefined;
  }

  /** SETUP is always acknowledged: the core has room for three of them, and the latest counts. */
  setup(packet: SetupPacket): Handshake {
    this.#out.stalled = false;
    this.#in.stalled = false;
    this.#waiting = encodeSetup(packet);
    if (!this.#deliver()) this.#interrupt();
    return Handshake.ACK;
  }

  /** The host asks for data, or for the status of a transfer that had none or went out. */
  in(transfer: BusTransfer, budget: number): Handshake {
    const endpoint = this.#in;
    if (endpoint.stalled) return Handshake.STALL;
    if (this.#waiting !== undefined) return this.#notReady(endpoint, 0);
    if (this.#stage === 'data' && this.#toHost) return this.#data(endpoint, transfer, budget);
    return this.#status(endpoint, this.#out);
  }

  /** The host sends data, or the status of a transfer that came in. */
  out(transfer: BusTransfer, budget: number): Handshake {
    const endpoint = this.#out;
    if (endpoint.stalled) return Handshake.STALL;
    if (this.#waiting !== undefined) return this.#notReady(endpoint, 0);
    if (this.#stage === 'data' && !this.#toHost) return this.#data(endpoint, transfer, budget);
    return this.#status(endpoint, this.#in);
  }

  /** The driver has started a transfer on one of both endpoints. */
  armed(endpoint: PhysicalEndpoint): void {
    if (this.#waiting === undefined) return;
    if (this.#type(endpoint) === TrbType.CONTROL_SETUP) this.#deliver();
    // The host has gone on to the next transfer: stages of the one before it end before they begin.
    else this.#abandon(endpoint);
  }

  /** SET_STALL: both directions refuse until the next SETUP packet; one that has come already is not refused. */
  stall(): void {
    if (this.#waiting !== undefined) return;
    this.#out.stalled = true;
    this.#in.stalled = true;
    this.#stage = 'idle';
  }

  /** Bus reset, or the core is. */
  reset(): void {
    this.#waiting = undefined;
    this.#stage = 'idle';
    this.#out.stalled = false;
    this.#in.stalled = false;
  }

  #data(endpoint: PhysicalEndpoint, transfer: BusTransfer, budget: number): Handshake {
    if (!endpoint.active || this.#type(endpoint) !== TrbType.CONTROL_DATA)
      return this.#notReady(endpoint, NotReadyStatus.CONTROL_DATA);
    const whole = Math.max(budget, endpoint.maxPacket);
    const answer = this.#mover.move(endpoint, transfer, whole);
    if (answer === Handshake.NAK) return this.#notReady(endpoint, 0);
    return answer;
  }

  /** @param other the endpoint of the data stage */
  #status(endpoint: PhysicalEndpoint, other: PhysicalEndpoint): Handshake {
    if (this.#stage === 'idle') return Handshake.STALL;
    if (this.#stage === 'data') {
      this.#stage = 'status';
      // The host has had enough: what is left of the data stage ends as short.
      if (other.active && this.#type(other) === TrbType.CONTROL_DATA) this.#mover.finish(other, TrbStatus.OK);
    }
    const type = this.#type(endpoint);
    if (!endpoint.active || (type !== TrbType.CONTROL_STATUS2 && type !== TrbType.CONTROL_STATUS3))
      return this.#notReady(endpoint, NotReadyStatus.CONTROL_STATUS);
    this.#stage = 'idle';
    this.#mover.finish(endpoint, TrbStatus.OK);
    return Handshake.ACK;
  }

  /** Gives the SETUP packet to its TRB, if the driver has one ready. */
  #deliver(): boolean {
    const endpoint = this.#out;
    const bytes = this.#waiting;
    if (bytes === undefined || !endpoint.active || this.#type(endpoint) !== TrbType.CONTROL_SETUP) return false;
    const { cursor } = endpoint;
    if (!this.#memory.write(cursor.buffer, bytes, 0, Math.min(SETUP_BYTES, cursor.left))) return false;
    cursor.left = Math.max(0, cursor.left - SETUP_BYTES);
    this.#waiting = undefined;
    this.#toHost = (bytes[0]! & USB_DIR_IN) !== 0;
    this.#hasData = (bytes[6]! | bytes[7]!) !== 0;
    this.#stage = this.#hasData ? 'data' : 'status';
    this.#out.notReadySent = false;
    this.#in.notReadySent = false;
    this.#mover.finish(endpoint, TrbStatus.OK);
    this.taken();
    return true;
  }

  /** A SETUP packet came in the middle of a transfer: the stage that is at work, or the one that is awaited, ends. */
  #interrupt(): void {
    // The driver clears away a transfer that a bus reset or a stall has ended.
    if (this.#stage === 'idle') return;
    if (this.#in.active) this.#abandon(this.#in);
    else if (this.#out.active) this.#abandon(this.#out);
    else this.#promptStatus();
  }

  #abandon(endpoint: PhysicalEndpoint): void {
    const data = this.#type(endpoint) === TrbType.CONTROL_DATA;
    this.#mover.finish(endpoint, TrbStatus.SETUP_PENDING);
    if (data) this.#promptStatus();
  }

  /** Makes the driver go through the status stage, where it sees that a SETUP packet waits. */
  #promptStatus(): void {
    this.#stage = 'status';
    const endpoint = this.#hasData && this.#toHost ? this.#out : this.#in;
    endpoint.notReadySent = false;
    this.#notReady(endpoint, NotReadyStatus.CONTROL_STATUS);
  }

  /** The host has to wait; the driver is told once for what. */
  #notReady(endpoint: PhysicalEndpoint, stage: number): Handshake {
    endpoint.flowControlled = true;
    if (stage !== 0 && !endpoint.notReadySent && endpoint.notReadyEvents) {
      endpoint.notReadySent = true;
      this.#events.push(endpointEventWord(endpoint.index, EndpointEvent.XFER_NOT_READY, stage));
    }
    return Handshake.NAK;
  }

  /** Type of the TRB that comes next on an endpoint; 0 if there is none. */
  #type(endpoint: PhysicalEndpoint): number {
    const { cursor } = endpoint;
    if (!endpoint.active || (!cursor.loaded && !cursor.load())) return 0;
    return trbType(cursor.control);
  }
}
