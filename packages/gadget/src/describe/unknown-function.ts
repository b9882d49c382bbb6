import type { UsbFunction } from '@gadgetloom/udc';
import type { FunctionRegistry } from '@gadgetloom/udc/model';

/** A kernel function without a model. It has no descriptors. */
class UnknownFunction implements UsbFunction {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  bind(): void {}
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

/** Allows functions of types that have no model. */
export function registerUnknown(functions: FunctionRegistry, type: string): void {
  functions.register(type, (instance) => ({
    get function() {
      return new UnknownFunction(`${type}.${instance}`);
    },
    release: () => {},
  }));
}
