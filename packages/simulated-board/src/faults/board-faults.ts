import { type Clock, InputError, type Token, type TraceSink, token } from '@gadgetloom/core';
import {
  cannot,
  type DmaErrorOptions,
  type Fault,
  FaultEngine,
  type FaultEngineOptions,
  type FaultName,
  type FaultOptions,
  type Faults,
  type FaultThreshold,
  type MemoryFault,
  type MemoryFaultOptions,
  parseDelay,
} from '@gadgetloom/udc/faults';
import { MemoryFaults } from './memory-faults.ts';

/** The options of {@link BoardFaults}. */
export interface BoardFaultsOptions {
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
}

/** The time and number of times of a fault that belongs to no endpoint. */
export type CoreFaultOptions = Pick<FaultOptions, 'after' | 'times'>;

/** The reasons why a board cannot do a fault, by the name of the fault. */
export type Impossible = Partial<Readonly<Record<FaultName, string>>>;

const NEVER: Impossible = {
  stall: 'hardware does not halt an endpoint by itself: let the host set the halt, or the gadget.',
  fail: 'hardware fails a transfer for a reason: ask for the reason, such as dmaError() or disconnectAfter().',
  refuse: 'its driver takes every request while the endpoint is enabled.',
};

/**
 * Causes faults around a simulated chip: on the cable, on the way to memory, and on the way to the driver. The driver
 * and the chip do not know of them and react as they would on a board. Faults count transfers as the host sees them.
 */
export class BoardFaults implements Faults {
  /** The rules behind the faults. Parts of a board ask the engine whether a fault is due. */
  readonly engine: FaultEngine;
  /** Faults that make memory run out. */
  readonly memory: MemoryFaults;
  readonly #never: Impossible;

  /** @param never the faults that this board cannot do, and the reasons */
  constructor({ clock, trace, ...engine }: BoardFaultsOptions & FaultEngineOptions, never: Impossible = NEVER) {
    this.engine = new FaultEngine({ clock, trace, ...engine });
    this.memory = new MemoryFaults(clock, trace);
    this.#never = never;
  }

  nak(options: FaultOptions = {}): Fault {
    return this.engine.add('nak', options);
  }

  neverReads(options: Omit<FaultOptions, 'times'> = {}): Fault {
    return this.nak({ ...options, times: Number.POSITIVE_INFINITY });
  }

  babble(options: FaultOptions = {}): Fault {
    return this.engine.add('babble', options);
  }

  crcError(options: FaultOptions = {}): Fault {
    return this.engine.add('crc', options);
  }

  /** @throws InputError always: see {@link whyNot} */
  stall(_options?: FaultOptions): Fault {
    throw cannot('stall', this.whyNot('stall'));
  }

  /** @throws InputError always: see {@link whyNot} */
  fail(_options?: FaultOptions): Fault {
    throw cannot('fail', this.whyNot('fail'));
  }

  /** @throws InputError always: see {@link whyNot} */
  refuse(_options?: FaultOptions): Fault {
    throw cannot('refuse', this.whyNot('refuse'));
  }

  /** @throws InputError an endpoint was given: the next event is lost, whichever endpoint it belongs to */
  loseEvent(options: CoreFaultOptions = {}): Fault {
    noEndpoint(options);
    return this.engine.add('lost event', options);
  }

  /** @throws InputError an endpoint was given, but all share the interrupt; or there is no delay */
  lateInterrupt(options: CoreFaultOptions & { readonly by: number }): Fault {
    noEndpoint(options);
    return this.engine.add('late interrupt', options, parseDelay(options.by));
  }

  /** @throws InputError an endpoint's address was given: memory faults know directions only */
  dmaError(options: DmaErrorOptions = {}): Fault {
    if (typeof options.endpoint === 'number')
      throw new InputError("endpoint: memory knows no addresses; 'in' and 'out' are possible.", { field: 'endpoint' });
    return this.engine.add('bus error', options);
  }

  outOfMemory(options: MemoryFaultOptions = {}): MemoryFault {
    return this.memory.add(options);
  }

  disconnectAfter(after: FaultThreshold, options: Pick<FaultOptions, 'endpoint'> = {}): Fault {
    return this.engine.add('disconnect', { ...options, after });
  }

  disconnect(): void {
    this.engine.unplug();
  }

  reconnect(): void {
    this.engine.plug();
  }

  get pending(): readonly (Fault | MemoryFault)[] {
    return [...this.engine.rules, ...this.memory.pending];
  }

  clear(): void {
    this.engine.clear();
    this.memory.clear();
  }

  whyNot(fault: FaultName): string | undefined {
    return this.#never[fault];
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** The faults of a simulated board, with the methods that its parts need. Programs resolve `FAULTS` instead. */
export const BOARD_FAULTS: Token<BoardFaults> = token('@gadgetloom/simulated-board:BoardFaults');

function noEndpoint(options: FaultOptions): void {
  if (options.endpoint !== undefined)
    throw new InputError('endpoint: events and interrupts are those of the whole controller; leave it out.', {
      field: 'endpoint',
    });
}
