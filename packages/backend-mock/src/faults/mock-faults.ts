import { type Clock, Errno, type ErrnoCode, InputError, type Token, type TraceSink, token } from '@gadgetloom/core';
import {
  cannot,
  type FaultName,
  type FaultOptions,
  type Faults,
  type FaultThreshold,
  type MemoryFault,
  type MemoryFaultOptions,
  MemoryFaults,
  parseDelay,
} from '@gadgetloom/udc/faults';
import type { Fault } from './fault.ts';
import { FaultBoard } from './fault-board.ts';

/** How controllers get at the board behind the faults; nobody else needs it. */
export const FAULT_BOARD = Symbol('fault board');

/** What {@link MockFaults} are made with. */
export interface MockFaultsOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink;
}

const NO_DMA = 'its bytes move without DMA; fail() ends a request as a bus error would.';

/**
 * Makes things go wrong at the controllers and heaps that were made with it. Has what {@link Faults} promises, and some of
 * it in more ways: a halt that the host cannot clear, any errno.
 */
export class MockFaults implements Faults {
  readonly [FAULT_BOARD]: FaultBoard;
  /** Memory that runs out. */
  readonly memory: MemoryFaults;

  constructor({ clock, trace }: MockFaultsOptions) {
    this[FAULT_BOARD] = new FaultBoard(clock, trace);
    this.memory = new MemoryFaults(clock, trace);
  }

  nak(options: FaultOptions = {}): Fault {
    return this[FAULT_BOARD].add('nak', options, 0);
  }

  neverReads(options: Omit<FaultOptions, 'times'> = {}): Fault {
    return this.nak({ ...options, times: Number.POSITIVE_INFINITY });
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

  crcError(options: FaultOptions = {}): Fault {
    return this[FAULT_BOARD].add('crc', options, 0);
  }

  /** A request completes `by` nanoseconds after its bytes have moved; those behind it wait for it. */
  lateInterrupt(options: FaultOptions & { readonly by: number }): Fault {
    return this[FAULT_BOARD].add('late interrupt', options, parseDelay(options.by));
  }

  /** The bytes move, but the request completes only when it is dequeued or the endpoint disabled. */
  loseEvent(options: FaultOptions = {}): Fault {
    return this[FAULT_BOARD].add('lost event', options, 0);
  }

  /** A request completes with an errno, EIO unless given, although its bytes have moved. */
  fail(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this[FAULT_BOARD].add('failed', options, errno(options.code ?? 'EIO'));
  }

  /** Queueing a request fails; with ENOMEM unless another errno is given. */
  refuse(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this[FAULT_BOARD].add('refused', options, errno(options.code ?? 'ENOMEM'));
  }

  /** @throws InputError always: see {@link whyNot} */
  dmaError(): never {
    throw cannot('dmaError', NO_DMA);
  }

  disconnectAfter(after: FaultThreshold, options: Pick<FaultOptions, 'endpoint'> = {}): Fault {
    return this[FAULT_BOARD].add('disconnect', { ...options, after }, 0);
  }

  disconnect(): void {
    this[FAULT_BOARD].unplug();
  }

  reconnect(): void {
    this[FAULT_BOARD].plug();
  }

  outOfMemory(options: MemoryFaultOptions = {}): MemoryFault {
    return this.memory.add(options);
  }

  get pending(): readonly (Fault | MemoryFault)[] {
    return [...this[FAULT_BOARD].rules, ...this.memory.pending];
  }

  clear(): void {
    this[FAULT_BOARD].clear();
    this.memory.clear();
  }

  whyNot(fault: FaultName): string | undefined {
    return fault === 'dmaError' ? NO_DMA : undefined;
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
