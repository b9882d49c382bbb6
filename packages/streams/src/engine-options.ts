import { type Clock, InputError, SystemClock, type TraceSink } from '@gadgetloom/core';
import { StreamStatistics } from './statistics.ts';

/**
 * What happens to transfers when the endpoint is disabled: another configuration, a bus reset, an unplugged cable, an
 * unbound gadget. The policy applies to the `depth` oldest transfers of the stream. DMABUFs have all of them in the
 * kernel, the copying path has one of them there; both paths treat them alike. Buffers behind them wait until the
 * endpoint is enabled again.
 *
 * - `drop`: each completes with ESHUTDOWN, and the stream continues.
 * - `replay`: the stream submits them again, in order, once the endpoint is enabled. They complete then.
 * - `fail`: each completes with ESHUTDOWN, and then the stream fails with a KernelError ESHUTDOWN.
 */
export type DisablePolicy = 'drop' | 'replay' | 'fail';

/** Options of every stream. */
export interface EngineOptions {
  /** Transfers that the kernel has at a time, at least 1; 4 unless given. The copying path has one at a time. */
  readonly depth?: number;
  /** `'drop'` unless given. */
  readonly onDisable?: DisablePolicy;
  /**
   * The effect of a failed transfer on the stream. `continue`: its completion has the status, and the stream goes on.
   * `fail`: the others are cancelled and reported, then the stream fails with a KernelError. `'continue'` unless given.
   */
  readonly onFailure?: 'continue' | 'fail';
  /**
   * Whether the controller does scatter-gather, which DMABUFs need: `features.scatterGather` of the controller.
   * If it is not given, the stream finds out: without scatter-gather, ATTACH fails with EPERM on an enabled endpoint.
   */
  readonly scatterGather?: boolean | undefined;
  /**
   * The action if DMABUFs do not work, because the controller cannot do scatter-gather or the kernel is older than
   * 6.9: copy, which completions show as `path: 'copy'`, or fail with a KernelError. `'copy'` unless given.
   */
  readonly fallback?: 'copy' | 'error';
  /** Most buffers that stay attached, at least 1; the oldest idle one makes room for a new one. 1024 unless given. */
  readonly attachments?: number;
  /**
   * The clock for the times of completions; the machine's clock unless given. In simulations, pass the stack's clock.
   */
  readonly clock?: Clock;
  readonly trace?: TraceSink | undefined;
  /** Counts what the stream does. */
  readonly statistics?: StreamStatistics;
}

/** One clock for all streams, so that their times can be compared. */
const machineClock = new SystemClock();

/** Options with all defaults filled in. */
export type CompleteOptions = ReturnType<typeof completeOptions>;

/** @throws InputError a value that is not allowed */
export function completeOptions(options: EngineOptions) {
  const {
    depth = 4,
    onDisable = 'drop',
    onFailure = 'continue',
    fallback = 'copy',
    attachments = 1024,
    scatterGather,
    trace,
  } = options;
  atLeastOne('depth', depth);
  atLeastOne('attachments', attachments);
  oneOf('onDisable', onDisable, ['drop', 'replay', 'fail']);
  oneOf('onFailure', onFailure, ['continue', 'fail']);
  oneOf('fallback', fallback, ['copy', 'error']);
  const clock = options.clock ?? machineClock;
  const statistics = options.statistics ?? new StreamStatistics();
  return { depth, onDisable, onFailure, fallback, attachments, scatterGather, trace, clock, statistics };
}

/** @throws InputError not a whole number, or less than 1 */
export function atLeastOne(field: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new InputError(`${field} is ${value}. Pass a whole number of at least 1.`, { field });
}

/** @throws InputError `value` is none of `allowed` */
export function oneOf(field: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw new InputError(`${field} is '${value}'. Pass one of ${allowed.map((each) => `'${each}'`).join(', ')}.`, {
    field,
  });
}
