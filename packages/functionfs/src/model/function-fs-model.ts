import { type Clock, KernelError, type TraceSink } from '@gadgetloom/core';
import type { DmaBufModel } from '@gadgetloom/dmabuf/model';
import type { FunctionRegistry } from '@gadgetloom/udc/model';
import type { FunctionFs, MountOptions } from '../functionfs.ts';
import { FfsData } from './ffs-data.ts';
import { CURRENT_RULES, FIRST_RULES, type ImportRules } from './import-rules.ts';
import { Instance } from './instance.ts';
import type { Kernel } from './kernel.ts';
import { MountModel } from './mount-model.ts';

/** Options of a {@link FunctionFsModel}. */
export interface FunctionFsModelOptions {
  /** Buffers, fences and descriptors of the same simulated kernel. */
  readonly dmabuf: DmaBufModel;
  /** The registry of functions. The model registers the type `ffs` here. */
  readonly functions: FunctionRegistry;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /**
   * Selects the DMABUF interface as first published: it fails with EBUSY at once where today's kernel waits for fences,
   * and its directions are reversed. False unless given.
   */
  readonly firstInterface?: boolean;
}

/** Longest name of an instance (struct ffs_dev). */
const NAME_MAX = 40;

/** FunctionFS of one simulated kernel. Source: Linux 6.12.117, drivers/usb/gadget/function/f_fs.c. */
export class FunctionFsModel implements FunctionFs, Disposable, Kernel {
  readonly dmabuf: DmaBufModel;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  readonly rules: ImportRules;
  readonly #instances = new Map<string, Instance>();
  readonly #registration: Disposable;

  constructor(options: FunctionFsModelOptions) {
    this.dmabuf = options.dmabuf;
    this.clock = options.clock;
    this.trace = options.trace;
    this.rules = options.firstInterface ? FIRST_RULES : CURRENT_RULES;
    this.#registration = options.functions.register('ffs', (name) => this.#createInstance(name));
  }

  /** Names of the existing function directories `functions/ffs.NAME`. */
  get instances(): readonly string[] {
    return [...this.#instances.keys()];
  }

  /** mkdir functions/ffs.NAME (ffs_set_inst_name). @throws KernelError ENAMETOOLONG; EBUSY */
  #createInstance(name: string): Instance {
    const operation = `mkdir functions/ffs.${name}`;
    if (new TextEncoder().encode(name).length > NAME_MAX) {
      throw new KernelError('ENAMETOOLONG', operation, `The name of an instance has at most ${NAME_MAX} characters.`);
    }
    if (this.#instances.has(name)) {
      throw new KernelError('EBUSY', operation, 'An ffs function of this name exists, perhaps in another gadget.');
    }
    const instance = new Instance(name, () => this.#instances.delete(name));
    this.#instances.set(name, instance);
    return instance;
  }

  async mount(instanceName: string, options: MountOptions = {}): Promise<MountModel> {
    const operation = `mount functionfs ${instanceName}`;
    if (this.#instances.size === 0) {
      const advice = 'The file system exists only while a gadget has an ffs function: create the gadget first.';
      throw new KernelError('ENODEV', operation, advice);
    }
    const instance = this.#instances.get(instanceName);
    if (instance === undefined) {
      throw new KernelError('ENOENT', operation, `There are: ${this.instances.join(', ')}.`);
    }
    if (instance.mounted) throw new KernelError('EBUSY', operation, 'The instance is mounted already.');
    instance.data = new FfsData(this, instance, options.noDisconnect ?? false);
    return new MountModel(instance.data, options);
  }

  /** Unregisters the function type. Existing mounts stay usable. */
  [Symbol.dispose](): void {
    this.#registration[Symbol.dispose]();
  }
}
