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
  nak(options?: StackFaultOptions): StackFault;
  stall(options?: StackFaultOptions): StackFault;
  babble(options?: StackFaultOptions): StackFault;
  late(options: StackFaultOptions & { readonly by: number }): StackFault;
  lose(options?: StackFaultOptions): StackFault;
  fail(options?: StackFaultOptions): StackFault;
  refuse(options?: StackFaultOptions): StackFault;
  disconnectAfter(after: StackFaultThreshold, options?: Pick<StackFaultOptions, 'endpoint'>): StackFault;
  disconnect(): void;
  reconnect(): void;
  outOfMemory(options?: {
    readonly at?: 'allocate' | 'attach';
    readonly after?: { readonly calls: number };
    readonly times?: number;
  }): StackFault;
  clear(): void;
}

/** The token of `@gadgetloom/backend-mock`, by its name: the stack knows no backend. */
export const FAULTS: Token<StackFaults> = token('@gadgetloom/backend-mock:MockFaults');
