import { Board, type BoardParts } from '@gadgetloom/simulated-board';
import { MusbController } from '../driver/musb-controller.ts';
import { MusbHardware } from '../hardware/musb-hardware.ts';
import { type InterruptLine, OMAP3_SILICON } from '../registers/register-space.ts';
import type { MusbConfiguration } from './musb-options.ts';

/** The options of a {@link MusbBoard}. */
export interface MusbBoardOptions extends Omit<BoardParts, 'name'>, MusbConfiguration {
  /** Name in /sys/class/udc; `'musb-hdrc.0'` by default. */
  readonly name?: string | undefined;
  /** `maximum-speed` of the device tree; `'high'` by default. */
  readonly speed?: 'full' | 'high';
}

/** A board with a MUSB chip and the gadget driver that runs it. The chip has two interrupt lines. */
export class MusbBoard extends Board {
  readonly hardware: MusbHardware;
  readonly controller: MusbController;

  /** @throws KernelError EMSGSIZE, EINVAL the FIFOs do not fit the chip */
  constructor({ name = 'musb-hdrc.0', ...options }: MusbBoardOptions) {
    super({ ...options, name });
    const { bus, clock, trace } = this;
    const silicon = { ...OMAP3_SILICON, ...options.silicon };
    const lines = { core: this.#line('core'), dma: this.#line('dma') };
    this.hardware = new MusbHardware({
      ...{ bus, clock, trace, name, silicon },
      memory: this.dma,
      losesResetInterrupt: options.quirks?.losesResetInterrupt ?? false,
      interrupt: (line) => lines[line].raise(),
    });
    const { registers } = this.hardware;
    this.controller = new MusbController({ ...options, name, silicon, registers, memory: this.memory });
  }

  #line(line: InterruptLine) {
    return this.interruptLine(() => this.controller.interrupt(line), {
      name: `interrupt of the ${line}`,
      asserted: () => this.hardware.asserted(line),
    });
  }
}
