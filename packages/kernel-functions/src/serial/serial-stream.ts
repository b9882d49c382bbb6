import { InputError } from '@gadgetloom/core';
import { type DuplexInside, makeDuplex, type NodeDuplex } from './node-duplex.ts';
import type { SerialPort, SerialPortAddress, SerialPorts } from './serial-port.ts';

/** A serial port as a Duplex of Node. */
export interface SerialStream extends NodeDuplex {
  /** The port behind the stream, for the line, breaks and hangups. Rejects if it cannot be opened. */
  readonly port: Promise<SerialPort>;
}

/**
 * Opens the serial port of a function as a Duplex of Node. The stream is returned at once, opens the port by itself, and
 * stays usable over everything that a host does; it ends when the gadget is removed. Destroying it closes the port.
 *
 * @throws InputError there is no Node, as in a browser: use {@link SerialPorts.open} there
 */
export function serialStream(ports: SerialPorts, address: SerialPortAddress): SerialStream {
  return portStream(ports.open(address));
}

/** Makes a Duplex of Node from a serial port, which then belongs to the stream. @throws InputError there is no Node */
export function portStream(opening: SerialPort | Promise<SerialPort>): SerialStream {
  const port = Promise.resolve(opening);
  const closing = new AbortController();
  const settle = async (work: Promise<unknown>, callback: (error?: Error | null) => void): Promise<void> => {
    let failure: Error | null = null;
    try {
      await work;
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    callback(failure);
  };
  const readInto = async (): Promise<void> => {
    const bytes = await (await port).read({ signal: closing.signal });
    duplex?.push(bytes ?? null);
  };
  const duplex: DuplexInside | undefined = makeDuplex({
    construct: (callback) => void settle(port, callback),
    read: () => {
      readInto().catch((error: Error) => {
        if (!closing.signal.aborted) duplex?.destroy(error);
      });
    },
    write: (chunk, _encoding, callback) =>
      void settle(
        port.then((one) => one.write(chunk, { signal: closing.signal })),
        callback,
      ),
    final: (callback) =>
      void settle(
        port.then((one) => one.drain({ signal: closing.signal })),
        callback,
      ),
    destroy: (error, callback) => {
      closing.abort();
      const closed = port.then(
        (one) => one.close(),
        () => {},
      );
      void settle(closed, (failure) => callback(error ?? failure ?? null));
    },
  });
  if (duplex === undefined)
    throw new InputError('there are no streams of Node here. Open the port with SERIAL_PORTS, and use read and write.');
  port.catch(() => {});
  return Object.assign(duplex, { port });
}
