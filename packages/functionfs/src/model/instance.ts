import type { UsbFunction } from '@gadgetloom/udc';
import type { FunctionInstance } from '@gadgetloom/udc/model';
import type { FfsData } from './ffs-data.ts';
import { FfsFunction } from './ffs-function.ts';

/** A function directory `functions/ffs.NAME` (struct ffs_dev with struct f_fs_opts). */
export class Instance implements FunctionInstance {
  readonly name: string;
  /** configfs attribute: descriptors and strings were accepted. */
  ready = false;
  /** The mount of this name. */
  data: FfsData | undefined = undefined;
  /** Functions that are bound. */
  references = 0;
  readonly #removed: (instance: Instance) => void;

  constructor(name: string, removed: (instance: Instance) => void) {
    this.name = name;
    this.#removed = removed;
  }

  get mounted(): boolean {
    return this.data !== undefined;
  }

  /** Creates a function for one configuration. */
  get function(): UsbFunction {
    return new FfsFunction(this);
  }

  /** ffs_release_dev. A mount outlives its directory, but can no longer be bound. */
  unmounted(): void {
    if (this.data !== undefined) this.data.instance = undefined;
    this.data = undefined;
  }

  release(): void {
    this.unmounted();
    this.#removed(this);
  }
}
