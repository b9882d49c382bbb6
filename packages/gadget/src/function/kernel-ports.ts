import type { Resolver } from '@gadgetloom/core';
import {
  SERIAL_FUNCTIONS,
  SERIAL_PORTS,
  type SerialPortAddress,
  type SerialStream,
  serialStream,
} from '@gadgetloom/kernel-functions';
import type { GadgetDefinition } from '../definition/definition.ts';
import { isKernelFunction } from '../definition/gadget-parts.ts';
import { gadgetName } from '../descriptors/gadget-config.ts';

/** The program's ends of the serial functions of the kernel in a gadget. */
export class KernelPorts {
  readonly #addresses: ReadonlyMap<string, SerialPortAddress>;
  readonly #pieces: Resolver;
  readonly #streams = new Map<string, SerialStream>();

  constructor(gadget: GadgetDefinition, pieces: Resolver) {
    this.#pieces = pieces;
    this.#addresses = new Map(
      Object.entries(gadget.functions).flatMap(([instance, definition]) =>
        isKernelFunction(definition) && SERIAL_FUNCTIONS.includes(definition.kernel)
          ? [[instance, { gadget: gadgetName(gadget), type: definition.kernel, instance }] as const]
          : [],
      ),
    );
  }

  /** Names of the functions that have a port. */
  get names(): readonly string[] {
    return this.#pieces.isRegistered(SERIAL_PORTS) ? [...this.#addresses.keys()] : [];
  }

  /** Readies the ports of a gadget that is not bound yet, so that nothing of a host is lost or echoed. */
  async prepare(): Promise<void> {
    for (const name of this.names) await this.#pieces.resolve(SERIAL_PORTS).prepare(this.#addresses.get(name)!);
  }

  /** The stream of a function, which is opened at the first call. A stream that was destroyed is opened anew. */
  stream(name: string): SerialStream {
    let stream = this.#streams.get(name);
    if (stream === undefined || stream.destroyed) {
      stream = serialStream(this.#pieces.resolve(SERIAL_PORTS), this.#addresses.get(name)!);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** Closes the ports. Bytes that the host has not taken are dropped. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#streams.values()].map(async (stream) => {
        stream.destroy();
        await stream.port.then((port) => port.close()).catch(() => {});
      }),
    );
  }
}
