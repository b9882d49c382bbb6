import { type OptionCheck, option, readOptions } from '@gadgetloom/core';
import type { PageLayout } from '@gadgetloom/dmabuf/model';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host/model';
import type { Properties } from '../driver/properties.ts';
import type { RegisterSpace } from '../face/register-space.ts';
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
  /** What the driver reaches the registers through, such as one that keeps a trace; the hardware itself unless given. */
  readonly registers?: (hardware: RegisterSpace) => RegisterSpace;
  /** The host at the other end. */
  readonly host?: Omit<VirtualHostOptions, 'clock' | 'trace'>;
}

/** What may stand in a gadget file. */
const FIELDS: Readonly<Record<string, OptionCheck>> = {
  speed: option.oneOf('full', 'high', 'super'),
  name: option.name(),
  interruptLatency: option.amount('nanoseconds'),
  heap: option.name(),
  layout: option.oneOf('contiguous', 'scattered'),
  budget: option.amount('bytes'),
  largest: option.amount('bytes'),
  seed: option.wholeNumber,
  firstInterface: option.yesOrNo,
  timed: option.yesOrNo,
  quirks: option.switches(Object.keys(QUIRKS)),
  host: option.fields({ maxSpeed: option.oneOf('full', 'high', 'super') }),
};

/** @throws InputError an option is unknown or wrong */
export const readDwc3Options = (options: Readonly<Record<string, unknown>>): Dwc3Options =>
  readOptions(options, FIELDS);
