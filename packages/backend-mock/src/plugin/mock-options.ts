import { type OptionCheck, option, readOptions } from '@gadgetloom/core';
import { type BoardMemoryOptions, type BoardOptions, MEMORY_FIELDS } from '@gadgetloom/simulated-board';
import type { EndpointLimits } from '@gadgetloom/udc';

/** The options of the mock backend. `speed` is `'high'` unless given, `name` is `'dummy_udc.0'`, `heap` is `'mock'`. */
export interface MockOptions extends BoardOptions<'full' | 'high' | 'super'> {
  /** `false`: the controller takes no DMABUFs, as most real ones; ATTACH is EPERM, and bytes are copied. */
  readonly scatterGather?: boolean;
  /** Data endpoints of the controller; those of dummy_hcd unless given. */
  readonly endpoints?: readonly EndpointLimits[];
}

/** The options of this backend alone that may stand in a gadget file. */
export const MOCK_FIELDS: Readonly<Record<string, OptionCheck>> = { scatterGather: option.yesOrNo };

/** @throws InputError an option is unknown or wrong */
export const readHeapOptions = (options: Readonly<Record<string, unknown>>): BoardMemoryOptions =>
  readOptions(options, MEMORY_FIELDS);
