import { type Clock, Errno, type ErrnoCode, InputError, type Token, type TraceSink, token } from '@gadgetloom/core';
import type { FaultOptions, FaultThreshold } from '@gadgetloom/udc/faults';
import type { Fault } from './fault.ts';
import { FaultBoard } from './fault-board.ts';
import { type MemoryFault, type MemoryFaultOptions, MemoryRule } from './memory-rule.ts';

/** How controllers and heaps get at the board behind the faults; nobody else needs it. */
export const FAULT_BOARD = Symbol('fault board');

/** What {@link MockFaults} are made with. */
export interface MockFaultsOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink;
}

/**
 * Makes things go wrong, on purpose and at an exact point: at the controllers and heaps that were made with it. Every
 * method asks for one fault and returns it; what was asked for first strikes first. Whatever happens, every request
 * still completes exactly once.
 *
 * @example
 * faults.nak({ endpoint: 0x81, times: 3 });
 * faults.stall({ endpoint: 'out', after: { transfers: 10 } });
 * faults.disconnectAfter({ microframes: 3 });
 * faults.outOfMemory({ after: { calls: 2 } });
 */
export class MockFaults implements Disposable {
  readonly [FAULT_BOARD]: FaultBoard;

  constructor(options: MockFaultsOptions) {
    this[FAULT_BOARD] = new FaultBoard(options.clock, options.trace);
  }

  /** The endpoint answers NAK although it could go on; the host tries again a microframe later. */
  nak(options: FaultOptions = {}): Fault {
    return this[FAULT_BOARD].add('nak', options, 0);
  }

  /** The endpoint halts: the host sees STALL until it clears the halt, which it cannot if `wedge` is set. */
  stall(options: FaultOptions & { readonly wedge?: boolean } = {}): Fault {
    return this[FAULT_BOARD].add('stall', options, options.wedge ? 1 : 0);
  }

  /**
   * Somebody sends more than was asked for. IN: the host's transfer fails with babble (EOVERFLOW), the gadget's request
   * completes as if all were well. OUT: the gadget's request fails with EOVERFLOW.
   */
  babble(options: FaultOptions = {}): Fault {
    return this[FAULT_BOARD].add('babble', options, 0);
  }

  /** A request completes `by` nanoseconds after its bytes have moved; those behind it wait for it. */
  late(options: FaultOptions & { readonly by: number }): Fault {
    if (!(options.by >= 0)) throw new InputError(`by: ${options.by} is no delay in nanoseconds.`, { field: 'by' });
    return this[FAULT_BOARD].add('late', options, options.by);
  }

  /** The interrupt is lost: the bytes move, but the request completes only when it is dequeued or the endpoint disabled. */
  lose(options: FaultOptions = {}): Fault {
    return this[FAULT_BOARD].add('lost', options, 0);
  }

  /** A request completes with an errno, EIO unless given, although its bytes have moved. */
  fail(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this[FAULT_BOARD].add('failed', options, errno(options.code ?? 'EIO'));
  }

  /** Queueing a request fails; with ENOMEM unless another errno is given. */
  refuse(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this[FAULT_BOARD].add('refused', options, errno(options.code ?? 'ENOMEM'));
  }

  /** The cable is pulled, once, at exactly this point. With `endpoint`, bytes, packets and transfers count there only. */
  disconnectAfter(after: FaultThreshold, options: Pick<FaultOptions, 'endpoint'> = {}): Fault {
    return this[FAULT_BOARD].add('disconnect', { ...options, after }, 0);
  }

  /** Pulls the cable now. */
  disconnect(): void {
    this[FAULT_BOARD].unplug();
  }

  /** Puts the cable back in. */
  reconnect(): void {
    this[FAULT_BOARD].plug();
  }

  /** Memory runs out: an allocation, or the attaching of a buffer, fails with ENOMEM. */
  outOfMemory(options: MemoryFaultOptions = {}): MemoryFault {
    const rule = new MemoryRule(options);
    this[FAULT_BOARD].addMemory(rule);
    return rule;
  }

  /** Faults that are still to happen. */
  get pending(): readonly (Fault | MemoryFault)[] {
    return [...this[FAULT_BOARD].rules, ...this[FAULT_BOARD].memoryRules];
  }

  /** Takes all faults back. The cable stays as it is. */
  clear(): void {
    this[FAULT_BOARD].clear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** Faults of the mock backend. */
export const MOCK_FAULTS: Token<MockFaults> = token('@gadgetloom/backend-mock:MockFaults');

function errno(code: ErrnoCode): number {
  if (!(code in Errno)) throw new InputError(`code: '${code}' is no errno.`, { field: 'code' });
  return -Errno[code];
}
