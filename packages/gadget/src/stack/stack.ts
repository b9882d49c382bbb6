import {
  type Clock,
  InputError,
  isKernelError,
  KernelError,
  type Resolver,
  type ResourceScope,
  SECOND,
  suggestion,
  type Token,
  type TraceSink,
} from '@gadgetloom/core';
import type { DmaBufExporter } from '@gadgetloom/dmabuf';
import type { UsbDeviceController, UsbGadget } from '@gadgetloom/udc';
import { FAULTS, type Faults } from '@gadgetloom/udc/faults';
import { type ConnectedDevice, HOST_END, type UsbDevice } from '@gadgetloom/virtual-host';
import type { GadgetDefinition } from '../definition/definition.ts';
import type { EndpointDirection, EndpointName } from '../definition/endpoint-names.ts';
import type { BehavingFunction, FunctionApi } from '../definition/function-api.ts';
import type { ProgramFunctions } from '../function/program-functions.ts';
import type { AllocateBuffers, BufferSet } from './buffer-set.ts';
import type { Pieces } from './compose-pieces.ts';
import type { StackEvent } from './function-control.ts';
import type { FunctionEndpoints } from './function-endpoints.ts';
import type { SetupHandler } from './setup-request.ts';
import type { StackBuffers } from './stack-buffers.ts';
import type { StackEndpoint } from './stack-endpoint.ts';
import type { FunctionActivity, StackEvents } from './stack-events.ts';

/** Nanoseconds that closing waits for cancelled transfers. */
const SETTLE_TIME = 5 * SECOND;

/** The parts of a stack. `composeStack` makes them. */
export interface StackParts<D extends GadgetDefinition> {
  readonly gadget: D;
  readonly pieces: Pieces;
  readonly controller: UsbDeviceController;
  readonly exporter: DmaBufExporter;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly usbGadget: UsbGadget;
  readonly functions: readonly FunctionEndpoints[];
  readonly behaviours: ProgramFunctions;
  readonly buffers: StackBuffers;
  readonly events: StackEvents;
  /** Owns everything that was opened for the gadget; the stack closes it. */
  readonly scope: ResourceScope;
}

/**
 * An open gadget with its endpoints, buffers and events. Closing it cancels the transfers in flight, waits for them,
 * and releases everything. Programs may close it at any time and more than once.
 */
export class Stack<D extends GadgetDefinition = GadgetDefinition> implements Resolver, AsyncDisposable {
  readonly gadget: D;
  /** Name of the backend that runs it; `undefined` if it was composed of plugins only. */
  readonly backend: string | undefined;
  readonly controller: UsbDeviceController;
  readonly exporter: DmaBufExporter;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  /** For binding and unbinding by hand. */
  readonly usbGadget: UsbGadget;
  /** All endpoints, in the order of the definition. */
  readonly endpoints: readonly StackEndpoint[];
  readonly #endpoints: ReadonlyMap<string, StackEndpoint>;
  readonly #pieces: Pieces;
  readonly #events: StackEvents;
  readonly #scope: ResourceScope;
  readonly #behaviours: ProgramFunctions;
  readonly #buffers: StackBuffers;
  #closing: Promise<void> | undefined;

  constructor(parts: StackParts<D>) {
    this.gadget = parts.gadget;
    this.backend = parts.pieces.backend;
    this.controller = parts.controller;
    this.exporter = parts.exporter;
    this.clock = parts.clock;
    this.trace = parts.trace;
    this.usbGadget = parts.usbGadget;
    this.endpoints = parts.functions.flatMap(({ endpoints }) => endpoints);
    this.#endpoints = new Map(
      parts.functions.flatMap(({ name, byName }) =>
        [...byName].map(([own, endpoint]) => [`${name}.${own}`, endpoint] as const),
      ),
    );
    this.#behaviours = parts.behaviours;
    this.#buffers = parts.buffers;
    this.#pieces = parts.pieces;
    this.#events = parts.events;
    this.#scope = parts.scope;
    parts.scope.onClose(() => this.#buffers.close());
    // Tasks of functions use buffers until they end.
    parts.scope.onClose(() => this.#behaviours.settle());
    parts.scope.onClose(() => this.#quiesce());
  }

  /**
   * Returns an endpoint by its full name, `FUNCTION.ENDPOINT`. Its type has its direction.
   *
   * @throws InputError no such endpoint (only for gadgets whose names the compiler does not know)
   */
  endpoint<N extends EndpointName<D>>(name: N): StackEndpoint<EndpointDirection<D, N>> {
    const endpoint = this.#endpoints.get(name);
    if (endpoint !== undefined) return endpoint as StackEndpoint<EndpointDirection<D, N>>;
    const names = [...this.#endpoints.keys()];
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    throw new InputError(`the gadget has no endpoint "${name}"; ${known}${suggestion(name, names)}`);
  }

  /**
   * Allocates buffers of the stack's exporter. Dispose of them, or the stack does it when it closes.
   *
   * @throws InputError count or size is not a whole number from 1 on
   * @throws KernelError ENOMEM, EMFILE: the exporter has no room for them; it keeps none of them
   * @throws KernelError ESHUTDOWN the stack is closing
   */
  allocate(options: AllocateBuffers): BufferSet {
    return this.#buffers.allocate(options);
  }

  /**
   * What a function gives to the program: the value that its `start` returned. Its type is known by the definition.
   *
   * @throws InputError no such function, or it was not made by `defineFunction` (only if the compiler does not know)
   */
  function<N extends BehavingFunction<D>>(name: N): FunctionApi<D, N> {
    return this.#behaviours.api(name) as FunctionApi<D, N>;
  }

  /**
   * Returns the WebUSB interface of the device once the host has enumerated and configured it. Simulated backends and
   * controllers without hardware have a host in this process.
   *
   * @throws InputError the host is not in this process
   * @throws KernelError the step of the enumeration that failed
   */
  async host(): Promise<UsbDevice> {
    return (await this.hostDevice()).webusb;
  }

  /** The same device as {@link host}, one level below WebUSB. It can stream without allocating. */
  hostDevice(): Promise<ConnectedDevice> {
    const why = this.hostElsewhere;
    return why === undefined ? this.resolve(HOST_END).waitForDevice() : Promise.reject(new InputError(why));
  }

  /** Why {@link host} is not available, and what to do instead; `undefined` if it is. */
  get hostElsewhere(): string | undefined {
    if (this.isRegistered(HOST_END)) return this.resolve(HOST_END).elsewhere;
    const who = this.backend === undefined ? 'these plugins' : `backend "${this.backend}"`;
    return `${who} plugged the gadget into no simulated host: look at it from the host that it is plugged into.`;
  }

  /**
   * Injects faults, on every simulated backend.
   *
   * @throws InputError the backend is not simulated
   */
  get faults(): Faults {
    if (this.isRegistered(FAULTS)) return this.resolve(FAULTS);
    const who = this.backend === undefined ? 'these plugins' : `backend "${this.backend}"`;
    throw new InputError(`${who} cannot inject faults; simulated backends can.`);
  }

  /** Resolves once a host has configured the gadget. @throws KernelError ESHUTDOWN the stack was closed before */
  enabled(): Promise<void> {
    return this.#events.whenEnabled();
  }

  /**
   * Calls back for each event of each function, until the returned disposable is disposed. A listener that comes late
   * is told soon after this call which functions are enabled, by an ENABLE for each.
   */
  onEvent(listener: (event: StackEvent) => void): Disposable {
    return this.#events.onEvent(listener);
  }

  /** Calls back with lines about what functions do, for people who watch. */
  onActivity(listener: (activity: FunctionActivity) => void): Disposable {
    return this.#events.onActivity(listener);
  }

  /**
   * Returns the events from now on, for one reader. They begin with an ENABLE for each function that is enabled, and end
   * when the stack is closed.
   */
  events(): AsyncIterableIterator<StackEvent> {
    return this.#events.events();
  }

  /** Adds a handler of control requests behind the existing ones; see {@link SetupHandler}. */
  onSetup(handler: SetupHandler): Disposable {
    return this.#events.onSetup(handler);
  }

  /** Returns any other piece. @throws InputError nothing provides the token */
  resolve<T>(token: Token<T>): T {
    return this.#pieces.resolve(token);
  }

  isRegistered(token: Token<unknown>): boolean {
    return this.#pieces.isRegistered(token);
  }

  /**
   * Cancels the transfers in flight, waits for them, and closes everything in reverse order of opening.
   *
   * @throws the errors of pieces that could not be closed; all others are closed
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#buffers.stop();
      this.#closing = this.#scope.close();
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Files may be closed only when no transfer is in flight or can start, and buffers are detached. This unbinds the
   * gadget first, because that cancels every transfer. DETACH would cancel only the last transfer of a buffer, and must
   * not be called after unbinding (f_fs.c, ffs_dmabuf_detach).
   */
  async #quiesce(): Promise<void> {
    this.trace?.event({ at: this.clock.now(), source: 'gadget', what: 'closing' });
    this.#behaviours.stop();
    for (const endpoint of this.endpoints) endpoint.stop();
    if (this.usbGadget.bound) await this.#disconnect();
    for (const endpoint of this.endpoints) endpoint.interrupt();
    const left = await Promise.all(this.endpoints.map((endpoint) => endpoint.settle(SETTLE_TIME)));
    if (this.usbGadget.bound) for (const endpoint of this.endpoints) endpoint.release();
    const stuck = this.endpoints.flatMap(({ gadgetName }, index) =>
      left[index] ? [`${left[index]} of ${gadgetName}`] : [],
    );
    if (stuck.length > 0)
      throw new KernelError(
        'ETIMEDOUT',
        'close',
        `transfers that were cancelled have not completed: ${stuck.join(', ')}.`,
      );
  }

  async #disconnect(): Promise<void> {
    try {
      await this.controller.disconnect();
    } catch (refusal) {
      // Someone else has just unbound the gadget, which cancels the transfers as well.
      if (!isKernelError(refusal, 'EOPNOTSUPP')) throw refusal;
    }
  }
}
