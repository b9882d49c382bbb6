import { type Clock, KernelError } from '@gadgetloom/core';
import { CdcClass } from '@gadgetloom/usb-classes/cdc-acm';
import { openSerialPort } from '../../serial/open-serial-port.ts';
import type { SerialPort, SerialPortAddress, SerialPorts, SerialWait } from '../../serial/serial-port.ts';
import { type KernelFunctionsOptions, registerOnce } from '../registration.ts';
import { AcmFunction } from './acm-function.ts';
import { GserFunction } from './gser-function.ts';
import { HostLine } from './host-line.ts';
import { SerialInstance } from './serial-instance.ts';
import { SerialLines } from './serial-lines.ts';
import { TtyFile } from './tty-file.ts';

type Attributes = Readonly<Record<string, string>>;

/** The serial functions of a simulated kernel, and their terminals. Disposing it unregisters them. */
export class SerialFunctions implements SerialPorts, Disposable {
  readonly #clock: Clock;
  readonly #console: boolean;
  readonly #lines: SerialLines;
  /** By type and instance; the latest one of a name comes last. */
  readonly #instances = new Map<string, SerialInstance[]>();
  readonly #registrations: readonly Disposable[];

  constructor({ functions, clock, console = false }: KernelFunctionsOptions) {
    this.#clock = clock;
    this.#console = console;
    this.#lines = new SerialLines(clock);
    this.#registrations = [
      registerOnce(functions, 'acm', (instance, attributes) => this.#acm(`acm.${instance}`, attributes)),
      registerOnce(functions, 'gser', (instance, attributes) => this.#gser(`gser.${instance}`, attributes)),
    ];
  }

  /** Does nothing: simulated terminals are raw from the beginning. */
  async prepare(): Promise<void> {}

  async open(address: SerialPortAddress, { signal }: SerialWait = {}): Promise<SerialPort> {
    signal?.throwIfAborted();
    const { port, line } = this.#instance(address);
    const open = async (onHangup: () => void) => {
      if (this.#lines.port(port.number) !== port) throw gone(address);
      return new TtyFile(port, onHangup);
    };
    return openSerialPort({ path: `/dev/ttyGS${port.number}`, portNumber: port.number, line, open }, this.#clock);
  }

  [Symbol.dispose](): void {
    for (const registration of this.#registrations) registration[Symbol.dispose]();
  }

  get #consoles(): readonly string[] {
    return this.#console ? ['console'] : [];
  }

  #acm(name: string, attributes: Attributes): SerialInstance {
    const known = checkAttributes(name, attributes, ['protocol', ...this.#consoles]);
    const protocol = byte(name, 'protocol', known['protocol'] ?? String(CdcClass.AT_V250));
    const line = new HostLine();
    return this.#make(name, line, (port) => () => new AcmFunction(name, port, protocol, line));
  }

  #gser(name: string, attributes: Attributes): SerialInstance {
    checkAttributes(name, attributes, this.#consoles);
    return this.#make(name, undefined, (port) => () => new GserFunction(name, port));
  }

  #make(
    name: string,
    line: HostLine | undefined,
    maker: (port: SerialInstance['port']) => () => AcmFunction | GserFunction,
  ): SerialInstance {
    const port = this.#lines.allocate(`mkdir functions/${name}`);
    const instance = new SerialInstance(port, line, maker(port), () => {
      this.#lines.free(port);
      port.remove();
      const left = (this.#instances.get(name) ?? []).filter((other) => other !== instance);
      if (left.length === 0) this.#instances.delete(name);
      else this.#instances.set(name, left);
    });
    this.#instances.set(name, [...(this.#instances.get(name) ?? []), instance]);
    return instance;
  }

  #instance(address: SerialPortAddress): SerialInstance {
    const instance = this.#instances.get(`${address.type}.${address.instance}`)?.at(-1);
    if (instance === undefined) throw gone(address);
    return instance;
  }
}

function gone({ gadget, type, instance }: SerialPortAddress): KernelError {
  return new KernelError(
    'ENOENT',
    `open ${gadget}/functions/${type}.${instance}`,
    'no gadget has this serial function.',
  );
}

/** Refuses attributes that the directory does not have, as open(2) would; `port_num` can only be read. */
function checkAttributes(name: string, attributes: Attributes, known: readonly string[]): Attributes {
  for (const attribute of Object.keys(attributes)) {
    if (known.includes(attribute)) continue;
    const operation = `write functions/${name}/${attribute}`;
    if (attribute === 'port_num') throw new KernelError('EACCES', operation, 'the kernel chooses the number.');
    const advice =
      attribute === 'console'
        ? 'the simulated kernel has no console on serial functions, like kernels without CONFIG_U_SERIAL_CONSOLE.'
        : 'the function has no such attribute.';
    throw new KernelError('ENOENT', operation, advice);
  }
  return attributes;
}

/** kstrtou8. @throws KernelError EINVAL no number; ERANGE above 255 */
function byte(name: string, attribute: string, text: string): number {
  const operation = `write functions/${name}/${attribute}`;
  const trimmed = text.replace(/\n$/, '');
  const value = /^(0x[\da-f]+|\d+)$/i.test(trimmed)
    ? Number(/^0\d/.test(trimmed) ? `0o${trimmed.slice(1)}` : trimmed)
    : Number.NaN;
  if (Number.isNaN(value)) throw new KernelError('EINVAL', operation, `"${trimmed}" is not a number.`);
  if (value > 0xff) throw new KernelError('ERANGE', operation, `${value} is more than 255.`);
  return value;
}
