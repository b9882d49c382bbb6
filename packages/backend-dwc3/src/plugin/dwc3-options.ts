import { InputError } from '@gadgetloom/core';
import type { PageLayout } from '@gadgetloom/dmabuf/model';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host';
import type { Properties } from '../driver/properties.ts';
import type { CoreParameters } from '../hardware/core-parameters.ts';
import { QUIRKS, type Quirks } from '../quirks/quirks.ts';

/** What the DWC3 backend can be told. */
export interface Dwc3Options {
  /** Fastest speed; `'super'` unless given. */
  readonly speed?: 'full' | 'high' | 'super';
  /** Name in /sys/class/udc; `'fe800000.usb'` unless given. */
  readonly name?: string;
  /** Nanoseconds from an interrupt to its handler; 0 unless given. */
  readonly interruptLatency?: number;
  /** Name of the heap; `'system'` unless given. */
  readonly heap?: string;
  /** Where pages lie for the controller; `'scattered'` unless given. */
  readonly layout?: PageLayout;
  /** Bytes that the heap has in all; no limit unless given. */
  readonly budget?: number;
  /** Bytes of the largest allocation; no limit unless given. */
  readonly largest?: number;
  /** Of scattered addresses, and of the order of timers that are due at the same instant. */
  readonly seed?: number;
  /** FunctionFS behaves as its first published DMABUF interface: EBUSY at once instead of waiting. */
  readonly firstInterface?: boolean;
  /** The bus takes the time that a real one takes; `false` unless given. */
  readonly timed?: boolean;
  /** How the core was configured. */
  readonly core?: CoreParameters;
  /** What the device tree says. */
  readonly properties?: Properties;
  /** Errata of the core and bugs of the driver, by name; none unless given. See {@link QUIRKS}. */
  readonly quirks?: Quirks;
  /** The host at the other end. */
  readonly host?: Omit<VirtualHostOptions, 'clock' | 'trace'>;
}

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value) ? undefined : values.map((allowed) => JSON.stringify(allowed)).join(', ');
const amount =
  (what: string): Check =>
  (value) =>
    typeof value === 'number' && value >= 0 ? undefined : `${what}, 0 or more`;
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'a name');

/** What may stand in a gadget file. */
const FIELDS: Readonly<Record<string, Check>> = {
  speed: oneOf('full', 'high', 'super'),
  name: text,
  interruptLatency: amount('a number of nanoseconds'),
  heap: text,
  layout: oneOf('contiguous', 'scattered'),
  budget: amount('a number of bytes'),
  largest: amount('a number of bytes'),
  seed: (value) => (Number.isSafeInteger(value) ? undefined : 'a whole number'),
  firstInterface: oneOf(true, false),
  timed: oneOf(true, false),
  quirks: (value) => {
    const named = typeof value === 'object' && value !== null ? Object.entries(value) : [['', '']];
    const known = named.every(([name, on]) => name in QUIRKS && typeof on === 'boolean');
    return known ? undefined : `true or false for ${Object.keys(QUIRKS).join(', ')}`;
  },
};

/** @throws InputError an option is unknown or wrong */
export function readDwc3Options(options: Readonly<Record<string, unknown>>): Dwc3Options {
  for (const [field, value] of Object.entries(options)) {
    const allowed = FIELDS[field];
    if (allowed === undefined) {
      const known = Object.keys(FIELDS).join(', ');
      throw new InputError(`${field} is no option of this backend; it has ${known}.`, { field });
    }
    const wanted = allowed(value);
    if (wanted !== undefined) {
      throw new InputError(`${field} is ${JSON.stringify(value)}; allowed is ${wanted}.`, { field });
    }
  }
  return options;
}
