import type { Clock, TraceSink } from '@gadgetloom/core';
import type { FunctionRegistry } from '@gadgetloom/udc/model';

/** The surroundings of {@link KernelFunctions}. */
export interface KernelFunctionsOptions {
  /** Where gadgets find their functions. */
  readonly functions: FunctionRegistry;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
}

/** The functions of a simulated kernel, apart from FunctionFS. Disposing it unregisters them. */
export class KernelFunctions implements Disposable {
  readonly #registrations: Disposable[];

  constructor({ functions: _functions }: KernelFunctionsOptions) {
    this.#registrations = [];
  }

  [Symbol.dispose](): void {
    for (const registration of this.#registrations.reverse()) registration[Symbol.dispose]();
  }
}
