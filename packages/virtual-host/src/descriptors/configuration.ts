import { KernelError } from '@gadgetloom/core';
import { DescriptorType, type UsbSpeed } from '@gadgetloom/udc';
import { isSuperSpeed } from '../speed.ts';
import { type HostEndpoint, type Notice, parseEndpoint } from './endpoint-descriptor.ts';

/** Bytes of a configuration descriptor, which is the first of its set. */
export const CONFIGURATION_HEADER_SIZE = 9;

/** A configuration and everything in it, as the host decoded it (struct usb_host_config). */
export interface HostConfiguration {
  /** bConfigurationValue. */
  readonly value: number;
  /** bmAttributes: 0x40 self-powered, 0x20 remote wakeup. */
  readonly attributes: number;
  /** Current that the device may draw, in mA. */
  readonly maxPower: number;
  /** iConfiguration, 0 for none. */
  readonly nameIndex: number;
  readonly interfaces: readonly HostInterface[];
  readonly associations: readonly InterfaceAssociation[];
  /** Descriptors before the first interface. */
  readonly extra: Uint8Array;
  /** The whole descriptor set, as the device sent it. */
  readonly bytes: Uint8Array;
}

/** An interface and all its alternate settings. */
export interface HostInterface {
  /** bInterfaceNumber. */
  readonly number: number;
  readonly alternates: readonly HostAlternate[];
}

/** One alternate setting of an interface (struct usb_host_interface). */
export interface HostAlternate {
  /** bInterfaceNumber. */
  readonly interfaceNumber: number;
  /** bAlternateSetting. */
  readonly alternateSetting: number;
  /** bInterfaceClass. */
  readonly interfaceClass: number;
  /** bInterfaceSubClass. */
  readonly interfaceSubClass: number;
  /** bInterfaceProtocol. */
  readonly interfaceProtocol: number;
  /** iInterface, 0 for none. */
  readonly nameIndex: number;
  readonly endpoints: readonly HostEndpoint[];
  /** Class and vendor descriptors before the first endpoint. */
  readonly extra: Uint8Array;
}

/** Interfaces that belong together (USB 3.2, 9.6.4). */
export interface InterfaceAssociation {
  /** bFirstInterface. */
  readonly firstInterface: number;
  /** bInterfaceCount. */
  readonly interfaceCount: number;
  /** bFunctionClass. */
  readonly functionClass: number;
  /** bFunctionSubClass. */
  readonly functionSubClass: number;
  /** bFunctionProtocol. */
  readonly functionProtocol: number;
  /** iFunction; 0 is none. */
  readonly nameIndex: number;
}

const interfaceSize = 9;
const endpointSize = 7;
const associationSize = 8;
const maxInterfaces = 32;
const maxAlternates = 128;
const maxEndpoints = 30;
const maxAssociations = 16;

/** The alternate setting after SET_CONFIGURATION: setting 0, or the first setting of an interface without a 0. */
export function initialAlternate(of: HostInterface): HostAlternate {
  return of.alternates.find(({ alternateSetting }) => alternateSetting === 0) ?? of.alternates[0]!;
}

/**
 * Decodes a configuration. As Linux does, it skips descriptors that are invalid and tells `notice` about them. Source:
 * config.c, usb_parse_configuration.
 *
 * @throws KernelError EINVAL the bytes do not start with a configuration descriptor
 */
export function parseConfiguration(bytes: Uint8Array, speed: UsbSpeed, notice: Notice): HostConfiguration {
  const [length = 0, type = 0] = bytes;
  if (type !== DescriptorType.CONFIG || length < CONFIGURATION_HEADER_SIZE || length > bytes.length) {
    const advice = `the descriptor is of type ${type} and ${length} bytes long; a configuration is of type 2 and 9 bytes.`;
    throw new KernelError('EINVAL', 'configuration descriptor', advice);
  }
  const reader = new ConfigurationReader(speed, notice);
  reader.read(bytes, length);
  if (reader.interfaces.length !== bytes[4]) {
    notice(`the configuration has ${reader.interfaces.length} interfaces, its descriptor says ${bytes[4]}`);
  }
  return {
    value: bytes[5]!,
    nameIndex: bytes[6]!,
    attributes: bytes[7]!,
    maxPower: bytes[8]! * (isSuperSpeed(speed) ? 8 : 2),
    interfaces: reader.interfaces,
    associations: reader.associations,
    extra: reader.extra,
    bytes,
  };
}

interface OpenAlternate extends HostAlternate {
  readonly endpoints: HostEndpoint[];
}

interface OpenInterface extends HostInterface {
  readonly alternates: OpenAlternate[];
}

class ConfigurationReader {
  readonly interfaces: OpenInterface[] = [];
  readonly associations: InterfaceAssociation[] = [];
  extra: Uint8Array = new Uint8Array();
  readonly #speed: UsbSpeed;
  readonly #notice: Notice;

  constructor(speed: UsbSpeed, notice: Notice) {
    this.#speed = speed;
    this.#notice = notice;
  }

  read(bytes: Uint8Array, start: number): void {
    const starts = this.#split(bytes, start);
    const end = starts.pop()!;
    const within = (from: number, ...stops: number[]): Uint8Array => {
      const stop = starts.find((at) => at > from && stops.includes(bytes[at + 1]!)) ?? end;
      return bytes.subarray(Math.min(from + bytes[from]!, stop), stop);
    };
    let alternate: OpenAlternate | undefined;
    let declared = 0;
    let found = 0;
    const finish = (): void => {
      if (alternate === undefined || declared === found) return;
      const { interfaceNumber, alternateSetting } = alternate;
      const where = `interface ${interfaceNumber} alternate ${alternateSetting}`;
      this.#notice(`${where} has ${found} endpoints, its descriptor says ${declared}`);
    };
    this.extra = within(0, DescriptorType.INTERFACE);
    for (const at of starts) {
      const descriptor = bytes.subarray(at, at + bytes[at]!);
      if (descriptor[1] === DescriptorType.INTERFACE) {
        finish();
        found = 0;
        declared = descriptor[4] ?? 0;
        alternate = this.#open(descriptor, within(at, DescriptorType.INTERFACE, DescriptorType.ENDPOINT));
      } else if (descriptor[1] === DescriptorType.ENDPOINT && alternate !== undefined) {
        found++;
        const extra = within(at, DescriptorType.INTERFACE, DescriptorType.ENDPOINT);
        this.#addEndpoint(alternate, descriptor, extra, Math.min(declared, maxEndpoints));
      } else if (descriptor[1] === DescriptorType.INTERFACE_ASSOCIATION) {
        this.#associate(descriptor);
      }
    }
    finish();
  }

  /** The offsets at which descriptors start, and as the last one the offset at which they end. */
  #split(bytes: Uint8Array, start: number): number[] {
    const starts: number[] = [];
    let at = start;
    while (at < bytes.length) {
      const length = bytes[at]!;
      if (length < 2 || at + length > bytes.length) {
        this.#notice(`a descriptor of length ${length} is invalid; skipping the remaining ${bytes.length - at} bytes`);
        break;
      }
      starts.push(at);
      at += length;
    }
    return [...starts, at];
  }

  #open(descriptor: Uint8Array, extra: Uint8Array): OpenAlternate | undefined {
    if (descriptor.length < interfaceSize) {
      this.#notice(`an interface descriptor is ${descriptor.length} bytes long; skipping it`);
      return undefined;
    }
    const number = descriptor[2]!;
    const alternateSetting = descriptor[3]!;
    let owner = this.interfaces.find((known) => known.number === number);
    if (owner === undefined) {
      if (this.interfaces.length === maxInterfaces) return undefined;
      owner = { number, alternates: [] };
      this.interfaces.push(owner);
    }
    if (owner.alternates.length === maxAlternates) return undefined;
    if (owner.alternates.some((known) => known.alternateSetting === alternateSetting)) {
      this.#notice(`interface ${number} has two alternates ${alternateSetting}; skipping the second`);
      return undefined;
    }
    const alternate: OpenAlternate = {
      interfaceNumber: number,
      alternateSetting,
      interfaceClass: descriptor[5]!,
      interfaceSubClass: descriptor[6]!,
      interfaceProtocol: descriptor[7]!,
      nameIndex: descriptor[8]!,
      endpoints: [],
      extra,
    };
    owner.alternates.push(alternate);
    return alternate;
  }

  #addEndpoint(alternate: OpenAlternate, descriptor: Uint8Array, extra: Uint8Array, room: number): void {
    const where = `interface ${alternate.interfaceNumber} alternate ${alternate.alternateSetting}`;
    if (descriptor.length < endpointSize) {
      this.#notice(`${where} has an endpoint descriptor of ${descriptor.length} bytes; skipping it`);
      return;
    }
    if ((descriptor[2]! & 0x0f) === 0) {
      this.#notice(`${where} has a descriptor for endpoint 0; skipping it`);
      return;
    }
    if (alternate.endpoints.length >= room) return;
    if (this.#isTaken(descriptor[2]! & 0x8f, alternate)) {
      this.#notice(`${where} has an endpoint with an address that is taken; skipping it`);
      return;
    }
    const { alternateSetting } = alternate;
    alternate.endpoints.push(parseEndpoint(descriptor, extra, this.#speed, alternateSetting, this.#notice));
  }

  /** The settings of one interface may share addresses; two interfaces may not (config_endpoint_is_duplicate). */
  #isTaken(address: number, by: OpenAlternate): boolean {
    return this.interfaces.some(({ number, alternates }) =>
      alternates.some(
        (other) =>
          (number !== by.interfaceNumber || other === by) &&
          other.endpoints.some((endpoint) => endpoint.address === address),
      ),
    );
  }

  #associate(descriptor: Uint8Array): void {
    if (descriptor.length < associationSize) {
      this.#notice(`an interface association is ${descriptor.length} bytes long; skipping it`);
    } else if (this.associations.length < maxAssociations) {
      this.associations.push({
        firstInterface: descriptor[2]!,
        interfaceCount: descriptor[3]!,
        functionClass: descriptor[4]!,
        functionSubClass: descriptor[5]!,
        functionProtocol: descriptor[6]!,
        nameIndex: descriptor[7]!,
      });
    }
  }
}
