import { type OptionCheck, option, readOptions } from '@gadgetloom/core';
import type { PageLayout } from '@gadgetloom/dmabuf/model';
import type { EndpointLimits } from '@gadgetloom/udc';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host/model';

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

/** What may stand in a gadget file. */
const HEAP_FIELDS: Readonly<Record<string, OptionCheck>> = {
  heap: option.name(),
  layout: option.oneOf('contiguous', 'scattered'),
  budget: option.amount('bytes'),
  largest: option.amount('bytes'),
  seed: option.wholeNumber,
};
const FIELDS: Readonly<Record<string, OptionCheck>> = {
  ...HEAP_FIELDS,
  speed: option.oneOf('full', 'high', 'super'),
  scatterGather: option.yesOrNo,
  firstInterface: option.yesOrNo,
};

/** @throws InputError an option is unknown or wrong */
export const readHeapOptions = (options: Readonly<Record<string, unknown>>): MockHeapPluginOptions =>
  readOptions(options, HEAP_FIELDS);

/** @throws InputError an option is unknown or wrong */
export const readMockOptions = (options: Readonly<Record<string, unknown>>): MockOptions =>
  readOptions(options, FIELDS);
