import { type OptionCheck, option } from '@gadgetloom/core';
import type { BoardOptions } from '@gadgetloom/simulated-board';
import type { FifoSetup } from '../driver/fifo-tables.ts';
import type { MusbQuirks } from '../quirks/quirks.ts';
import { QUIRKS } from '../quirks/quirks.ts';
import type { SiliconConfiguration } from '../registers/register-space.ts';

/** The configuration of the MUSB chip and its driver. */
export interface MusbConfiguration {
  /** The module parameter `fifo_mode`, which chooses the endpoints: 0 to 5; 4 by default. */
  readonly fifoMode?: number;
  /** Your own table of FIFOs. It takes precedence over `fifoMode`. */
  readonly fifos?: readonly FifoSetup[];
  /** The parameters of the silicon that differ from OMAP3. */
  readonly silicon?: Partial<SiliconConfiguration>;
  /** Module parameter `use_dma`: with `false` the CPU moves all bytes. `true` by default. */
  readonly dma?: boolean;
  /** `true`: the driver reaches endpoint registers through INDEX, as on some SoCs; flat by default. */
  readonly indexed?: boolean;
  /**
   * Simulates a controller that does not exist: it accepts DMABUFs that are contiguous for it. `false` by default: the
   * real driver has no scatter-gather, and FUNCTIONFS_DMABUF_ATTACH fails with EPERM.
   */
  readonly hypotheticalContiguousDma?: boolean;
  /** Known bugs to simulate; none by default. See {@link QUIRKS}. */
  readonly quirks?: MusbQuirks;
}

/** The options of the MUSB backend. `speed` is `maximum-speed` of the device tree, and `'high'` by default. */
export interface MusbOptions extends BoardOptions<'full' | 'high'>, MusbConfiguration {}

/** The options that only this backend has and that a gadget file may contain. */
export const MUSB_FIELDS: Readonly<Record<string, OptionCheck>> = {
  fifoMode: option.oneOf(0, 1, 2, 3, 4, 5),
  dma: option.yesOrNo,
  indexed: option.yesOrNo,
  hypotheticalContiguousDma: option.yesOrNo,
  quirks: option.switches(Object.keys(QUIRKS)),
};
