import { type Clock, InputError, type TraceSink } from '@gadgetloom/core';
import { cannot, type Fault, type FaultOptions, type FaultThreshold, parseDelay } from './fault.ts';
import { type BoardFaultKind, FaultBoard } from './fault-board.ts';
import type { DmaErrorOptions, FaultName, Faults } from './faults.ts';
import type { MemoryFault, MemoryFaultOptions } from './memory-fault.ts';
import { MemoryFaults } from './memory-faults.ts';

/** How the parts of a board get at what is behind the faults; nobody else needs it. */
export const FAULT_BOARD = Symbol('fault board');

/** What {@link BoardFaults} are made with. */
export interface BoardFaultsOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
}

/** When and how often, for a fault that is not an endpoint's. */
export type CoreFaultOptions = Pick<FaultOptions, 'after' | 'times'>;

const NEVER: Partial<Readonly<Record<FaultName, string>>> = {
  stall: 'hardware does not halt an endpoint by itself: let the host set the halt, or the gadget.',
  fail: 'hardware fails a transfer for a reason: ask for the reason, such as dmaError() or disconnectAfter().',
  refuse: 'its driver takes every request while the endpoint is enabled.',
};

/**
 * Makes things go wrong around a simulated chip: on the cable, on its way to memory, on its way to the driver. Driver and
 * chip do not know: what comes of it is what would come of it on a board. Transfers count as the host sees them.
 */
export class BoardFaults implements Faults {
  readonly [FAULT_BOARD]: FaultBoard;
  /** Memory that runs out. */
  readonly memory: MemoryFaults;

  constructor({ clock, trace }: BoardFaultsOptions) {
    this[FAULT_BOARD] = new FaultBoard(clock, trace);
    this.memory = new MemoryFaults(clock, trace);
  }

  nak(options: FaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('nak', options);
  }

  neverReads(options: Omit<FaultOptions, 'times'> = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('nak', { ...options, times: Number.POSITIVE_INFINITY });
  }

  babble(options: FaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('babble', options);
  }

  crcError(options: FaultOptions = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('crc', options);
  }

  /** @throws InputError always: see {@link whyNot} */
  stall(): never {
    throw cannot('stall', NEVER.stall);
  }

  /** @throws InputError always: see {@link whyNot} */
  fail(): never {
    throw cannot('fail', NEVER.fail);
  }

  /** @throws InputError always: see {@link whyNot} */
  refuse(): never {
    throw cannot('refuse', NEVER.refuse);
  }

  /** @throws InputError an endpoint: what is lost is the next event, whosever it is */
  loseEvent(options: CoreFaultOptions = {}): Fault<BoardFaultKind> {
    noEndpoint(options);
    return this[FAULT_BOARD].add('lost event', options);
  }

  /** @throws InputError an endpoint, as the interrupt is that of all; no delay */
  lateInterrupt(options: CoreFaultOptions & { readonly by: number }): Fault<BoardFaultKind> {
    noEndpoint(options);
    return this[FAULT_BOARD].add('late interrupt', options, parseDelay(options.by));
  }

  /** @throws InputError an endpoint's address: memory knows directions only */
  dmaError(options: DmaErrorOptions = {}): Fault<BoardFaultKind> {
    if (typeof options.endpoint === 'number')
      throw new InputError("endpoint: memory knows no addresses; 'in' and 'out' are possible.", { field: 'endpoint' });
    return this[FAULT_BOARD].add('bus error', options);
  }

  outOfMemory(options: MemoryFaultOptions = {}): MemoryFault {
    return this.memory.add(options);
  }

  disconnectAfter(after: FaultThreshold, options: Pick<FaultOptions, 'endpoint'> = {}): Fault<BoardFaultKind> {
    return this[FAULT_BOARD].add('disconnect', { ...options, after });
  }

  disconnect(): void {
    this[FAULT_BOARD].target?.unplug();
  }

  reconnect(): void {
    this[FAULT_BOARD].target?.plug();
  }

  get pending(): readonly (Fault<BoardFaultKind> | MemoryFault)[] {
    return [...this[FAULT_BOARD].rules, ...this.memory.pending];
  }

  clear(): void {
    this[FAULT_BOARD].clear();
    this.memory.clear();
  }

  whyNot(fault: FaultName): string | undefined {
    return NEVER[fault];
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

function noEndpoint(options: FaultOptions): void {
  if (options.endpoint !== undefined)
    throw new InputError('endpoint: events and interrupts are those of the whole controller; leave it out.', {
      field: 'endpoint',
    });
}
