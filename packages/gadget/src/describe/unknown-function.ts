import type { FunctionBinding, UsbFunction } from '@gadgetloom/udc';
import type { FunctionRegistry } from '@gadgetloom/udc/model';

/** A kernel function without a model. It takes the numbers of its interfaces, and has no descriptors. */
class UnknownFunction implements UsbFunction {
  readonly name: string;
  readonly #interfaces: number;

  constructor(name: string, interfaces: number) {
    this.name = name;
    this.#interfaces = interfaces;
  }

  bind(binding: FunctionBinding): void {
    for (let count = 0; count < this.#interfaces; count++) binding.interfaceId();
  }

  unbind(): void {}
  disable(): void {}

  /** The lists are empty and not missing: a configuration exists at a speed only if its functions have that speed. */
  descriptors(): Uint8Array {
    return new Uint8Array(0);
  }

  setAlternate(): number {
    return 0;
  }
}

/**
 * Allows functions of types that have no model.
 *
 * @param interfaces how many interfaces an instance has
 */
export function registerUnknown(
  functions: FunctionRegistry,
  type: string,
  interfaces: (instance: string) => number,
): void {
  functions.register(type, (instance) => ({
    get function() {
      return new UnknownFunction(`${type}.${instance}`, interfaces(instance));
    },
    release: () => {},
  }));
}
