import type { Clock, TraceEvent, TraceSink } from '@gadgetloom/core';
import type { DmaDirection } from '@gadgetloom/dmabuf';
import type { ControllerEvents, GadgetDriver, UsbSpeed } from '@gadgetloom/udc';
import { COMMON_REGISTERS, FIFO_BASE, FLAT_BASE, INDEXED_BASE } from '../registers/core-registers.ts';
import type { RegisterSpace } from '../registers/register-space.ts';
import type { DmaChannels } from './dma-channels.ts';
import type { HardwareEndpoint } from './hardware-endpoint.ts';

/** Streaming mappings, as dma_map_single makes them. */
export interface DmaMapper {
  mapSingle(memory: Uint8Array, offset: number, length: number, direction: DmaDirection): number;
  unmapSingle(address: number): void;
}

/** Stages of endpoint 0 (enum musb_g_ep0_state). */
export type ControlStage = 'idle' | 'setup' | 'tx' | 'rx' | 'status in' | 'status out' | 'ack wait';

/** Bugs of the driver that can be had, by name. */
export interface DriverQuirks {
  /** Queueing on an idle OUT endpoint flushes its FIFO. */
  readonly dropsEarlyPackets: boolean;
  /** DMA of a double FIFO does not acknowledge an empty packet. */
  readonly keepsEmptyPackets: boolean;
}

/** What the driver is given. */
export interface MusbStateParts {
  readonly registers: RegisterSpace;
  readonly memory: DmaMapper;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly name: string;
  /** Address endpoint registers through INDEX (MUSB_INDEXED_EP) rather than flat. */
  readonly indexed: boolean;
  readonly takesContiguous: boolean;
  readonly quirks: DriverQuirks;
}

/** What all parts of the driver share (struct musb). */
export class MusbState {
  readonly registers: RegisterSpace;
  readonly memory: DmaMapper;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly name: string;
  readonly quirks: DriverQuirks;
  readonly #indexed: boolean;

  /** By number. */
  endpoints: readonly HardwareEndpoint[] = [];
  dma: DmaChannels | undefined = undefined;
  /** What CONFIGDATA allows. */
  bulkSplit = false;
  /** Takes tables whose entries follow each other: no real one does. */
  readonly takesContiguous: boolean;
  highBandwidthTransmit = false;
  highBandwidthReceive = false;
  /** Endpoints that have a FIFO, by bit. */
  endpointMask = 1;
  transmitEnable = 0;
  receiveEnable = 0;

  driver: GadgetDriver | undefined = undefined;
  core: ControllerEvents | undefined = undefined;
  speed: UsbSpeed | undefined = undefined;
  /** State of the OTG machine, as far as a device gets in it. */
  otg: 'undefined' | 'b_idle' | 'b_peripheral' = 'b_idle';
  active = false;
  suspended = false;
  mayWakeup = false;
  selfPowered = false;
  /** What is to stand in POWER.SOFTCONN. */
  softConnect = false;

  controlStage: ControlStage = 'idle';
  /** What acknowledges the packet that endpoint 0 has received, once it may be (ackpend). */
  pendingAck = 0;
  /** Given with SET_ADDRESS, and whether it is still to be set. */
  address = 0;
  setsAddress = false;
  /** Value for TESTMODE, and whether it is still to be set. */
  testModeNumber = 0;
  testMode = false;

  constructor(parts: MusbStateParts) {
    this.registers = parts.registers;
    this.memory = parts.memory;
    this.clock = parts.clock;
    this.trace = parts.trace;
    this.name = parts.name;
    this.quirks = parts.quirks;
    this.takesContiguous = parts.takesContiguous;
    this.#indexed = parts.indexed;
  }

  /** Where the registers of an endpoint are, once it is selected. */
  endpointBase(number: number): number {
    return this.#indexed ? INDEXED_BASE : FLAT_BASE + 0x10 * number;
  }

  /** Where the FIFO of an endpoint is. */
  fifo(number: number): number {
    return FIFO_BASE + 4 * number;
  }

  /** Has to come before any access to registers of an endpoint (musb_ep_select). */
  select(number: number): void {
    if (this.#indexed) this.registers.write8(COMMON_REGISTERS.INDEX.offset, number);
  }

  event(what: string, details: NonNullable<TraceEvent['details']>): void {
    if (this.trace === undefined) return;
    const named = { device: this.name, ...details };
    this.trace.event({ at: this.clock.now(), source: 'controller', what, details: named });
  }
}
