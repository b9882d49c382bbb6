import { join } from 'node:path';
import { isKernelError } from '@gadgetloom/core';
import type { GadgetConfig, UsbGadget } from '@gadgetloom/udc';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { applyGadget, removeGadget } from './apply-gadget.ts';
import { ConfigFiles } from './config-files.ts';
import { cleanLeftover } from './leftovers.ts';
import { findNote, forgetGadget, noteGadget, ownerLives } from './ownership.ts';

/** A gadget in configfs that this process made. */
export class LinuxGadget implements UsbGadget {
  readonly name: string;
  readonly #kernel: LinuxKernel;
  readonly #files: ConfigFiles;
  readonly #controller: string;
  readonly #instances: readonly string[];
  #disposing: Promise<void> | undefined;

  private constructor(kernel: LinuxKernel, files: ConfigFiles, controller: string, config: GadgetConfig) {
    this.#kernel = kernel;
    this.#files = files;
    this.#controller = controller;
    this.name = config.name;
    this.#instances = config.configurations.flatMap(({ functions }) =>
      functions.flatMap(({ type, instance }) => (type === 'ffs' ? [instance] : [])),
    );
  }

  /**
   * Creates the gadget. One of the same name that a process of this project left behind is removed first.
   *
   * @param controller name in /sys/class/udc
   * @throws KernelError EEXIST there is one that somebody else made or still uses; as configfs, and then nothing is left
   */
  static async create(kernel: LinuxKernel, controller: string, config: GadgetConfig): Promise<LinuxGadget> {
    const files = new ConfigFiles(join(kernel.paths.configfs, 'usb_gadget', config.name));
    const note = findNote(kernel.paths, config.name);
    if (note !== undefined && !ownerLives(kernel.paths, note)) await cleanLeftover(kernel, note);
    if (!files.exists('')) noteGadget(kernel.paths, config);
    // Where it exists, mkdir(2) says so.
    else files.mkdir('');
    try {
      applyGadget(files, config);
    } catch (error) {
      removeGadget(files);
      forgetGadget(kernel.paths, config.name);
      throw error;
    }
    return new LinuxGadget(kernel, files, controller, config);
  }

  get bound(): boolean {
    return this.#files.exists('UDC') && this.#files.read('UDC').trim() !== '';
  }

  bind(): Promise<void> {
    return this.#files.writeSlowly('UDC', this.#controller, `bind ${this.name}`, {
      EBUSY: `It is bound already, ${this.#controller} is taken or gone, or something in it is not ready: FunctionFS wants descriptors and strings first, and the controller must have the endpoints. The kernel log says which.`,
      ENODEV: `There is no controller ${this.#controller}.`,
    });
  }

  async unbind(): Promise<void> {
    for (const instance of this.#instances) this.#kernel.unbinding.add(instance);
    try {
      await this.#files.writeSlowly('UDC', '\n', `unbind ${this.name}`, { ENODEV: 'The gadget is not bound.' });
    } finally {
      for (const instance of this.#instances) this.#kernel.unbinding.delete(instance);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    try {
      if (this.bound) await this.unbind();
    } catch (error) {
      // Somebody else was faster.
      if (!isKernelError(error, 'ENODEV')) throw error;
    }
    removeGadget(this.#files);
    forgetGadget(this.#kernel.paths, this.name);
  }
}
