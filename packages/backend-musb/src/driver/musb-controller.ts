import { type Clock, KernelError, MILLISECOND, type TraceSink } from '@gadgetloom/core';
import type { DmaDevice } from '@gadgetloom/dmabuf';
import type { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import { dataEndpoint } from '@gadgetloom/simulated-board';
import {
  atLeast,
  type ControllerEvents,
  type GadgetController,
  type GadgetDriver,
  type UsbEndpoint,
  type UsbSpeed,
} from '@gadgetloom/udc';
import { COMMON_REGISTERS, Devctl, Power } from '../registers/core-registers.ts';
import { CONTROL_REGISTERS, ConfigData } from '../registers/endpoint-registers.ts';
import {
  type InterruptLine,
  OMAP3_SILICON,
  type RegisterSpace,
  type SiliconConfiguration,
} from '../registers/register-space.ts';
import { ControlEndpointDriver } from './control-endpoint.ts';
import { DmaChannels } from './dma-channels.ts';
import { setUpFifos } from './fifo-setup.ts';
import { DEFAULT_FIFO_MODE, FIFO_MODES, type FifoSetup } from './fifo-tables.ts';
import type { HardwareEndpoint } from './hardware-endpoint.ts';
import { coreInterrupt } from './interrupts.ts';
import { MusbEndpoint } from './musb-endpoint.ts';
import { type DriverQuirks, MusbState } from './musb-state.ts';
import { receiveInterrupt } from './receive.ts';
import { isContiguous } from './request-memory.ts';
import { transmitInterrupt } from './transmit.ts';

const { POWER, TESTMODE, DEVCTL, HWVERS, INTRUSB, INTRTX, INTRRX, INTRTXE, INTRRXE, INTRUSBE, FRAME } =
  COMMON_REGISTERS;
/** Nanoseconds for which the driver signals resume. */
const RESUME_SIGNALING = 2 * MILLISECOND;
/** All causes except SOF. */
const USB_CAUSES = 0xf7;

/** The options of a {@link MusbController}. */
export interface MusbControllerOptions {
  /** The registers of the chip. */
  readonly registers: RegisterSpace;
  /** The address space of the chip's DMA. The driver maps requests into it. */
  readonly memory: DmaAddressSpace;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Name in /sys/class/udc; `'musb-hdrc.0'` by default. */
  readonly name?: string;
  /** Number of endpoints and size of the RAM, as the platform data gives them; {@link OMAP3_SILICON} by default. */
  readonly silicon?: SiliconConfiguration;
  /** `maximum-speed` of the device tree; `'high'` by default. */
  readonly speed?: 'full' | 'high';
  /** Module parameter `fifo_mode`, 0 to 5; 4 by default. */
  readonly fifoMode?: number;
  /** The platform's own FIFO table. It takes precedence over {@link fifoMode}. */
  readonly fifos?: readonly FifoSetup[];
  /** Module parameter `use_dma`; `true` by default. */
  readonly dma?: boolean;
  /** `true`: the driver reaches endpoint registers through INDEX; flat by default. */
  readonly indexed?: boolean;
  /** Accepts DMABUFs that are contiguous for the device, which no real musb driver does; `false` by default. */
  readonly hypotheticalContiguousDma?: boolean;
  readonly quirks?: Partial<DriverQuirks>;
}

/**
 * The gadget driver. It programs the registers as Linux's musb_hdrc does in peripheral mode, and returns the same
 * errnos and statuses in the same order. Source: drivers/usb/musb/musb_core.c, musb_gadget.c, musb_gadget_ep0.c,
 * musbhsdma.c.
 */
export class MusbController implements GadgetController, Disposable {
  readonly driver = 'musb-hdrc';
  readonly name: string;
  /** Always high speed, even if the platform's limit is lower: slower gadgets cannot be bound. */
  readonly maxSpeed: UsbSpeed = 'high';
  readonly scatterGather: boolean;
  readonly dmaDevice: DmaDevice;
  readonly ep0: UsbEndpoint;
  readonly endpoints: readonly UsbEndpoint[];
  readonly #musb: MusbState;
  readonly #control: ControlEndpointDriver;
  readonly #fullSpeedOnly: boolean;
  #pullupWork = false;
  #resumeWork = false;

  /** Probes the chip (musb_core_init). @throws KernelError EMSGSIZE, EINVAL the FIFOs do not fit the chip */
  constructor(options: MusbControllerOptions) {
    const { registers, memory, clock, trace, silicon = OMAP3_SILICON, name = 'musb-hdrc.0' } = options;
    const { hypotheticalContiguousDma = false, indexed = false, dma = true, speed = 'high' } = options;
    const musb = new MusbState({
      ...{ registers, memory, clock, trace, name, indexed },
      takesContiguous: hypotheticalContiguousDma,
      quirks: { dropsEarlyPackets: false, keepsEmptyPackets: false, ...options.quirks },
    });
    this.#musb = musb;
    this.name = name;
    this.dmaDevice = hypotheticalContiguousDma ? contiguousOnly(memory) : memory;
    this.scatterGather = hypotheticalContiguousDma;
    this.#fullSpeedOnly = speed === 'full';
    musb.select(0);
    const config = registers.read8(musb.endpointBase(0) + CONTROL_REGISTERS.CONFIGDATA.offset);
    musb.bulkSplit = (config & ConfigData.MPTXE) !== 0;
    musb.highBandwidthTransmit = (config & ConfigData.HBTXE) !== 0;
    musb.highBandwidthReceive = (config & ConfigData.HBRXE) !== 0;
    const table = options.fifos ?? FIFO_MODES[options.fifoMode ?? DEFAULT_FIFO_MODE] ?? FIFO_MODES[0]!;
    setUpFifos(musb, table, silicon);
    if (dma)
      musb.dma = new DmaChannels(musb, registers.read16(HWVERS.offset), (endpoint, transmit) => {
        if (transmit) transmitInterrupt(musb, endpoint);
        else receiveInterrupt(musb, endpoint);
      });
    this.#control = new ControlEndpointDriver(musb);
    this.ep0 = this.#control;
    this.endpoints = musb.endpoints.slice(1).flatMap((hardware) => gadgetEndpoints(musb, hardware));
  }

  get speed(): UsbSpeed | undefined {
    return this.#musb.speed;
  }

  /** Handles an interrupt line that is high. Callers must run it in a job of its own. */
  interrupt(line: InterruptLine): void {
    if (line === 'dma') this.#musb.dma?.interrupt();
    else coreInterrupt(this.#musb, this.#control);
  }

  /** Binds a gadget (musb_gadget_start). @throws KernelError EINVAL the gadget is for full speed only */
  start(driver: GadgetDriver, core: ControllerEvents): void {
    if (!atLeast(driver.maxSpeed, 'high'))
      throw new KernelError('EINVAL', `start ${this.name}`, 'musb takes no gadget whose fastest speed is below high.');
    const musb = this.#musb;
    musb.softConnect = false;
    musb.driver = driver;
    musb.core = core;
    musb.otg = 'b_idle';
    this.#startChip();
  }

  /** Unbinds the gadget (musb_gadget_stop). */
  stop(): void {
    const musb = this.#musb;
    const { registers } = musb;
    const core = musb.core;
    musb.otg = 'undefined';
    registers.write8(INTRUSBE.offset, 0);
    musb.transmitEnable = 0;
    registers.write16(INTRTXE.offset, 0);
    musb.receiveEnable = 0;
    registers.write16(INTRRXE.offset, 0);
    registers.read8(INTRUSB.offset);
    registers.read16(INTRTX.offset);
    registers.read16(INTRRX.offset);
    registers.write8(DEVCTL.offset, 0);
    musb.active = false;
    musb.driver = undefined;
    musb.core = undefined;
    core?.stateChanged('not attached');
  }

  /** Switches the pull-up in a job of its own, like the kernel's work item (musb_gadget_pullup, musb_gadget_work). */
  pullup(on: boolean): void {
    const musb = this.#musb;
    if (on === musb.softConnect) return;
    musb.softConnect = on;
    if (this.#pullupWork) return;
    this.#pullupWork = true;
    musb.clock.defer(() => {
      this.#pullupWork = false;
      this.#setPower(Power.SOFTCONN, musb.softConnect);
    });
  }

  /** Returns the number of the frame, without microframes (musb_gadget_get_frame). */
  frameNumber(): number {
    return this.#musb.registers.read16(FRAME.offset);
  }

  setSelfPowered(on: boolean): void {
    this.#musb.selfPowered = on;
  }

  /**
   * Signals resume for 2 milliseconds. Without a connection it requests a session instead (musb_gadget_wakeup).
   *
   * @throws KernelError EINVAL the host has not enabled remote wakeup, or the bus is not suspended
   */
  wakeup(): void {
    const musb = this.#musb;
    const { registers } = musb;
    if (musb.otg === 'b_idle') {
      registers.write8(DEVCTL.offset, registers.read8(DEVCTL.offset) | Devctl.SESSION);
      return;
    }
    if (musb.otg !== 'b_peripheral' || !musb.mayWakeup || !musb.suspended)
      throw new KernelError(
        'EINVAL',
        `wakeup ${this.name}`,
        'the host has to enable remote wakeup, and the bus to be suspended.',
      );
    this.#setPower(Power.RESUME, true);
    if (this.#resumeWork) return;
    this.#resumeWork = true;
    // The kernel busy-waits here.
    musb.clock.setTimer(RESUME_SIGNALING, () => {
      this.#resumeWork = false;
      this.#setPower(Power.RESUME, false);
    });
  }

  /** Leaves the bus. */
  [Symbol.dispose](): void {
    this.#musb.softConnect = false;
    this.#setPower(Power.SOFTCONN, false);
  }

  /** Starts the chip (musb_start). */
  #startChip(): void {
    const musb = this.#musb;
    const { registers } = musb;
    musb.transmitEnable = musb.endpointMask;
    registers.write16(INTRTXE.offset, musb.transmitEnable);
    musb.receiveEnable = musb.endpointMask & 0xfffe;
    registers.write16(INTRRXE.offset, musb.receiveEnable);
    registers.write8(INTRUSBE.offset, USB_CAUSES);
    registers.write8(TESTMODE.offset, 0);
    registers.write8(POWER.offset, Power.ISOUPDATE | (this.#fullSpeedOnly ? 0 : Power.HSENAB));
    const devctl = registers.read8(DEVCTL.offset) & ~Devctl.SESSION;
    musb.active = (devctl & Devctl.VBUS) === Devctl.VBUS;
    registers.write8(DEVCTL.offset, musb.active ? devctl : devctl | Devctl.SESSION);
  }

  #setPower(bit: number, on: boolean): void {
    const { registers } = this.#musb;
    const power = registers.read8(POWER.offset);
    registers.write8(POWER.offset, on ? power | bit : power & ~bit);
  }
}

/** Makes the gadget's endpoints of one number: one per direction, or one for either direction (init_peripheral_ep). */
function gadgetEndpoints(musb: MusbState, hardware: HardwareEndpoint): readonly MusbEndpoint[] {
  const { number, shared, maxTransmit, maxReceive } = hardware;
  const make = (name: string, maxPacketLimit: number, isIn: boolean): MusbEndpoint => {
    const limits = dataEndpoint(name, maxPacketLimit, { in: shared || isIn, out: shared || !isIn });
    return new MusbEndpoint(musb, hardware, limits, isIn);
  };
  if (shared) {
    hardware.in = make(`ep${number}`, maxReceive, false);
    return [hardware.in];
  }
  if (maxTransmit > 0) hardware.in = make(`ep${number}in`, maxTransmit, true);
  if (maxReceive > 0) hardware.out = make(`ep${number}out`, maxReceive, false);
  return [hardware.in, hardware.out].filter((endpoint) => endpoint !== undefined);
}

/** Makes attaching fail for buffers that are not contiguous, for the hypothetical controller. */
function contiguousOnly(memory: DmaAddressSpace): DmaDevice {
  return {
    name: memory.name,
    map(table, direction) {
      if (!isContiguous(table)) {
        const advice = `the buffer lies in pieces for ${memory.name}, which knows no scatter-gather.`;
        throw new KernelError('EINVAL', 'dma_buf_map_attachment', advice);
      }
      memory.map(table, direction);
    },
    unmap: (table, direction) => memory.unmap(table, direction),
  };
}
