import { join } from 'node:path';
import { InputError, isKernelError, KernelError } from '@gadgetloom/core';
import type { GadgetConfig, UsbGadget } from '@gadgetloom/udc';
import { atExit, type LeftAtExit } from '../kernel/at-exit.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { findSetup, type SetupRecord } from '../setup/setup-record.ts';
import { applyGadget, gadgetDifferences, removeGadget } from './apply-gadget.ts';
import { ConfigFiles } from './config-files.ts';
import { cleanLeftover } from './leftovers.ts';
import { findNote, forgetGadget, instancesOf, isNoted, noteGadget, ownerLives } from './ownership.ts';
import { describeControllers, listControllers } from './udc-directory.ts';

/** A gadget in configfs, made by this process or set up by root for its user. */
export class LinuxGadget implements UsbGadget, LeftAtExit {
  readonly name: string;
  readonly #kernel: LinuxKernel;
  readonly #files: ConfigFiles;
  readonly #controller: string;
  readonly #instances: readonly string[];
  readonly #borrowed: boolean;
  #disposing: Promise<void> | undefined;

  private constructor(
    kernel: LinuxKernel,
    files: ConfigFiles,
    controller: string,
    config: GadgetConfig,
    borrowed: boolean,
  ) {
    this.#kernel = kernel;
    this.#files = files;
    this.#controller = controller;
    this.name = config.name;
    this.#instances = instancesOf(config);
    this.#borrowed = borrowed;
    atExit.add(this);
  }

  /**
   * Creates the gadget. A gadget of the same name that a process of this package left behind is removed first. A gadget
   * that was set up for this user is used unchanged and stays.
   *
   * @param controller name in /sys/class/udc
   * @throws KernelError EEXIST another program made or uses a gadget of this name; EBUSY the gadget that was set up is
   *   in use; EACCES it was set up for another user; an errno of configfs, and then nothing is left behind
   * @throws InputError the gadget that was set up has another description
   */
  static async create(kernel: LinuxKernel, controller: string, config: GadgetConfig): Promise<LinuxGadget> {
    const files = new ConfigFiles(join(kernel.paths.configfs, 'usb_gadget', config.name));
    const note = findNote(kernel.paths, config.name);
    if (note !== undefined && !ownerLives(kernel.paths, note)) await cleanLeftover(kernel, note);
    const setup = findSetup(kernel.paths, config.name);
    if (setup !== undefined && files.exists('') && isNoted(files, setup)) {
      borrow(kernel, files, config, setup);
      return new LinuxGadget(kernel, files, controller, config, true);
    }
    makeDirectory(kernel, files, config);
    try {
      noteGadget(kernel.paths, config, { directory: files.directory });
      applyGadget(files, config);
    } catch (error) {
      removeGadget(files);
      forgetGadget(kernel.paths, config.name);
      throw error;
    }
    return new LinuxGadget(kernel, files, controller, config, false);
  }

  get bound(): boolean {
    return this.#files.exists('UDC') && this.#files.read('UDC').trim() !== '';
  }

  bind(): Promise<void> {
    const all = listControllers(this.#kernel.paths);
    const here = `Controllers here: ${describeControllers(all) || 'none'}.`;
    const usedBy = all.find(({ name }) => name === this.#controller)?.usedBy ?? '';
    return this.#files.writeSlowly('UDC', this.#controller, `bind ${this.name}`, {
      EBUSY:
        usedBy !== '' && !this.bound
          ? `The controller ${this.#controller} is used by the gadget "${usedBy}". ${here}`
          : `The gadget is bound already, ${this.#controller} is gone, or a function is not ready: FunctionFS needs descriptors and strings first, and the controller must have enough endpoints. The kernel log says which.`,
      ENODEV: `There is no controller ${this.#controller}. ${here}`,
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

  unbindNow(): void {
    for (const instance of this.#instances) this.#kernel.unbinding.add(instance);
    if (this.bound) this.#files.write('UDC', '\n');
  }

  removeNow(): void {
    if (!this.#borrowed) removeGadget(this.#files);
    forgetGadget(this.#kernel.paths, this.name);
  }

  async #dispose(): Promise<void> {
    try {
      if (this.bound) await this.unbind();
    } catch (error) {
      // Another process has unbound it.
      if (!isKernelError(error, 'ENODEV')) throw error;
    }
    using _ = await this.#kernel.terminals.leave(this.name);
    this.removeNow();
    atExit.forget(this);
  }
}

/** Writes the note, then makes the gadget's directory. If the process is killed in between, the note is still found. */
function makeDirectory({ paths }: LinuxKernel, files: ConfigFiles, config: GadgetConfig): void {
  // mkdir(2) fails with EEXIST.
  if (files.exists('')) files.mkdir('');
  noteGadget(paths, config);
  try {
    files.mkdir('');
  } catch (error) {
    forgetGadget(paths, config.name);
    throw error;
  }
}

/** Takes over a gadget that root set up. */
function borrow(kernel: LinuxKernel, files: ConfigFiles, config: GadgetConfig, { uid, user }: SetupRecord): void {
  const own = process.getuid?.() ?? 0;
  const operation = `use the gadget ${config.name}`;
  if (own !== uid && own !== 0)
    throw new KernelError(
      'EACCES',
      operation,
      `The gadget was set up for the user ${user}. Run as that user or as root.`,
    );
  const owner = findNote(kernel.paths, config.name);
  if (owner !== undefined)
    throw new KernelError('EBUSY', operation, `Process ${owner.pid} uses the gadget. End it, then try again.`);
  const differences = gadgetDifferences(files, config);
  if (differences.length > 0)
    throw new InputError(
      `the gadget "${config.name}" was set up from another description (${differences.slice(0, 3).join(', ')}` +
        `${differences.length > 3 ? ' ...' : ''}). Set it up again as root, from the new one: gadgetloom setup --user ${user}.`,
    );
  noteGadget(kernel.paths, config, { borrowed: true, directory: files.directory });
}
