import type { Clock, TraceEvent, TraceSink } from '@gadgetloom/core';
import type { DmaDirection } from '@gadgetloom/dmabuf';
import type { ControllerEvents, GadgetDriver, UsbSpeed } from '@gadgetloom/udc';
import { COMMON_REGISTERS, FIFO_BASE, FLAT_BASE, INDEXED_BASE } from '../registers/core-registers.ts';
import type { RegisterSpace } from '../registers/register-space.ts';
import type { DmaChannels } from './dma-channels.ts';
import type { HardwareEndpoint } from './hardware-endpoint.ts';

/** Makes streaming mappings, like dma_map_single. */
export interface DmaMapper {
  mapSingle(memory: Uint8Array, offset: number, length: number, direction: DmaDirection): number;
  unmapSingle(address: number): void;
}

/** Stages of endpoint 0 (enum musb_g_ep0_state). */
export type ControlStage = 'idle' | 'setup' | 'tx' | 'rx' | 'status in' | 'status out' | 'ack wait';

/** Bugs of the driver that can be switched on, by name. */
export interface DriverQuirks {
  /** Queueing on an idle OUT endpoint flushes its FIFO. */
  readonly dropsEarlyPackets: boolean;
  /** With a double FIFO, DMA does not acknowledge an empty packet. */
  readonly keepsEmptyPackets: boolean;
}

/** The parts that make up the driver's state. */
export interface MusbStateParts {
  readonly registers: RegisterSpace;
  readonly memory: DmaMapper;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly name: string;
  /** True: the driver addresses endpoint registers through INDEX (MUSB_INDEXED_EP). False: flat. */
  readonly indexed: boolean;
  readonly takesContiguous: boolean;
  readonly quirks: DriverQuirks;
}

/** The state that all parts of the driver share (struct musb). */
export class MusbState {
  readonly registers: RegisterSpace;
  readonly memory: DmaMapper;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly name: string;
  readonly quirks: DriverQuirks;
  readonly #indexed: boolean;

  /** The endpoints of the chip, by number. */
  endpoints: readonly HardwareEndpoint[] = [];
  dma: DmaChannels | undefined = undefined;
  /** True if CONFIGDATA allows the driver to split bulk packets. */
  bulkSplit = false;
  /** True: accepts tables whose entries are contiguous for the device. No real driver does. */
  readonly takesContiguous: boolean;
  highBandwidthTransmit = false;
  highBandwidthReceive = false;
  /** The endpoints that have a FIFO, one bit each. */
  endpointMask = 1;
  transmitEnable = 0;
  receiveEnable = 0;

  driver: GadgetDriver | undefined = undefined;
  core: ControllerEvents | undefined = undefined;
  speed: UsbSpeed | undefined = undefined;
  /** State of the OTG state machine. A device reaches only these. */
  otg: 'undefined' | 'b_idle' | 'b_peripheral' = 'b_idle';
  active = false;
  suspended = false;
  mayWakeup = false;
  selfPowered = false;
  /** The value that the driver wants in POWER.SOFTCONN. */
  softConnect = false;

  controlStage: ControlStage = 'idle';
  /** The bits that acknowledge the packet in endpoint 0, until the driver may write them (ackpend). */
  pendingAck = 0;
  /** Address from SET_ADDRESS. The next field is true until the driver has written it. */
  address = 0;
  setsAddress = false;
  /** Value for TESTMODE. The next field is true until the driver has written it. */
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

  /** Offset of the registers of an endpoint. Callers must select it first. */
  endpointBase(number: number): number {
    return this.#indexed ? INDEXED_BASE : FLAT_BASE + 0x10 * number;
  }

  /** Offset of the FIFO of an endpoint. */
  fifo(number: number): number {
    return FIFO_BASE + 4 * number;
  }

  /** Selects an endpoint. Callers must do so before any access to its registers (musb_ep_select). */
  select(number: number): void {
    if (this.#indexed) this.registers.write8(COMMON_REGISTERS.INDEX.offset, number);
  }

  event(what: string, details: NonNullable<TraceEvent['details']>): void {
    if (this.trace === undefined) return;
    const named = { device: this.name, ...details };
    this.trace.event({ at: this.clock.now(), source: 'controller', what, details: named });
  }
}
