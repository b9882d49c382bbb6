import { KernelError, ResourceScope } from '@gadgetloom/core';
import type { FunctionConfig, GadgetConfig, UsbGadget } from '../controller.ts';
import { CompositeDevice } from './composite-device.ts';
import type { FunctionInstance, FunctionRegistry } from './function-registry.ts';
import { checkGadgetConfig } from './gadget-config-check.ts';
import { LinkedFunction } from './linked-function.ts';
import type { UdcCore } from './udc-core.ts';

/**
 * A gadget directory: its functions, its configurations, and the attribute UDC.
 * Source: drivers/usb/gadget/configfs.c.
 */
export class ConfigfsGadget implements UsbGadget {
  readonly name: string;
  readonly device: CompositeDevice;
  readonly #core: UdcCore;
  readonly #scope = new ResourceScope();
  #bound = false;

  /**
   * @param removed called when the directory is gone
   * @throws KernelError the errno of the mkdir, write or link that fails; everything created before is removed again
   */
  constructor(config: GadgetConfig, core: UdcCore, functions: FunctionRegistry, removed: () => void) {
    checkGadgetConfig(config);
    this.name = config.name;
    this.#core = core;
    this.device = new CompositeDevice(config, () => this.unregister());
    const instances = this.#makeFunctions(config, functions);
    try {
      this.#link(config, instances);
    } catch (refusal) {
      for (const instance of [...instances.values()].reverse()) instance.release();
      throw refusal;
    }
    this.#scope.onClose(removed);
    for (const instance of instances.values()) this.#scope.onClose(() => instance.release());
    this.#scope.onClose(() => this.#leave());
  }

  get bound(): boolean {
    return this.#bound;
  }

  async bind(): Promise<void> {
    this.register();
  }

  async unbind(): Promise<void> {
    if (!this.#bound) {
      throw new KernelError('ENODEV', `unbind ${this.name}`, 'the gadget is not bound.');
    }
    return this.#leave();
  }

  /** {@link bind} without waiting. @throws KernelError EBUSY bound already, or cannot be bound (see the cause) */
  register(): void {
    if (this.#bound) {
      const { name } = this.#core.controller;
      throw new KernelError('EBUSY', `bind ${this.name}`, `the gadget is bound to ${name} already.`);
    }
    this.#core.register(this.device);
    this.#bound = true;
  }

  /** unregister_gadget_item: {@link unbind} without waiting. Harmless if it is not bound. */
  unregister(): void {
    if (!this.#bound) return;
    try {
      this.#core.unregister(this.device);
    } finally {
      this.#bound = false;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.close();
  }

  /** {@link unregister} after the wait in which the kernel sleeps. */
  async #leave(): Promise<void> {
    const sleep = this.#core.beforeDisconnect(this.device);
    if (sleep !== undefined) await sleep;
    this.unregister();
  }

  /** Creates one directory per function, however many configurations use it. */
  #makeFunctions(config: GadgetConfig, functions: FunctionRegistry): Map<string, FunctionInstance> {
    const instances = new Map<string, FunctionInstance>();
    const wanted = config.configurations.flatMap((configuration) => configuration.functions);
    try {
      for (const { type, instance } of wanted) {
        const name = `${type}.${instance}`;
        if (!instances.has(name)) instances.set(name, functions.create(type, instance, attributes(wanted, name)));
      }
    } catch (refusal) {
      for (const instance of [...instances.values()].reverse()) instance.release();
      throw refusal;
    }
    return instances;
  }

  #link(config: GadgetConfig, instances: ReadonlyMap<string, FunctionInstance>): void {
    config.configurations.forEach((configuration, index) => {
      const bound = this.device.configurations[index]!;
      for (const { type, instance } of configuration.functions) {
        const { function: usbFunction } = instances.get(`${type}.${instance}`)!;
        bound.links.push(new LinkedFunction(this.device, bound, usbFunction));
      }
    });
  }
}

/** Merges the entries of a function that is named in several configurations. */
function attributes(functions: readonly FunctionConfig[], name: string): Readonly<Record<string, string>> {
  const same = functions.filter(({ type, instance }) => `${type}.${instance}` === name);
  return Object.assign({}, ...same.map((one) => one.attributes ?? {})) as Record<string, string>;
}
