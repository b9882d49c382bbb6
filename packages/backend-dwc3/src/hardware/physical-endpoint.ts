import type { DmaMemory } from '@gadgetloom/dmabuf';
import { CONFIG0, CONFIG1, ConfigAction } from '../registers/endpoint-configuration.ts';
import { get } from '../registers/field.ts';
import { TrbCursor } from './trb-cursor.ts';

/** Values of DEPCFG's endpoint type: those of bmAttributes. */
export const EndpointType = { CONTROL: 0, ISOCHRONOUS: 1, BULK: 2, INTERRUPT: 3 } as const;

/** The core's state of a physical endpoint. */
export class PhysicalEndpoint {
  /** Physical number, 0 to 31. */
  readonly index: number;
  readonly cursor: TrbCursor;
  /** True once it was configured after a soft reset. */
  configured = false;
  /** DALEPENA. */
  enabled = false;
  /** Address on the bus, with the direction bit. */
  address = 0;
  type: number = EndpointType.CONTROL;
  /** Bytes of a packet. */
  maxPacket = 512;
  /** Packets of a burst, 1 to 16. */
  burst = 1;
  /** (Micro)frames of a service interval. */
  interval = 1;
  /** Events that the driver has enabled. */
  completeEvents = false;
  progressEvents = false;
  notReadyEvents = false;
  streamCapable = false;
  /** Transfer resource, or -1. */
  resource = -1;
  /** A transfer was started and has not ended. */
  active = false;
  stalled = false;
  /** The host was told to wait (NAK or NRDY). */
  flowControlled = false;
  /** XferNotReady was sent; it is not sent again before the next transfer. */
  notReadySent = false;
  /** Next data toggle or sequence number. */
  sequence = 0;
  /** Bytes of a packet that earlier TRBs of its buffer have moved. */
  fill = 0;

  /** @param memory with its TRBs */
  constructor(index: number, memory: DmaMemory) {
    this.index = index;
    this.cursor = new TrbCursor(memory);
  }

  get in(): boolean {
    return (this.index & 1) === 1;
  }

  /** Takes SET_CONFIG. @param state what GET_STATE gave, for the action RESTORE */
  configure(parameter0: number, parameter1: number, state: number): void {
    this.configured = true;
    this.type = get(CONFIG0.EP_TYPE, parameter0);
    this.maxPacket = Math.max(1, get(CONFIG0.MAX_PACKET_SIZE, parameter0));
    this.burst = get(CONFIG0.BURST_SIZE, parameter0) + 1;
    this.interval = 1 << get(CONFIG1.BINTERVAL_M1, parameter1);
    this.address = get(CONFIG1.EP_NUMBER, parameter1) | (get(CONFIG1.EP_IN, parameter1) << 7);
    this.completeEvents = get(CONFIG1.XFER_COMPLETE_EN, parameter1) === 1;
    this.progressEvents = get(CONFIG1.XFER_IN_PROGRESS_EN, parameter1) === 1;
    this.notReadyEvents = get(CONFIG1.XFER_NOT_READY_EN, parameter1) === 1;
    this.streamCapable = get(CONFIG1.STREAM_CAPABLE, parameter1) === 1;
    const action = get(CONFIG0.ACTION, parameter0);
    if (action === ConfigAction.INIT) {
      this.sequence = 0;
      this.stalled = false;
      this.notReadySent = false;
    } else if (action === ConfigAction.RESTORE) {
      this.sequence = state & 0x1f;
      this.stalled = (state & 0x20) !== 0;
    }
  }

  /** The answer of GET_STATE: the sequence number in bits 4..0, the halt in bit 5. */
  get state(): number {
    return this.sequence | (this.stalled ? 0x20 : 0);
  }

  /** Bytes of the last packet, if it is not whole. */
  intoPacket(bytes: number): number {
    return bytes % this.maxPacket;
  }

  /** Packets have been acknowledged. */
  countPackets(bytes: number): void {
    const packets = bytes === 0 ? 1 : Math.ceil(bytes / this.maxPacket);
    this.sequence = (this.sequence + packets) & 0x1f;
  }

  /** A transfer begins. */
  start(trb: number): void {
    this.active = true;
    this.notReadySent = false;
    this.fill = 0;
    this.cursor.start(trb);
  }

  /** The transfer is over. */
  stop(): void {
    this.active = false;
    this.notReadySent = false;
    this.fill = 0;
    this.cursor.loaded = false;
    this.cursor.skipping = 0;
  }

  /** Forgets everything (DCTL.CSFTRST). */
  reset(): void {
    this.stop();
    this.configured = false;
    this.enabled = false;
    this.resource = -1;
    this.stalled = false;
    this.flowControlled = false;
    this.sequence = 0;
  }
}
