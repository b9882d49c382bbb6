import type { Clock, TraceSink } from '@gadgetloom/core';
import { DmaAddressSpace, type DmaFault } from '@gadgetloom/dmabuf/model';
import type { UsbBus } from '@gadgetloom/udc/bus';
import { BoardFaults } from '@gadgetloom/udc/faults';
import { Dwc3Gadget } from '../driver/dwc3-gadget.ts';
import type { Properties } from '../driver/properties.ts';
import type { RegisterSpace } from '../face/register-space.ts';
import { faultyHardware } from '../faults/faulty-hardware.ts';
import type { CoreParameters } from '../hardware/core-parameters.ts';
import type { Dwc3Hardware } from '../hardware/dwc3-hardware.ts';
import type { Quirks } from '../quirks/quirks.ts';
import { InterruptController } from './interrupt-controller.ts';

/** What a {@link Dwc3Board} is made with. */
export interface Dwc3BoardOptions {
  /** The cable. */
  readonly bus: UsbBus;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** Fastest speed (the property maximum-speed); that of the core's PHYs unless given. */
  readonly speed?: 'full' | 'high' | 'super' | undefined;
  /** Name in /sys/class/udc; `'fe800000.usb'` unless given. */
  readonly name?: string | undefined;
  /** How the core was configured. */
  readonly core?: CoreParameters | undefined;
  /** What the device tree says. */
  readonly properties?: Properties | undefined;
  /** Errata of the core and bugs of the driver, by name; none unless given. */
  readonly quirks?: Quirks | undefined;
  /** The faults that happen to it; its own unless given. */
  readonly faults?: BoardFaults | undefined;
  /** Nanoseconds from an interrupt to its handler; 0 unless given. */
  readonly interruptLatency?: number | undefined;
  /** What the driver reaches the registers through, such as one that keeps a trace; the hardware itself unless given. */
  readonly registers?: ((hardware: RegisterSpace) => RegisterSpace) | undefined;
}

/**
 * A board with a DWC3: the core, memory that it reaches through an IOMMU, an interrupt line, and the gadget driver that
 * runs it. The one place where hardware and driver meet.
 */
export class Dwc3Board implements Disposable {
  readonly hardware: Dwc3Hardware;
  readonly memory: DmaAddressSpace;
  readonly interrupt: InterruptController;
  readonly gadget: Dwc3Gadget;
  /** Makes things go wrong here. */
  readonly faults: BoardFaults;
  /** Accesses to memory that failed, latest last: bugs of a driver, or faults that were asked for. */
  readonly dmaFaults: DmaFault[] = [];

  constructor(options: Dwc3BoardOptions) {
    const { bus, clock, trace, speed, name = 'fe800000.usb', core, properties, quirks, interruptLatency } = options;
    this.memory = new DmaAddressSpace({
      name,
      onFault: (fault) => {
        this.#note(fault);
        trace?.event({ at: clock.now(), source: 'controller', what: 'DMA fault', details: { ...fault } });
      },
    });
    this.interrupt = new InterruptController(clock, interruptLatency);
    const { memory, interrupt } = this;
    this.faults = options.faults ?? new BoardFaults({ clock, trace });
    this.hardware = faultyHardware({ memory, interrupt, bus, clock, trace, core, quirks }, this.faults);
    this.gadget = new Dwc3Gadget({
      registers: options.registers?.(this.hardware) ?? this.hardware,
      memory,
      clock,
      trace,
      name,
      maxSpeed: speed,
      properties,
      quirks,
    });
    interrupt.handler = () => this.gadget.interrupt();
  }

  [Symbol.dispose](): void {
    this.faults[Symbol.dispose]();
    this.gadget[Symbol.dispose]();
  }

  #note(fault: DmaFault): void {
    if (this.dmaFaults.length === MOST_FAULTS) this.dmaFaults.shift();
    this.dmaFaults.push(fault);
  }
}

/** DMA faults that are kept. */
const MOST_FAULTS = 100;
