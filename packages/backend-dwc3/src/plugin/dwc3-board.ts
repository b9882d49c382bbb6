import { Board, type BoardParts } from '@gadgetloom/simulated-board';
import { Dwc3Gadget } from '../driver/dwc3-gadget.ts';
import { loseEvents } from '../faults/lost-events.ts';
import { Dwc3Hardware } from '../hardware/dwc3-hardware.ts';
import type { Dwc3Configuration } from './dwc3-options.ts';

/** The options of a {@link Dwc3Board}. */
export interface Dwc3BoardOptions extends Omit<BoardParts, 'name'>, Dwc3Configuration {
  /** Name in /sys/class/udc; `'fe800000.usb'` by default. */
  readonly name?: string | undefined;
  /** Fastest speed (the property maximum-speed); by default that of the core's PHYs. */
  readonly speed?: 'full' | 'high' | 'super' | undefined;
}

/** A board with a DWC3 and the gadget driver that runs it. */
export class Dwc3Board extends Board {
  readonly hardware: Dwc3Hardware;
  readonly gadget: Dwc3Gadget;

  constructor({ name = 'fe800000.usb', speed, core, properties, quirks, registers, ...parts }: Dwc3BoardOptions) {
    super({ ...parts, name });
    const { clock, trace, memory } = this;
    this.hardware = new Dwc3Hardware({
      interrupt: this.interruptLine(() => this.gadget.interrupt(), { loses: false }),
      ...{ memory: this.dma, bus: this.bus, clock, trace, core, quirks },
    });
    loseEvents(this.hardware, this.faults.engine);
    this.gadget = new Dwc3Gadget({
      registers: registers?.(this.hardware) ?? this.hardware,
      ...{ memory, clock, trace, name, maxSpeed: speed, properties, quirks },
    });
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.gadget[Symbol.dispose]();
  }
}
