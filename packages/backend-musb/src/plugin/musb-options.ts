import { type OptionCheck, option } from '@gadgetloom/core';
import type { BoardOptions } from '@gadgetloom/simulated-board';
import type { FifoSetup } from '../driver/fifo-tables.ts';
import type { MusbQuirks } from '../quirks/quirks.ts';
import { QUIRKS } from '../quirks/quirks.ts';
import type { SiliconConfiguration } from '../registers/register-space.ts';

/** The MUSB chip and its driver. */
export interface MusbConfiguration {
  /** Which endpoints there are: the module parameter `fifo_mode`, 0 to 5; 4 unless given. */
  readonly fifoMode?: number;
  /** A table of FIFOs of one's own; it takes precedence over `fifoMode`. */
  readonly fifos?: readonly FifoSetup[];
  /** What the chip was made with, where it differs from OMAP3. */
  readonly silicon?: Partial<SiliconConfiguration>;
  /** Module parameter `use_dma`: `false` lets the CPU move all bytes. `true` unless given. */
  readonly dma?: boolean;
  /** The driver reaches endpoint registers through INDEX, as on some SoCs; flat unless given. */
  readonly indexed?: boolean;
  /**
   * Simulates a controller that does not exist: it accepts DMABUFs that are one run of memory for it. `false` unless given;
   * the real driver has no scatter-gather, and FUNCTIONFS_DMABUF_ATTACH is EPERM.
   */
  readonly hypotheticalContiguousDma?: boolean;
  /** Known bugs to have. See {@link QUIRKS}. */
  readonly quirks?: MusbQuirks;
}

/** The options of the MUSB backend. `speed` is `maximum-speed` of the device tree, and `'high'` unless given. */
export interface MusbOptions extends BoardOptions<'full' | 'high'>, MusbConfiguration {}

/** The options of this backend alone that may stand in a gadget file. */
export const MUSB_FIELDS: Readonly<Record<string, OptionCheck>> = {
  fifoMode: option.oneOf(0, 1, 2, 3, 4, 5),
  dma: option.yesOrNo,
  indexed: option.yesOrNo,
  hypotheticalContiguousDma: option.yesOrNo,
  quirks: option.switches(Object.keys(QUIRKS)),
};
