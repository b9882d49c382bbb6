import type { SerialPorts } from '../serial/serial-port.ts';
import { MassStorageFunctions } from './mass-storage/mass-storage-functions.ts';
import type { KernelFunctionsOptions } from './registration.ts';
import { SerialFunctions } from './serial/serial-functions.ts';

/** The functions of a simulated kernel, apart from FunctionFS. Disposing it unregisters them. */
export class KernelFunctions implements Disposable {
  readonly #serial: SerialFunctions;
  readonly #massStorage: MassStorageFunctions;

  constructor(options: KernelFunctionsOptions) {
    this.#serial = new SerialFunctions(options);
    this.#massStorage = new MassStorageFunctions(options);
  }

  /** The program's end of the serial functions. */
  get serialPorts(): SerialPorts {
    return this.#serial;
  }

  [Symbol.dispose](): void {
    this.#massStorage[Symbol.dispose]();
    this.#serial[Symbol.dispose]();
  }
}
