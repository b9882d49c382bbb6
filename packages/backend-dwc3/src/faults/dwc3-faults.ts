import { type Clock, InputError, type Token, type TraceSink, token } from '@gadgetloom/core';
import type { Direction } from '@gadgetloom/udc';
import {
  type BoardFaultKind,
  type Fault,
  FaultBoard,
  type FaultOptions,
  type FaultThreshold,
} from '@gadgetloom/udc/faults';

/** How the parts of a board get at what is behind the faults; nobody else needs it. */
export const FAULT_BOARD = Symbol('fault board');

/** When and how often, for a fault that is not an endpoint's. */
export type CoreFaultOptions = Pick<FaultOptions, 'after' | 'times'>;

/**
 * Makes things go wrong around the core, on purpose and at an exact point. Every method asks for one fault and returns
 * it; what was asked for first strikes first. Neither driver nor core knows: what comes of it is what would come of it on
 * a board. Transfers count as the host sees them.
 *
 * @example
 * faults.loseEvent({ after: { transfers: 10 } });
 * faults.disconnectAfter({ microframes: 3 });
 */
export class Dwc3Faults implements Disposable {
  readonly [FAULT_BOARD]: FaultBoard;

  constructor(options: { readonly clock: Clock; readonly trace?: TraceSink | undefined }) {
    this[FAULT_BOARD] = new FaultBoard(options.clock, options.trace);
  }

  /** The endpoint answers NAK, or NRDY, although it could go on; the host tries again a microframe later. */
  nak(options: FaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('nak', options);
  }

  /** The host does not come: nothing moves on the endpoint until the fault is disposed. */
  neverReads(options: Omit<FaultOptions, 'times'> = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('nak', { ...options, times: Number.POSITIVE_INFINITY });
  }

  /** Somebody sends more than was asked for. IN: EOVERFLOW at the host. OUT: nobody answers, EPROTO. */
  babble(options: FaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('babble', options);
  }

  /** A packet arrives damaged: the host repeats it, and gives up (EPROTO) after the third time in a row. */
  crcError(options: FaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('crc', options);
  }

  /**
   * An event does not get into the event ring. The request that it was for completes with the next event of the endpoint,
   * and so on; the last one stays until it is cancelled.
   */
  loseEvent(options: CoreFaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('lost event', options);
  }

  /** An interrupt reaches the driver `by` nanoseconds late. */
  lateInterrupt(options: CoreFaultOptions & { readonly by: number }): Fault<BoardFaultKind> {
    if (!(options.by >= 0)) throw new InputError(`by: ${options.by} is no delay in nanoseconds.`, { field: 'by' });
    return this[FAULT_BOARD].add('late interrupt', options, options.by);
  }

  /** An access to the memory of a transfer ends with a bus error: the request completes with ECONNRESET. */
  dmaError(options: { readonly endpoint?: Direction } & CoreFaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('bus error', options);
  }

  /** The cable is pulled, once, at exactly this point. With `endpoint`, bytes, packets and transfers count there only. */
  disconnectAfter(after: FaultThreshold, options: Pick<FaultOptions, 'endpoint'> = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('disconnect', { ...options, after });
  }

  /** Pulls the cable now. */
  disconnect(): void {
    this[FAULT_BOARD].target?.unplug();
  }

  /** Puts the cable back in. */
  reconnect(): void {
    this[FAULT_BOARD].target?.plug();
  }

  /** Faults that are still to happen. */
  get pending(): readonly Fault<BoardFaultKind>[] {
    return this[FAULT_BOARD].rules;
  }

  /** Takes all faults back. The cable stays as it is. */
  clear(): void {
    this[FAULT_BOARD].clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** Faults of the DWC3 backend. */
export const DWC3_FAULTS: Token<Dwc3Faults> = token('@gadgetloom/backend-dwc3:Dwc3Faults');
