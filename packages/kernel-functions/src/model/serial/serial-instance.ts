import type { UsbFunction } from '@gadgetloom/udc';
import type { FunctionInstance } from '@gadgetloom/udc/model';
import type { SerialLine } from '../../serial/serial-port.ts';
import type { GsPort } from './gs-port.ts';

/** A directory of a serial function. It has its port from the first moment to the last. */
export class SerialInstance implements FunctionInstance {
  readonly port: GsPort;
  /** What the host does with the line, where the function has a line. */
  readonly line: SerialLine | undefined;
  readonly #make: () => UsbFunction;
  readonly #released: () => void;

  constructor(port: GsPort, line: SerialLine | undefined, make: () => UsbFunction, released: () => void) {
    this.port = port;
    this.line = line;
    this.#make = make;
    this.#released = released;
  }

  get function(): UsbFunction {
    return this.#make();
  }

  release(): void {
    this.#released();
  }
}
