import { Errno, type ErrnoCode, InputError, type Token, token } from '@gadgetloom/core';
import { BoardFaults, type BoardFaultsOptions } from '@gadgetloom/simulated-board';
import { Handshake } from '@gadgetloom/udc/bus';
import {
  cannot,
  type Fault,
  type FaultEffect,
  type FaultKind,
  type FaultOptions,
  parseDelay,
} from '@gadgetloom/udc/faults';
import type { MockEndpoint } from '../controller/mock-endpoint.ts';

/** Finds an endpoint of a controller by its address. */
export type EndpointFinder = (address: number) => MockEndpoint | undefined;

/**
 * Makes things go wrong at the controllers and heaps that were made with it. It has what `Faults` promises, and some of
 * it in more ways: a halt that the host cannot clear, completions of one endpoint, any errno. Transfers are requests.
 */
export class MockFaults extends BoardFaults {
  readonly #controllers: EndpointFinder[];

  constructor({ clock, trace }: BoardFaultsOptions) {
    const controllers: EndpointFinder[] = [];
    super({ clock, trace, transfers: 'request', effects: effects(controllers) }, { dmaError: NO_DMA });
    this.#controllers = controllers;
  }

  /** Faults happen to the endpoints of a controller from now on. */
  adopt(find: EndpointFinder): void {
    this.#controllers.push(find);
  }

  /** The endpoint halts: the host sees STALL until it clears the halt, which it cannot if `wedge` is set. */
  override stall(options: FaultOptions & { readonly wedge?: boolean } = {}): Fault {
    return this.engine.add('stall', options, options.wedge ? 1 : 0);
  }

  /**
   * Somebody sends more than was asked for. IN: the host's transfer fails with babble (EOVERFLOW), the gadget's request
   * completes as if all were well. OUT: the gadget's request fails with EOVERFLOW.
   */
  override babble(options: FaultOptions = {}): Fault {
    return super.babble(options);
  }

  /** A request completes `by` nanoseconds after its bytes have moved; those behind it wait for it. */
  override lateInterrupt(options: FaultOptions & { readonly by: number }): Fault {
    return this.engine.add('late interrupt', options, parseDelay(options.by));
  }

  /** The bytes move, but the request completes only when it is dequeued or the endpoint disabled. */
  override loseEvent(options: FaultOptions = {}): Fault {
    return this.engine.add('lost event', options);
  }

  /** A request completes with an errno, EIO unless given, although its bytes have moved. */
  override fail(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this.engine.add('failed', options, errno(options.code ?? 'EIO'));
  }

  /** Queueing a request fails; with ENOMEM unless another errno is given. */
  override refuse(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this.engine.add('refused', options, errno(options.code ?? 'ENOMEM'));
  }

  /** @throws InputError always: see {@link whyNot} */
  override dmaError(): never {
    throw cannot('dmaError', NO_DMA);
  }
}

/** Faults of the mock backend. */
export const MOCK_FAULTS: Token<MockFaults> = token('@gadgetloom/backend-mock:MockFaults');

const NO_DMA = 'its bytes move without DMA; fail() ends a request as a bus error would.';

/** What a controller does to its own endpoint when a fault strikes. */
function effects(controllers: readonly EndpointFinder[]): Partial<Record<FaultKind, FaultEffect>> {
  const find = (address: number): MockEndpoint | undefined => {
    for (const controller of controllers) {
      const endpoint = controller(address);
      if (endpoint !== undefined) return endpoint;
    }
    return undefined;
  };
  return {
    stall: (rule, address) => {
      const endpoint = find(address);
      if (endpoint === undefined || endpoint.halted) return undefined;
      endpoint.halted = true;
      endpoint.wedged = rule.parameter !== 0;
      return Handshake.STALL;
    },
    babble: (_rule, address) => {
      const endpoint = find(address);
      // A device babbles only while a request is queued.
      if (endpoint?.requests.first === undefined) return undefined;
      const toHost = (address & 0x80) !== 0;
      endpoint.finish(toHost ? 0 : -Errno.EOVERFLOW);
      return toHost ? Handshake.BABBLE : Handshake.SHORT;
    },
  };
}

function errno(code: ErrnoCode): number {
  if (!(code in Errno)) throw new InputError(`code: '${code}' is no errno.`, { field: 'code' });
  return -Errno[code];
}
