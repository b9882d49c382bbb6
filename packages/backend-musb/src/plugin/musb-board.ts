import type { Clock, TraceSink } from '@gadgetloom/core';
import { DmaAddressSpace } from '@gadgetloom/dmabuf/model';
import type { UsbBus } from '@gadgetloom/udc/bus';
import { BoardFaults, FAULT_BOARD, FaultyBus, FaultyMemory } from '@gadgetloom/udc/faults';
import { MusbController, type MusbControllerOptions } from '../driver/musb-controller.ts';
import { MusbHardware } from '../hardware/musb-hardware.ts';
import type { MusbQuirks } from '../quirks/quirks.ts';
import { OMAP3_SILICON, type SiliconConfiguration } from '../registers/register-space.ts';
import { InterruptController } from './interrupt-controller.ts';

/** What a {@link MusbBoard} is made with. */
export interface MusbBoardOptions extends Omit<MusbControllerOptions, 'registers' | 'memory' | 'silicon' | 'quirks'> {
  readonly bus: UsbBus;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Nanoseconds from an interrupt to the driver; 0 unless given. */
  readonly interruptLatency?: number;
  /** What differs from {@link OMAP3_SILICON}. */
  readonly silicon?: Partial<SiliconConfiguration>;
  readonly quirks?: MusbQuirks;
  /** The faults that happen to it; its own unless given. */
  readonly faults?: BoardFaults;
}

/** The chip and its driver, with what is between them on a board: registers, memory and interrupt lines. */
export class MusbBoard {
  readonly memory: DmaAddressSpace;
  readonly hardware: MusbHardware;
  readonly controller: MusbController;
  /** Makes things go wrong here. */
  readonly faults: BoardFaults;

  /** @throws KernelError EMSGSIZE, EINVAL the FIFOs do not fit the chip */
  constructor(options: MusbBoardOptions) {
    const { bus, clock, trace, interruptLatency = 0, name = 'musb-hdrc.0' } = options;
    const silicon = { ...OMAP3_SILICON, ...options.silicon };
    this.memory = new DmaAddressSpace({
      name,
      onFault: ({ access, address, length, reason }) => {
        const details = { device: name, access, address, length, reason };
        trace?.event({ at: clock.now(), source: 'controller', what: 'dma fault', details });
      },
    });
    this.faults = options.faults ?? new BoardFaults({ clock, trace });
    const faults = this.faults[FAULT_BOARD];
    const cable = new FaultyBus(bus, faults, (address) => this.hardware.packetSize(address));
    const interrupts = new InterruptController({
      faults,
      clock,
      latency: interruptLatency,
      asserted: (line) => this.hardware.asserted(line),
      handle: (line) => this.controller.interrupt(line),
    });
    this.hardware = new MusbHardware({
      ...{ bus: cable, clock, trace, name, silicon },
      memory: new FaultyMemory(this.memory, faults),
      losesResetInterrupt: options.quirks?.losesResetInterrupt ?? false,
      interrupt: (line) => interrupts.raise(line),
    });
    const { registers } = this.hardware;
    this.controller = new MusbController({ ...options, name, silicon, registers, memory: this.memory });
  }
}
