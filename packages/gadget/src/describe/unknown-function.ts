import type { UsbFunction } from '@gadgetloom/udc';
import type { FunctionRegistry } from '@gadgetloom/udc/model';

/** A function of the kernel that is not known here: it is there, and shows nothing. */
class UnknownFunction implements UsbFunction {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  bind(): void {}
  unbind(): void {}
  disable(): void {}

  /** Empty, not missing: a configuration counts at a speed only if its functions are there at that speed. */
  descriptors(): Uint8Array {
    return new Uint8Array(0);
  }

  setAlternate(): number {
    return 0;
  }
}

/** Lets gadgets have functions of a type that no model exists for. */
export function registerUnknown(functions: FunctionRegistry, type: string): void {
  functions.register(type, (instance) => ({
    get function() {
      return new UnknownFunction(`${type}.${instance}`);
    },
    release: () => {},
  }));
}
