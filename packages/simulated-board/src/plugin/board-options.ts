import { type OptionCheck, option, readOptions } from '@gadgetloom/core';
import type { PageLayout } from '@gadgetloom/dmabuf/model';
import type { UsbSpeed } from '@gadgetloom/udc';
import type { VirtualHostOptions } from '@gadgetloom/virtual-host/model';

/** The memory of a simulated board. */
export interface BoardMemoryOptions {
  /** Name of the heap. */
  readonly heap?: string;
  /** The layout of pages in the controller's address space. */
  readonly layout?: PageLayout;
  /** Total bytes of the heap; no limit by default. */
  readonly budget?: number;
  /** Bytes of the largest allocation; no limit by default. */
  readonly largest?: number;
  /** Seed of scattered addresses, and of the order of timers that are due at the same instant. */
  readonly seed?: number;
}

/** The options that every simulated backend takes. */
export interface BoardOptions<Speed extends UsbSpeed = UsbSpeed> extends BoardMemoryOptions {
  /** Fastest speed of the controller. */
  readonly speed?: Speed;
  /** Name in /sys/class/udc. */
  readonly name?: string;
  /** Nanoseconds from an interrupt to its handler; 0 by default. */
  readonly interruptLatency?: number;
  /**
   * `true`: FunctionFS behaves like its first published DMABUF interface, and fails with EBUSY at once instead of
   * waiting.
   */
  readonly firstInterface?: boolean;
  /** `true`: transfers take the time that a real bus takes. By default everything moves at once. */
  readonly timed?: boolean;
  /** The host at the other end of the cable. */
  readonly host?: Omit<VirtualHostOptions, 'clock' | 'trace'>;
}

/** The memory options that a gadget file may contain, with their checks. */
export const MEMORY_FIELDS: Readonly<Record<string, OptionCheck>> = {
  heap: option.name(),
  layout: option.oneOf('contiguous', 'scattered'),
  budget: option.amount('bytes'),
  largest: option.amount('bytes'),
  seed: option.wholeNumber,
};

const HOST_FIELDS: Readonly<Record<string, OptionCheck>> = {
  maxSpeed: option.oneOf('full', 'high', 'super'),
  autoConfigure: option.yesOrNo,
  delays: option.yesOrNo,
};

/**
 * Reads the options that a gadget file or a command line gives to a simulated backend: those of every board, and those
 * that only this backend has.
 *
 * @param speeds the values that the option `speed` may have
 * @param own options that only this backend takes
 * @throws InputError an option is unknown or wrong; its `field` is the name of the option
 */
export function readBoardOptions<Options extends BoardOptions>(
  options: Readonly<Record<string, unknown>>,
  speeds: readonly UsbSpeed[],
  own: Readonly<Record<string, OptionCheck>>,
): Options {
  return readOptions(options, {
    speed: option.oneOf(...speeds),
    name: option.name(),
    ...MEMORY_FIELDS,
    interruptLatency: option.amount('nanoseconds'),
    firstInterface: option.yesOrNo,
    timed: option.yesOrNo,
    host: option.fields(HOST_FIELDS),
    ...own,
  });
}
