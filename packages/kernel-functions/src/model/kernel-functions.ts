import type { SerialPorts } from '../serial/serial-port.ts';
import type { KernelFunctionsOptions } from './registration.ts';
import { SerialFunctions } from './serial/serial-functions.ts';

/** The functions of a simulated kernel, apart from FunctionFS. Disposing it unregisters them. */
export class KernelFunctions implements Disposable {
  readonly #serial: SerialFunctions;

  constructor(options: KernelFunctionsOptions) {
    this.#serial = new SerialFunctions(options);
  }

  /** The program's end of the serial functions. */
  get serialPorts(): SerialPorts {
    return this.#serial;
  }

  [Symbol.dispose](): void {
    this.#serial[Symbol.dispose]();
  }
}
