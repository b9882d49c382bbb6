import { type Token, token } from '@gadgetloom/core';
import type { Direction } from '../chapter9.ts';
import type { Fault, FaultOptions, FaultThreshold } from './fault.ts';
import type { MemoryFault, MemoryFaultOptions } from './memory-fault.ts';

/** What a DMA error can be told: memory knows directions, but no endpoints. */
export interface DmaErrorOptions extends Omit<FaultOptions, 'endpoint'> {
  /** `'in'`: reading memory for the host; `'out'`: writing it. Both unless given. */
  readonly endpoint?: Direction;
}

/**
 * Makes things go wrong in a simulated stack, on purpose and at an exact point. Every method asks for one fault and
 * returns it; what was asked for first strikes first. Whatever happens, every request still completes exactly once.
 *
 * Each simulated backend has all of these methods. What its controller cannot do throws an InputError that says why, and
 * {@link whyNot} says it beforehand.
 *
 * @example
 * faults.nak({ endpoint: 0x81, times: 3 });
 * faults.loseEvent({ after: { transfers: 10 } });
 * faults.disconnectAfter({ microframes: 3 });
 * faults.outOfMemory({ after: { calls: 2 } });
 */
export interface Faults extends Disposable {
  /** The endpoint answers NAK, or NRDY, although it could go on; the host tries again a microframe later. */
  nak(options?: FaultOptions): Fault;
  /** The host does not come: nothing moves on the endpoint until the fault is disposed. */
  neverReads(options?: Omit<FaultOptions, 'times'>): Fault;
  /**
   * Somebody sends more than was asked for. IN: EOVERFLOW at the host. OUT: nobody answers, EPROTO; a mock takes the
   * transfer, and the gadget's request fails with EOVERFLOW.
   */
  babble(options?: FaultOptions): Fault;
  /** A packet arrives damaged: the host repeats it, and gives up (EPROTO) after the third time in a row. */
  crcError(options?: FaultOptions): Fault;
  /** The endpoint halts by itself: the host sees STALL until it clears the halt. */
  stall(options?: FaultOptions): Fault;
  /** A request completes with an error although its bytes have moved: EIO unless the backend takes another. */
  fail(options?: FaultOptions): Fault;
  /** Queueing a request fails: with ENOMEM unless the backend takes another errno. */
  refuse(options?: FaultOptions): Fault;
  /**
   * What tells the driver that bytes have moved is lost: the request stays until the next event of its kind, if its driver
   * then notices, or until it is cancelled.
   */
  loseEvent(options?: FaultOptions): Fault;
  /** What tells the driver that bytes have moved comes `by` nanoseconds late. */
  lateInterrupt(options: FaultOptions & { readonly by: number }): Fault;
  /** An access of the controller to the memory of a transfer ends with a bus error. */
  dmaError(options?: DmaErrorOptions): Fault;
  /** Memory runs out: an allocation, or the attaching of a buffer, fails with ENOMEM. */
  outOfMemory(options?: MemoryFaultOptions): MemoryFault;
  /** The cable is pulled, once, at exactly this point. With `endpoint`, bytes, packets and transfers count there only. */
  disconnectAfter(after: FaultThreshold, options?: Pick<FaultOptions, 'endpoint'>): Fault;
  /** Pulls the cable now. */
  disconnect(): void;
  /** Puts the cable back in. */
  reconnect(): void;
  /** Faults that are still to happen. */
  readonly pending: readonly (Fault | MemoryFault)[];
  /** Takes all faults back. The cable stays as it is. */
  clear(): void;
  /** Why this backend cannot do it, in a sentence; `undefined` if it can. */
  whyNot(fault: FaultName): string | undefined;
}

/** Names of what can be asked for. */
export type FaultName =
  | 'nak'
  | 'neverReads'
  | 'babble'
  | 'crcError'
  | 'stall'
  | 'fail'
  | 'refuse'
  | 'loseEvent'
  | 'lateInterrupt'
  | 'dmaError'
  | 'outOfMemory'
  | 'disconnectAfter';

/** Every simulated backend provides them. */
export const FAULTS: Token<Faults> = token('@gadgetloom/udc:Faults');
