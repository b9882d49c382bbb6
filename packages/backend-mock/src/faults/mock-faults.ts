import { type Clock, Errno, type ErrnoCode, InputError, type Token, type TraceSink, token } from '@gadgetloom/core';
import { USB_DIR_IN } from '@gadgetloom/udc';
import type { MockEndpoint } from '../controller/mock-endpoint.ts';
import type { MockLink } from '../controller/mock-link.ts';
import { EndpointFaults, type FaultEffects } from './endpoint-faults.ts';
import type { Fault, FaultKind, FaultOptions, FaultThreshold } from './fault.ts';
import { FaultRule } from './fault-rule.ts';
import { type MemoryFault, type MemoryFaultOptions, MemoryRule } from './memory-rule.ts';

/** A controller that faults happen to. */
export interface FaultyController {
  readonly endpoints: readonly MockEndpoint[];
  readonly link: MockLink;
  unplug(): void;
  plug(): void;
}

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
  readonly #clock: Clock;
  readonly #trace: TraceSink | undefined;
  readonly #controllers: FaultyController[] = [];
  readonly #effects = new Map<MockEndpoint, FaultEffects>();
  #rules: FaultRule[] = [];
  #memory: MemoryRule[] = [];

  constructor(options: MockFaultsOptions) {
    this.#clock = options.clock;
    this.#trace = options.trace;
  }

  /** The endpoint answers NAK although it could go on; the host tries again a microframe later. */
  nak(options: FaultOptions = {}): Fault {
    return this.#add('nak', options, 0);
  }

  /** The endpoint halts: the host sees STALL until it clears the halt, which it cannot if `wedge` is set. */
  stall(options: FaultOptions & { readonly wedge?: boolean } = {}): Fault {
    return this.#add('stall', options, options.wedge ? 1 : 0);
  }

  /**
   * Somebody sends more than was asked for. IN: the host's transfer fails with babble (EOVERFLOW), the gadget's request
   * completes as if all were well. OUT: the gadget's request fails with EOVERFLOW.
   */
  babble(options: FaultOptions = {}): Fault {
    return this.#add('babble', options, 0);
  }

  /** A request completes `by` nanoseconds after its bytes have moved; those behind it wait for it. */
  late(options: FaultOptions & { readonly by: number }): Fault {
    if (!(options.by >= 0)) throw new InputError(`by: ${options.by} is no delay in nanoseconds.`, { field: 'by' });
    return this.#add('late', options, options.by);
  }

  /** The interrupt is lost: the bytes move, but the request completes only when it is dequeued or the endpoint disabled. */
  lose(options: FaultOptions = {}): Fault {
    return this.#add('lost', options, 0);
  }

  /** A request completes with an errno, EIO unless given, although its bytes have moved. */
  fail(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this.#add('failed', options, errno(options.code ?? 'EIO'));
  }

  /** Queueing a request fails; with ENOMEM unless another errno is given. */
  refuse(options: FaultOptions & { readonly code?: ErrnoCode } = {}): Fault {
    return this.#add('refused', options, errno(options.code ?? 'ENOMEM'));
  }

  /** The cable is pulled, once, at exactly this point. With `endpoint`, bytes, packets and transfers count there only. */
  disconnectAfter(after: FaultThreshold, options: Pick<FaultOptions, 'endpoint'> = {}): Fault {
    return this.#add('disconnect', { ...options, after }, 0);
  }

  /** Pulls the cable now. */
  disconnect(): void {
    for (const controller of this.#controllers) controller.unplug();
  }

  /** Puts the cable back in. */
  reconnect(): void {
    for (const controller of this.#controllers) controller.plug();
  }

  /** Memory runs out: an allocation, or the attaching of a buffer, fails with ENOMEM. */
  outOfMemory(options: MemoryFaultOptions = {}): MemoryFault {
    const rule = new MemoryRule(options);
    this.#memory.push(rule);
    return rule;
  }

  /** Faults that are still to happen. */
  get pending(): readonly (Fault | MemoryFault)[] {
    return [...this.#rules, ...this.#memory.filter((rule) => !rule.over)];
  }

  /** Takes all faults back. The cable stays as it is. */
  clear(): void {
    for (const rule of [...this.#rules]) rule[Symbol.dispose]();
    for (const rule of this.#memory) rule[Symbol.dispose]();
    this.#memory = [];
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  /** Called by a controller: faults happen to it from now on. */
  adopt(controller: FaultyController): void {
    this.#controllers.push(controller);
    const { link } = controller;
    for (const endpoint of controller.endpoints)
      this.#effects.set(endpoint, {
        clock: this.#clock,
        ready: (address) => announce(link, address),
        unplug: () => controller.unplug(),
        struck: (rule) => {
          if (link.trace !== undefined) link.event('fault', { fault: rule.kind, endpoint: endpoint.name });
        },
        settled: () => this.route(endpoint),
      });
  }

  /** Called by a controller: an endpoint has a new address. */
  route(endpoint: MockEndpoint): void {
    const rules = this.#rules.filter((rule) => rule.appliesTo(endpoint.address));
    const effects = this.#effects.get(endpoint);
    if (endpoint.faults === undefined && rules.length > 0 && effects !== undefined)
      endpoint.faults = new EndpointFaults(effects);
    if (endpoint.faults === undefined) return;
    endpoint.faults.rules = rules;
    if (endpoint.faults.idle) endpoint.faults = undefined;
  }

  /** Called by a heap: true if this call runs out of memory. */
  exhausts(at: 'allocate' | 'attach'): boolean {
    let exhausted = false;
    for (const rule of this.#memory) if (rule.at === at && !exhausted) exhausted = rule.called();
    if (exhausted) this.#traceMemory(at);
    return exhausted;
  }

  #add(kind: FaultKind, options: FaultOptions, parameter: number): FaultRule {
    const rule = new FaultRule(kind, options, parameter, this.#clock, {
      armed: (armed) => this.#armed(armed),
      over: (over) => this.#over(over),
      // A host that was put off by it has to look again.
      withdrawn: (withdrawn) => this.#wake(withdrawn),
    });
    this.#rules.push(rule);
    this.#routeAll();
    if (rule.armed) this.#armed(rule);
    return rule;
  }

  #armed(rule: FaultRule): void {
    // A host that waits for data has to look again to see it.
    this.#wake(rule);
    if (rule.kind !== 'disconnect') return;
    this.#clock.defer(() => {
      if (!rule.armed) return;
      rule.hit();
      this.disconnect();
    });
  }

  #over(rule: FaultRule): void {
    this.#rules = this.#rules.filter((other) => other !== rule);
    this.#routeAll();
  }

  #wake(rule: FaultRule): void {
    for (const { endpoints, link } of this.#controllers)
      for (const endpoint of endpoints) if (rule.appliesTo(endpoint.address)) announce(link, endpoint.address);
  }

  #routeAll(): void {
    for (const { endpoints } of this.#controllers) for (const endpoint of endpoints) this.route(endpoint);
  }

  #traceMemory(at: string): void {
    this.#trace?.event({ at: this.#clock.now(), source: 'dmabuf', what: 'fault', details: { fault: 'ENOMEM', at } });
  }
}

/** Faults of the mock backend. */
export const MOCK_FAULTS: Token<MockFaults> = token('@gadgetloom/backend-mock:MockFaults');

function announce(link: MockLink, address: number): void {
  link.bus.ready(address);
  if (address === 0) link.bus.ready(USB_DIR_IN);
}

function errno(code: ErrnoCode): number {
  if (!(code in Errno)) throw new InputError(`code: '${code}' is no errno.`, { field: 'code' });
  return -Errno[code];
}
