import { KernelError } from '@gadgetloom/core';
import type { FunctionInstance } from '@gadgetloom/udc/model';
import { fileStore } from '@gadgetloom/usb-classes/mass-storage/file';
import { type KernelFunctionsOptions, registerOnce } from '../registration.ts';
import { flag, LunDirectory, type OpenBackingFile } from './lun-directory.ts';
import { MassStorageFunction } from './mass-storage-function.ts';

/** FSG_MAX_LUNS. */
const MOST_UNITS = 16;

/** The function `mass_storage` of a simulated kernel. Disposing it unregisters the function. */
export class MassStorageFunctions implements Disposable {
  readonly #registration: Disposable;
  readonly #options: KernelFunctionsOptions;

  constructor(options: KernelFunctionsOptions) {
    this.#options = options;
    this.#registration = registerOnce(options.functions, 'mass_storage', (instance, attributes) =>
      this.#make(`mass_storage.${instance}`, attributes),
    );
  }

  [Symbol.dispose](): void {
    this.#registration[Symbol.dispose]();
  }

  /** fsg_alloc_inst, and writing its attributes. @throws KernelError as configfs would */
  #make(name: string, attributes: Readonly<Record<string, string>>): FunctionInstance {
    const { clock, trace, openBackingFile = fileStore } = this.#options;
    const luns = new Map<number, LunDirectory>();
    const made: MassStorageFunction[] = [];
    let stall = false;
    const close = async (): Promise<void> => {
      await Promise.allSettled(made.map(({ ended }) => ended));
      await Promise.allSettled([...luns.values()].map((lun) => lun.close()));
    };
    try {
      lunNamed(luns, name, 'lun.0', openBackingFile);
      for (const [path, text] of Object.entries(attributes)) {
        const [directory, attribute] = path.split('/');
        const operation = `write functions/${name}/${path}`;
        if (path === 'stall') stall = flag(text, operation);
        else if (attribute !== undefined) lunNamed(luns, name, directory!, openBackingFile).write(attribute, text);
        else throw new KernelError('ENOENT', operation, 'the function has no such attribute.');
      }
    } catch (refusal) {
      void close();
      throw refusal;
    }
    return {
      get function() {
        const failed = (error: unknown): void =>
          trace?.event({ at: clock.now(), source: name, what: 'defect', details: { error: String(error) } });
        const one = new MassStorageFunction(name, { luns: [...luns.values()], stall, clock, failed });
        made.push(one);
        return one;
      },
      release() {
        void close();
      },
    };
  }
}

/** The directory of a unit, which is made if it is not there (fsg_lun_make). @throws KernelError EINVAL, ERANGE */
function lunNamed(
  luns: Map<number, LunDirectory>,
  name: string,
  directory: string,
  open: OpenBackingFile,
): LunDirectory {
  const operation = `mkdir functions/${name}/${directory}`;
  const number = Number(/^lun\.(\d{1,3})$/.exec(directory)?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) throw new KernelError('EINVAL', operation, 'directories of units are lun.0 to lun.15.');
  if (number >= MOST_UNITS) throw new KernelError('ERANGE', operation, 'the last unit is lun.15.');
  const lun = luns.get(number) ?? new LunDirectory(`functions/${name}/${directory}`, number, open);
  luns.set(number, lun);
  return lun;
}
