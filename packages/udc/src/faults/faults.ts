import { type Token, token } from '@gadgetloom/core';
import type { Direction } from '../chapter9.ts';
import type { Fault, FaultOptions, FaultThreshold } from './fault.ts';
import type { MemoryFault, MemoryFaultOptions } from './memory-fault.ts';

/** Options of a DMA error. Memory knows the direction of an access, but not its endpoint. */
export interface DmaErrorOptions extends Omit<FaultOptions, 'endpoint'> {
  /** `'in'`: reading memory for the host; `'out'`: writing it. Both unless given. */
  readonly endpoint?: Direction;
}

/**
 * Injects faults into a simulated stack at exact points. Every method requests one fault and returns it. Of several
 * faults the oldest strikes first. Every request still completes exactly once.
 *
 * Each simulated backend has all of these methods. A method throws an InputError with the reason if the backend's
 * controller cannot have the fault; {@link whyNot} tells the reason beforehand.
 *
 * @example
 * faults.nak({ endpoint: 0x81, times: 3 });
 * faults.loseEvent({ after: { transfers: 10 } });
 * faults.disconnectAfter({ microframes: 3 });
 * faults.outOfMemory({ after: { calls: 2 } });
 */
export interface Faults extends Disposable {
  /** The endpoint answers NAK or NRDY although it is ready; the host tries again a microframe later. */
  nak(options?: FaultOptions): Fault;
  /** The host does not poll the endpoint: nothing moves until the fault is disposed. */
  neverReads(options?: Omit<FaultOptions, 'times'>): Fault;
  /**
   * A sender sends more than the receiver asked for. IN: the host gets EOVERFLOW. OUT: the device does not answer, and
   * the host gets EPROTO; a mock accepts the transfer, and the gadget's request fails with EOVERFLOW.
   */
  babble(options?: FaultOptions): Fault;
  /** A packet arrives damaged. The host repeats it, and gives up (EPROTO) after three damaged packets in a row. */
  crcError(options?: FaultOptions): Fault;
  /** The endpoint halts by itself: the host sees STALL until it clears the halt. */
  stall(options?: FaultOptions): Fault;
  /** A request completes with an error although its bytes have moved: EIO unless the backend accepts another errno. */
  fail(options?: FaultOptions): Fault;
  /** Queueing a request fails with ENOMEM, unless the backend accepts another errno. */
  refuse(options?: FaultOptions): Fault;
  /**
   * The event that reports moved bytes to the driver is lost. The request stays queued until it is cancelled, or until
   * the next event of its kind, if the driver then notices.
   */
  loseEvent(options?: FaultOptions): Fault;
  /** The event that reports moved bytes to the driver arrives `by` nanoseconds late. */
  lateInterrupt(options: FaultOptions & { readonly by: number }): Fault;
  /** An access of the controller to the memory of a transfer ends with a bus error. */
  dmaError(options?: DmaErrorOptions): Fault;
  /** Memory runs out: allocating or attaching a buffer fails with ENOMEM. */
  outOfMemory(options?: MemoryFaultOptions): MemoryFault;
  /**
   * The cable is pulled, once, at exactly this point. With `endpoint`, bytes, packets and transfers count there only.
   */
  disconnectAfter(after: FaultThreshold, options?: Pick<FaultOptions, 'endpoint'>): Fault;
  /** Pulls the cable now. */
  disconnect(): void;
  /** Puts the cable back in. */
  reconnect(): void;
  /** Faults that are still to happen. */
  readonly pending: readonly (Fault | MemoryFault)[];
  /** Takes all faults back. The cable stays as it is. */
  clear(): void;
  /** Why this backend cannot have the fault, in a sentence; `undefined` if it can. */
  whyNot(fault: FaultName): string | undefined;
}

/** Names of the faults. */
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
