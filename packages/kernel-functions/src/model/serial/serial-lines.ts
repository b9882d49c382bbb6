import { type Clock, KernelError } from '@gadgetloom/core';
import { GsPort } from './gs-port.ts';

/** Serial ports of a kernel (MAX_U_SERIAL_PORTS). */
const MAX_PORTS = 8;

/** The serial ports of a kernel, by number. Source: u_serial.c, ports[] and gserial_alloc_line. */
export class SerialLines {
  readonly #clock: Clock;
  readonly #ports: (GsPort | undefined)[] = Array.from({ length: MAX_PORTS }, () => undefined);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** gserial_alloc_line: takes the first free number. @throws KernelError EBUSY all are taken */
  allocate(operation: string): GsPort {
    const number = this.#ports.indexOf(undefined);
    if (number < 0) throw new KernelError('EBUSY', operation, `Linux has ${MAX_PORTS} serial ports for gadgets.`);
    const port = new GsPort(number, this.#clock);
    this.#ports[number] = port;
    return port;
  }

  /** gserial_free_line. */
  free(port: GsPort): void {
    this.#ports[port.number] = undefined;
  }

  /** The port of this number. @throws KernelError ENODEV nobody has it */
  port(number: number): GsPort {
    const port = this.#ports[number];
    if (port === undefined) throw new KernelError('ENODEV', `open /dev/ttyGS${number}`, 'its function is gone.');
    return port;
  }
}
