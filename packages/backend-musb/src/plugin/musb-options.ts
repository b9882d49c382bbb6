import { InputError } from '@gadgetloom/core';
import type { MemoryModelOptions } from '@gadgetloom/dmabuf/model';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host';
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

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value) ? undefined : values.map((allowed) => JSON.stringify(allowed)).join(', ');
const atLeastZero =
  (unit: string): Check =>
  (value) =>
    typeof value === 'number' && value >= 0 ? undefined : `a number of ${unit}, 0 or more`;
const yesOrNo = oneOf(true, false);

/** What may stand in a gadget file. */
const FIELDS: Readonly<Record<string, Check>> = {
  speed: oneOf('full', 'high'),
  fifoMode: oneOf(0, 1, 2, 3, 4, 5),
  dma: yesOrNo,
  indexed: yesOrNo,
  interruptLatency: atLeastZero('nanoseconds'),
  hypotheticalContiguousDma: yesOrNo,
  quirks: (value) => {
    const known = typeof value === 'object' && value !== null && !Array.isArray(value);
    const wrong = known ? Object.entries(value).some(([name, on]) => !(name in QUIRKS) || yesOrNo(on)) : true;
    return wrong ? `an object of ${Object.keys(QUIRKS).join(', ')}, each true or false` : undefined;
  },
  firstInterface: yesOrNo,
  heap: (value) => (typeof value === 'string' && value !== '' ? undefined : 'a name'),
  layout: oneOf('contiguous', 'scattered'),
  budget: atLeastZero('bytes'),
  largest: atLeastZero('bytes'),
  seed: (value) => (Number.isSafeInteger(value) ? undefined : 'a whole number'),
};

/** @throws InputError an option is unknown or wrong */
export function readMusbOptions(options: Readonly<Record<string, unknown>>): MusbOptions {
  for (const [field, value] of Object.entries(options)) {
    const wanted = FIELDS[field];
    const names = Object.keys(FIELDS).join(', ');
    if (wanted === undefined)
      throw new InputError(`${field} is no option of this backend; it has ${names}.`, { field });
    const allowed = wanted(value);
    if (allowed !== undefined)
      throw new InputError(`${field} is ${JSON.stringify(value)}; allowed is ${allowed}.`, { field });
  }
  return options as Readonly<Record<string, never>>;
}
