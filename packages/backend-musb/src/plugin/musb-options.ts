import { type OptionCheck, option, readOptions } from '@gadgetloom/core';
import type { MemoryModelOptions } from '@gadgetloom/dmabuf/model';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host/model';
import type { FifoSetup } from '../driver/fifo-tables.ts';
import type { MusbQuirks } from '../quirks/quirks.ts';
import { QUIRKS } from '../quirks/quirks.ts';
import type { SiliconConfiguration } from '../registers/register-space.ts';

/** What the musb backend can be told. */
export interface MusbOptions extends MemoryModelOptions {
  /** `maximum-speed` of the board; `'high'` unless given. */
  readonly speed?: 'full' | 'high';
  /** Which endpoints there are: the module parameter `fifo_mode`, 0 to 5; 4 unless given. */
  readonly fifoMode?: number;
  /** A table of FIFOs of one's own; goes before `fifoMode`. */
  readonly fifos?: readonly FifoSetup[];
  /** What the chip was made with, where it is not as on OMAP3. */
  readonly silicon?: Partial<SiliconConfiguration>;
  /** Module parameter `use_dma`: `false` lets the CPU move all bytes. `true` unless given. */
  readonly dma?: boolean;
  /** The driver reaches endpoint registers through INDEX, as on some SoCs; flat unless given. */
  readonly indexed?: boolean;
  /** Nanoseconds from an interrupt to the driver; 0 unless given. */
  readonly interruptLatency?: number;
  /**
   * A controller that does not exist: it accepts DMABUFs, if they are one run of memory for it. Off unless given; the
   * real driver has no scatter-gather, and FUNCTIONFS_DMABUF_ATTACH is EPERM.
   */
  readonly hypotheticalContiguousDma?: boolean;
  /** Known bugs to have. */
  readonly quirks?: MusbQuirks;
  /** FunctionFS behaves as its first published DMABUF interface: EBUSY at once instead of waiting. */
  readonly firstInterface?: boolean;
  /** The host at the other end. */
  readonly host?: Omit<VirtualHostOptions, 'clock' | 'trace'>;
}

/** What may stand in a gadget file. */
const FIELDS: Readonly<Record<string, OptionCheck>> = {
  speed: option.oneOf('full', 'high'),
  fifoMode: option.oneOf(0, 1, 2, 3, 4, 5),
  dma: option.yesOrNo,
  indexed: option.yesOrNo,
  interruptLatency: option.amount('nanoseconds'),
  hypotheticalContiguousDma: option.yesOrNo,
  quirks: option.switches(Object.keys(QUIRKS)),
  firstInterface: option.yesOrNo,
  heap: option.name(),
  layout: option.oneOf('contiguous', 'scattered'),
  budget: option.amount('bytes'),
  largest: option.amount('bytes'),
  seed: option.wholeNumber,
};

/** @throws InputError an option is unknown or wrong */
export const readMusbOptions = (options: Readonly<Record<string, unknown>>): MusbOptions =>
  readOptions(options, FIELDS);
