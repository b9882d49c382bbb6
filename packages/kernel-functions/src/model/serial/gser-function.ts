import { KernelError } from '@gadgetloom/core';
import { type DescriptorSpeed, encodeInterfaces, type FunctionBinding, type UsbFunction } from '@gadgetloom/udc';
import { attempt, bulk, claim, configureOnce, describes, NO_BURST } from './endpoint-set.ts';
import type { GsPort } from './gs-port.ts';
import type { SerialLink } from './serial-link.ts';

/** Language of the kernel's strings: US English. */
const ENGLISH = 0x409;
const VENDOR_SPECIFIC = 0xff;

interface Bound {
  readonly binding: FunctionBinding;
  readonly interfaceNumber: number;
  readonly link: SerialLink;
  readonly addresses: readonly [bulkIn: number, bulkOut: number];
}

/** A serial port without a class in a configuration (struct f_gser). Source: drivers/usb/gadget/function/f_serial.c. */
export class GserFunction implements UsbFunction {
  readonly name: string;
  readonly #port: GsPort;
  #bound: Bound | undefined;

  constructor(name: string, port: GsPort) {
    this.name = name;
    this.#port = port;
  }

  bind(binding: FunctionBinding): void {
    // The kernel gives the string an id, and forgets to write it into the interface.
    binding.functionStrings([{ language: ENGLISH, strings: ['Generic Serial'] }]);
    const interfaceNumber = binding.interfaceId();
    const bulkIn = claim(binding, this.name, bulk(0x80, 'full'));
    const bulkOut = claim(binding, this.name, bulk(0, 'full'));
    const link = { in: bulkIn.endpoint, out: bulkOut.endpoint };
    this.#bound = { binding, interfaceNumber, link, addresses: [bulkIn.address, bulkOut.address] };
  }

  unbind(): void {
    this.disable();
    this.#bound = undefined;
  }

  descriptors(speed: DescriptorSpeed): Uint8Array | undefined {
    const bound = this.#bound;
    if (bound === undefined || !describes(bound.binding, speed)) return undefined;
    const companion = speed === 'super' ? { companion: NO_BURST } : {};
    const setting = {
      alternate: 0,
      interfaceClass: VENDOR_SPECIFIC,
      interfaceSubClass: 0,
      interfaceProtocol: 0,
      stringIndex: 0,
      extra: [],
      endpoints: bound.addresses.map((address) => ({ ...bulk(address, speed), ...companion, extra: [] })),
    };
    return encodeInterfaces({ extra: [], interfaces: [{ number: bound.interfaceNumber, alternates: [setting] }] });
  }

  /** gser_set_alt. @throws KernelError an endpoint cannot be configured */
  setAlternate(): number {
    const bound = this.#bound;
    if (bound === undefined) throw new KernelError('ENODEV', `set_alt ${this.name}`, 'the gadget is not bound.');
    const { binding, link } = bound;
    if (link.in.enabled) this.#port.disconnect(link);
    configureOnce(binding, link.in);
    configureOnce(binding, link.out);
    attempt(() => this.#port.connect(link));
    return 0;
  }

  disable(): void {
    if (this.#bound !== undefined) this.#port.disconnect(this.#bound.link);
  }

  suspend(): void {
    if (this.#bound) this.#port.suspend(this.#bound.link);
  }

  resume(): void {
    if (this.#bound) this.#port.resume(this.#bound.link);
  }
}
