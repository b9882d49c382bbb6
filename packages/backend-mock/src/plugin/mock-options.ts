import { InputError } from '@gadgetloom/core';
import type { PageLayout } from '@gadgetloom/dmabuf/model';
import type { EndpointLimits } from '@gadgetloom/udc';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host';

/** What a mock heap can be told. */
export interface MockHeapPluginOptions {
  /** Name of the heap; `'mock'` unless given. */
  readonly heap?: string;
  /** Where pages lie for a device; `'contiguous'` unless given. */
  readonly layout?: PageLayout;
  /** Bytes that the heap has in all; no limit unless given. */
  readonly budget?: number;
  /** Bytes of the largest allocation; no limit unless given. */
  readonly largest?: number;
  /** Of scattered addresses, and of the order of timers that are due at the same instant. */
  readonly seed?: number;
}

/** What the mock backend can be told. */
export interface MockOptions extends MockHeapPluginOptions {
  /** Fastest speed of the controller; `'high'` unless given. */
  readonly speed?: 'full' | 'high' | 'super';
  /** `false`: the controller takes no DMABUFs, as most real ones; ATTACH is EPERM, and bytes are copied. */
  readonly scatterGather?: boolean;
  /** FunctionFS behaves as its first published DMABUF interface: EBUSY at once instead of waiting. */
  readonly firstInterface?: boolean;
  /** Data endpoints of the controller; those of dummy_hcd unless given. */
  readonly endpoints?: readonly EndpointLimits[];
  /** The host at the other end. */
  readonly host?: Omit<VirtualHostOptions, 'clock' | 'trace'>;
}

type Check = (value: unknown) => string | undefined;

const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value) ? undefined : values.map((allowed) => JSON.stringify(allowed)).join(', ');
const bytes: Check = (value) => (typeof value === 'number' && value >= 0 ? undefined : 'a number of bytes, 0 or more');

/** What may stand in a gadget file. */
const HEAP_FIELDS: Readonly<Record<string, Check>> = {
  heap: (value) => (typeof value === 'string' && value !== '' ? undefined : 'a name'),
  layout: oneOf('contiguous', 'scattered'),
  budget: bytes,
  largest: bytes,
  seed: (value) => (Number.isSafeInteger(value) ? undefined : 'a whole number'),
};
const FIELDS: Readonly<Record<string, Check>> = {
  ...HEAP_FIELDS,
  speed: oneOf('full', 'high', 'super'),
  scatterGather: oneOf(true, false),
  firstInterface: oneOf(true, false),
};

/** @throws InputError an option is unknown or wrong */
export function readHeapOptions(options: Readonly<Record<string, unknown>>): MockHeapPluginOptions {
  return check(options, HEAP_FIELDS);
}

/** @throws InputError an option is unknown or wrong */
export function readMockOptions(options: Readonly<Record<string, unknown>>): MockOptions {
  return check(options, FIELDS);
}

function check(
  options: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Check>>,
): Readonly<Record<string, never>> {
  for (const [field, value] of Object.entries(options)) {
    const allowed = fields[field];
    if (allowed === undefined)
      throw new InputError(`${field} is no option of this backend; it has ${Object.keys(fields).join(', ')}.`, {
        field,
      });
    const wanted = allowed(value);
    if (wanted !== undefined)
      throw new InputError(`${field} is ${JSON.stringify(value)}; allowed is ${wanted}.`, { field });
  }
  return options as Readonly<Record<string, never>>;
}
