import { type Clock, KernelError, ResourceScope, type TraceSink } from '@gadgetloom/core';
import type { UsbDeviceState, UsbSpeed } from '../chapter9.ts';
import type { ControllerFeatures, GadgetConfig, UsbDeviceController } from '../controller.ts';
import type { GadgetController } from '../gadget-controller.ts';
import { ConfigfsGadget } from './configfs-gadget.ts';
import type { FunctionRegistry } from './function-registry.ts';
import { UdcCore } from './udc-core.ts';

/** Options of a {@link UdcModel}. */
export interface UdcModelOptions {
  /** The controller of a simulated backend. */
  readonly controller: GadgetController;
  /** The functions that gadgets may use. */
  readonly functions: FunctionRegistry;
  readonly clock: Clock;
  readonly trace?: TraceSink;
}

/**
 * The controller port over a simulated controller: /sys/class/udc/NAME and the gadget directories of configfs.
 * Disposing it removes all gadgets.
 */
export class UdcModel implements UsbDeviceController, AsyncDisposable {
  /** The UDC core, for drivers other than composite devices. */
  readonly core: UdcCore;
  readonly #functions: FunctionRegistry;
  readonly #gadgets = new Map<string, ConfigfsGadget>();
  #removed = false;

  constructor({ controller, functions, clock, trace }: UdcModelOptions) {
    this.core = new UdcCore(controller, clock, trace);
    this.#functions = functions;
  }

  get name(): string {
    return this.core.controller.name;
  }

  get driver(): string {
    return this.core.controller.driver;
  }

  get features(): ControllerFeatures {
    const { scatterGather, maxSpeed, endpoints } = this.core.controller;
    return {
      scatterGather,
      maximumSpeed: maxSpeed,
      endpoints: endpoints.map(({ name, capabilities, maxPacketLimit }) => ({ name, capabilities, maxPacketLimit })),
      virtual: true,
    };
  }

  get state(): UsbDeviceState {
    return this.core.state;
  }

  get speed(): UsbSpeed | undefined {
    return this.core.controller.speed;
  }

  get function(): string | undefined {
    return this.core.driver?.function;
  }

  /** The gadgets that exist, in the order of creation. */
  get gadgets(): readonly ConfigfsGadget[] {
    return [...this.#gadgets.values()];
  }

  onStateChange(callback: (state: UsbDeviceState) => void): Disposable {
    return this.core.onStateChange(callback);
  }

  async connect(): Promise<void> {
    this.core.softConnect();
  }

  async disconnect(): Promise<void> {
    const sleep = this.core.beforeDisconnect(this.core.driver);
    if (sleep !== undefined) await sleep;
    this.core.softDisconnect();
  }

  async createGadget(config: GadgetConfig): Promise<ConfigfsGadget> {
    return this.makeGadget(config);
  }

  /** {@link createGadget} without waiting. @throws KernelError as configfs would; EEXIST the name is taken */
  makeGadget(config: GadgetConfig): ConfigfsGadget {
    const operation = `mkdir ${config.name}`;
    if (this.#removed) throw new KernelError('ENODEV', operation, `the controller ${this.name} is gone.`);
    if (this.#gadgets.has(config.name)) throw new KernelError('EEXIST', operation, 'a gadget has this name already.');
    const gadget = new ConfigfsGadget(config, this.core, this.#functions, () => {
      this.#gadgets.delete(config.name);
    });
    this.#gadgets.set(config.name, gadget);
    return gadget;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#removed = true;
    const scope = new ResourceScope();
    scope.onClose(() => this.core.remove());
    for (const gadget of this.gadgets) scope.use(gadget);
    await scope.close();
  }
}
