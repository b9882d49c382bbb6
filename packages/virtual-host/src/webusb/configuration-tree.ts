import type { UsbSpeed } from '@gadgetloom/udc';
import type { HostAlternate, HostConfiguration, HostInterface } from '../descriptors/configuration.ts';
import { type HostEndpoint, packetSize, transactionsPerMicroframe } from '../descriptors/endpoint-descriptor.ts';
import type { UsbAlternateInterface, UsbConfiguration, UsbEndpoint, UsbInterface } from './types.ts';

/** Classes that a browser keeps for its own interfaces (WebUSB, "has a protected interface class"). */
const protectedClasses: readonly number[] = [0x01, 0x03, 0x08, 0x0b, 0x0e, 0x10, 0xe0];

/** What the objects of the tree ask the device for. */
export interface TreeOwner {
  readonly speed: UsbSpeed;
  /** A string of the device, if it has been read. */
  name(index: number): string | null;
  /** The claimed interface with this descriptor, if it is part of the current configuration. */
  claimed(of: HostInterface): boolean;
  /** bAlternateSetting in force. */
  alternateSetting(of: HostInterface): number;
}

export class ConfigurationNode implements UsbConfiguration {
  readonly configurationValue: number;
  readonly interfaces: InterfaceNode[];
  readonly #owner: TreeOwner;
  readonly #nameIndex: number;

  constructor(configuration: HostConfiguration, owner: TreeOwner) {
    this.#owner = owner;
    this.#nameIndex = configuration.nameIndex;
    this.configurationValue = configuration.value;
    this.interfaces = frozen(configuration.interfaces.map((it) => new InterfaceNode(it, owner)));
  }

  get configurationName(): string | null {
    return this.#owner.name(this.#nameIndex);
  }

  interface(number: number): InterfaceNode | undefined {
    return this.interfaces.find(({ interfaceNumber }) => interfaceNumber === number);
  }
}

export class InterfaceNode implements UsbInterface {
  readonly interfaceNumber: number;
  readonly alternates: AlternateNode[];
  readonly #owner: TreeOwner;
  readonly #interface: HostInterface;

  constructor(of: HostInterface, owner: TreeOwner) {
    this.#owner = owner;
    this.#interface = of;
    this.interfaceNumber = of.number;
    this.alternates = frozen(of.alternates.map((it) => new AlternateNode(it, owner)));
  }

  /** The setting in force while the interface is claimed, otherwise the first. */
  get alternate(): AlternateNode {
    const current = this.#owner.alternateSetting(this.#interface);
    const selected = this.claimed ? this.find(current) : undefined;
    return selected ?? this.alternates[0]!;
  }

  get claimed(): boolean {
    return this.#owner.claimed(this.#interface);
  }

  find(alternateSetting: number): AlternateNode | undefined {
    return this.alternates.find((it) => it.alternateSetting === alternateSetting);
  }
}

/** True if any setting of the interface is of a class that web pages may not touch. */
export function isProtected({ alternates }: InterfaceNode): boolean {
  return alternates.some(({ interfaceClass }) => protectedClasses.includes(interfaceClass));
}

export class AlternateNode implements UsbAlternateInterface {
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceSubclass: number;
  readonly interfaceProtocol: number;
  readonly endpoints: UsbEndpoint[];
  readonly #owner: TreeOwner;
  readonly #nameIndex: number;

  constructor(alternate: HostAlternate, owner: TreeOwner) {
    this.#owner = owner;
    this.#nameIndex = alternate.nameIndex;
    this.alternateSetting = alternate.alternateSetting;
    this.interfaceClass = alternate.interfaceClass;
    this.interfaceSubclass = alternate.interfaceSubClass;
    this.interfaceProtocol = alternate.interfaceProtocol;
    this.endpoints = frozen(alternate.endpoints.flatMap((it) => describeEndpoint(it, owner.speed)));
  }

  get interfaceName(): string | null {
    return this.#owner.name(this.#nameIndex);
  }
}

function describeEndpoint(endpoint: HostEndpoint, speed: UsbSpeed): UsbEndpoint | [] {
  if (endpoint.type === 'control') return [];
  return Object.freeze({
    endpointNumber: endpoint.address & 0x0f,
    direction: endpoint.address >= 0x80 ? 'in' : 'out',
    type: endpoint.type,
    packetSize: packetSize(endpoint) * transactionsPerMicroframe(endpoint, speed),
  });
}

function frozen<T>(items: T[]): T[] {
  Object.freeze(items);
  return items;
}
