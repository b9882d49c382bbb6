import type { FaultRule as CountedRule, Fault as RequestedFault } from '@gadgetloom/udc/faults';

/** What can go wrong at the controller. */
export type FaultKind =
  | 'nak'
  | 'stall'
  | 'babble'
  | 'crc'
  | 'late interrupt'
  | 'lost event'
  | 'failed'
  | 'refused'
  | 'disconnect';

/** A fault that was asked for. Disposing takes it back: it does not happen (again). */
export type Fault = RequestedFault<FaultKind>;

/**
 * A fault, where it applies, and the countdown to it. Its parameter: errno of `failed` and `refused`, negative;
 * nanoseconds of a `late interrupt`; 1 for a `stall` that wedges.
 */
export type FaultRule = CountedRule<FaultKind>;
