import { type Token, token } from '@gadgetloom/core';

/** How much has to happen before a fault does; one of these. `time` is in nanoseconds of the stack's clock. */
export type StackFaultThreshold =
  | { readonly bytes: number }
  | { readonly packets: number }
  | { readonly transfers: number }
  | { readonly microframes: number }
  | { readonly time: number };

/** Where, when and how often. */
export interface StackFaultOptions {
  /** Address as the host sees it, or all data endpoints of a direction; all unless given. */
  readonly endpoint?: number | 'in' | 'out';
  /** At once unless given. */
  readonly after?: StackFaultThreshold;
  /** Once unless given. */
  readonly times?: number;
}

/** A fault that was asked for; disposing takes it back. */
export interface StackFault extends Disposable {
  /** How often it has happened. */
  readonly hits: number;
  readonly over: boolean;
}

/**
 * What a simulated backend lets go wrong on purpose. `@gadgetloom/backend-mock` documents each, and has more of them:
 * `stack.resolve(MOCK_FAULTS)` is the same object.
 */
export interface StackFaults {
  /** The endpoint answers NAK although it could go on; the host tries again a microframe later. */
  nak(options?: StackFaultOptions): StackFault;
  /** The endpoint halts, until the host clears the halt. */
  stall(options?: StackFaultOptions): StackFault;
  /** Somebody sends more than was asked for: EOVERFLOW. */
  babble(options?: StackFaultOptions): StackFault;
  /** A transfer completes `by` nanoseconds after its bytes have moved. */
  late(options: StackFaultOptions & { readonly by: number }): StackFault;
  /** The completion is lost: it comes only when the transfer is cancelled or the endpoint disabled. */
  lose(options?: StackFaultOptions): StackFault;
  /** A transfer completes with an error, EIO, although its bytes have moved. */
  fail(options?: StackFaultOptions): StackFault;
  /** Queueing a transfer fails with ENOMEM. */
  refuse(options?: StackFaultOptions): StackFault;
  /** The cable is pulled, once, at exactly this point. */
  disconnectAfter(after: StackFaultThreshold, options?: Pick<StackFaultOptions, 'endpoint'>): StackFault;
  /** Pulls the cable now. */
  disconnect(): void;
  /** Puts the cable back in. */
  reconnect(): void;
  /** An allocation, or the attaching of a buffer, fails with ENOMEM. */
  outOfMemory(options?: {
    readonly at?: 'allocate' | 'attach';
    readonly after?: { readonly calls: number };
    readonly times?: number;
  }): StackFault;
  /** Takes all faults back. The cable stays as it is. */
  clear(): void;
}

/** The token of `@gadgetloom/backend-mock`, by its name: the stack knows no backend. */
export const FAULTS: Token<StackFaults> = token('@gadgetloom/backend-mock:MockFaults');
