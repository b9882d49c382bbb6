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
import { type AllocateBuffers, BufferSet } from './buffer-set.ts';
import type { Pieces } from './compose-pieces.ts';
import type { StackEvent } from './function-control.ts';
import type { SetupHandler } from './setup-request.ts';
import type { StackEndpoint } from './stack-endpoint.ts';
import type { StackEvents } from './stack-events.ts';

/** Nanoseconds that closing waits for transfers that were cancelled. */
const SETTLE_TIME = 5 * SECOND;

/** The parts that a stack is made of; `composeStack` makes them. */
export interface StackParts<D extends GadgetDefinition> {
  readonly gadget: D;
  readonly pieces: Pieces;
  readonly controller: UsbDeviceController;
  readonly exporter: DmaBufExporter;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly usbGadget: UsbGadget;
  readonly endpoints: ReadonlyMap<string, StackEndpoint>;
  readonly events: StackEvents;
  /** Owns everything that was opened for the gadget; the stack closes it. */
  readonly scope: ResourceScope;
}

/**
 * A gadget that is open: its endpoints, its buffers, its events. Closing it, at any time and however often, cancels what is
 * under way, waits for it, and leaves nothing behind.
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
  readonly #buffers = new Set<BufferSet>();
  #closing: Promise<void> | undefined;

  constructor(parts: StackParts<D>) {
    this.gadget = parts.gadget;
    this.backend = parts.pieces.backend;
    this.controller = parts.controller;
    this.exporter = parts.exporter;
    this.clock = parts.clock;
    this.trace = parts.trace;
    this.usbGadget = parts.usbGadget;
    this.endpoints = [...parts.endpoints.values()];
    this.#endpoints = parts.endpoints;
    this.#pieces = parts.pieces;
    this.#events = parts.events;
    this.#scope = parts.scope;
    parts.scope.onClose(() => this.#closeBuffers());
    parts.scope.onClose(() => this.#quiesce());
  }

  /**
   * An endpoint by its full name, `FUNCTION.ENDPOINT`. It knows its direction.
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
   * Buffers of the stack's exporter. Dispose of them, or leave it to the stack.
   *
   * @throws InputError count or size is not a whole number from 1 on
   * @throws KernelError ENOMEM, EMFILE: the exporter has no room for them; none is left behind
   * @throws KernelError ESHUTDOWN the stack is closing
   */
  allocate(options: AllocateBuffers): BufferSet {
    if (this.#closing) throw new KernelError('ESHUTDOWN', 'allocate', 'the stack is closing.');
    const buffers: BufferSet = new BufferSet(
      this.exporter,
      options,
      (buffer) => {
        // Unbound, they go with the endpoint files; see #quiesce.
        if (this.usbGadget.bound) for (const endpoint of this.endpoints) endpoint.release(buffer);
      },
      () => this.#buffers.delete(buffers),
    );
    this.#buffers.add(buffers);
    return buffers;
  }

  /**
   * The device as the host sees it, once it is enumerated and configured: the WebUSB interface. For simulated backends, and
   * for controllers without hardware.
   *
   * @throws InputError the host is not in this process
   * @throws KernelError the step of the enumeration that failed
   */
  async host(): Promise<UsbDevice> {
    return (await this.hostDevice()).webusb;
  }

  /** The same as {@link host}, one level below WebUSB: for streaming without allocating. */
  hostDevice(): Promise<ConnectedDevice> {
    const why = this.hostElsewhere;
    return why === undefined ? this.resolve(HOST_END).waitForDevice() : Promise.reject(new InputError(why));
  }

  /** Why {@link host} cannot be had, and what to do instead; `undefined` if it can. */
  get hostElsewhere(): string | undefined {
    if (this.isRegistered(HOST_END)) return this.resolve(HOST_END).elsewhere;
    const who = this.backend === undefined ? 'these plugins' : `backend "${this.backend}"`;
    return `${who} plugged the gadget into no simulated host: look at it from the host that it is plugged into.`;
  }

  /**
   * Makes things go wrong, on every simulated backend.
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

  /** Calls back for each event of each function, until the returned disposable is disposed. */
  onEvent(listener: (event: StackEvent) => void): Disposable {
    return this.#events.onEvent(listener);
  }

  /** The events from now on, for one reader; ends when the stack is closed. */
  events(): AsyncIterableIterator<StackEvent> {
    return this.#events.events();
  }

  /** Answers control requests, after the handlers that are there already; see {@link SetupHandler}. */
  onSetup(handler: SetupHandler): Disposable {
    return this.#events.onSetup(handler);
  }

  /** Any other piece. @throws InputError nothing provides the token */
  resolve<T>(token: Token<T>): T {
    return this.#pieces.resolve(token);
  }

  isRegistered(token: Token<unknown>): boolean {
    return this.#pieces.isRegistered(token);
  }

  /**
   * Closes everything in reverse order of opening, after seeing off what is under way.
   *
   * @throws what could not be closed; everything else is closed nevertheless
   */
  close(): Promise<void> {
    this.#closing ??= this.#scope.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * No new transfers, those under way cancelled and over, buffers detached: only then may files be closed. The gadget is
   * hidden from the host first, because that cancels every transfer; DETACH would cancel only the last one of a buffer,
   * and must not be called any more after unbinding (f_fs.c, ffs_dmabuf_detach).
   */
  async #quiesce(): Promise<void> {
    this.trace?.event({ at: this.clock.now(), source: 'gadget', what: 'closing' });
    for (const endpoint of this.endpoints) endpoint.stop();
    if (this.usbGadget.bound) await this.#disconnect();
    for (const endpoint of this.endpoints) endpoint.interrupt?.();
    const left = await Promise.all(this.endpoints.map((endpoint) => endpoint.settle(SETTLE_TIME)));
    if (this.usbGadget.bound) for (const endpoint of this.endpoints) endpoint.releaseAll();
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
      // Somebody unbound it in this moment, which cancels as well.
      if (!isKernelError(refusal, 'EOPNOTSUPP')) throw refusal;
    }
  }

  async #closeBuffers(): Promise<void> {
    const results = await Promise.allSettled([...this.#buffers].map((buffers) => buffers.close()));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'Buffers could not be closed.');
  }
}
