import type { UsbSpeed } from '@gadgetloom/udc';
import type { HostAlternate, HostConfiguration, HostInterface } from '../descriptors/configuration.ts';
import { packetSize, transactionsPerMicroframe } from '../descriptors/endpoint-descriptor.ts';
import { idlName } from './idl-name.ts';
import type { UsbDevice, UsbDirection, UsbEndpointType } from './types.ts';

/** Classes that a browser keeps for its own interfaces (WebUSB, "has a protected interface class"). */
const protectedClasses: readonly number[] = [0x01, 0x03, 0x08, 0x0b, 0x0e, 0x10, 0xe0];

/** What the objects of the tree ask their device for. */
export interface TreeOwner {
  readonly speed: UsbSpeed;
  readonly configurations: readonly HostConfiguration[];
  /** A string of the device, if it has been read. */
  name(index: number): string | null;
  /** bAlternateSetting in force of a claimed interface; `undefined` if it is not claimed. */
  claimedSetting(configuration: HostConfiguration, interfaceNumber: number): number | undefined;
}

/** What an object of the tree stands for. */
interface Node<Descriptor> {
  readonly owner: TreeOwner;
  readonly descriptor: Descriptor;
}

/**
 * Where devices keep their {@link TreeOwner}, and the objects of the tree their {@link Node}, for whoever constructs the
 * objects below. With private members instead the types would not fit those of `@types/w3c-web-usb`.
 */
const NODE = Symbol('node');

/** `USBConfiguration`. */
export class UsbConfiguration {
  static {
    idlName(UsbConfiguration, 'USBConfiguration');
  }

  /** bConfigurationValue. */
  readonly configurationValue: number;
  /** Frozen. */
  readonly interfaces: UsbInterface[];

  /** @throws RangeError the device has no such configuration */
  constructor(device: UsbDevice, configurationValue: number) {
    const owner = nodeOf<TreeOwner>(device);
    const descriptor = found(
      owner.configurations.find(({ value }) => value === configurationValue),
      `The device has no configuration ${configurationValue}.`,
    );
    setNode(this, { owner, descriptor });
    this.configurationValue = configurationValue;
    this.interfaces = frozen(descriptor.interfaces.map(({ number }) => new UsbInterface(this, number)));
  }

  /** `null` if the configuration has no name. */
  get configurationName(): string | null {
    const { owner, descriptor } = nodeOf<Node<HostConfiguration>>(this);
    return owner.name(descriptor.nameIndex);
  }
}

/** `USBInterface`. */
export class UsbInterface {
  static {
    idlName(UsbInterface, 'USBInterface');
  }

  /** bInterfaceNumber. */
  readonly interfaceNumber: number;
  /** Frozen. */
  readonly alternates: UsbAlternateInterface[];

  /** @throws RangeError the configuration has no such interface */
  constructor(configuration: UsbConfiguration, interfaceNumber: number) {
    const { owner, descriptor: above } = nodeOf<Node<HostConfiguration>>(configuration);
    const descriptor = found(
      above.interfaces.find(({ number }) => number === interfaceNumber),
      `Configuration ${above.value} has no interface ${interfaceNumber}.`,
    );
    setNode(this, { owner, configuration: above, descriptor });
    this.interfaceNumber = interfaceNumber;
    this.alternates = frozen(
      descriptor.alternates.map(({ alternateSetting }) => new UsbAlternateInterface(this, alternateSetting)),
    );
  }

  /** The setting in force while the interface is claimed, otherwise the first. */
  get alternate(): UsbAlternateInterface {
    const current = settingOf(this);
    return this.alternates.find(({ alternateSetting }) => alternateSetting === current) ?? this.alternates[0]!;
  }

  /** False unless its configuration is the selected one. */
  get claimed(): boolean {
    return settingOf(this) !== undefined;
  }
}

/** `USBAlternateInterface`. */
export class UsbAlternateInterface {
  static {
    idlName(UsbAlternateInterface, 'USBAlternateInterface');
  }

  /** bAlternateSetting. */
  readonly alternateSetting: number;
  /** bInterfaceClass. */
  readonly interfaceClass: number;
  /** bInterfaceSubClass. */
  readonly interfaceSubclass: number;
  /** bInterfaceProtocol. */
  readonly interfaceProtocol: number;
  /** Frozen. */
  readonly endpoints: UsbEndpoint[];

  /** @throws RangeError the interface has no such alternate setting */
  constructor(deviceInterface: UsbInterface, alternateSetting: number) {
    const { owner, descriptor: above } = nodeOf<Node<HostInterface>>(deviceInterface);
    const descriptor = found(
      above.alternates.find((it) => it.alternateSetting === alternateSetting),
      `Interface ${above.number} has no alternate setting ${alternateSetting}.`,
    );
    setNode(this, { owner, descriptor });
    this.alternateSetting = alternateSetting;
    this.interfaceClass = descriptor.interfaceClass;
    this.interfaceSubclass = descriptor.interfaceSubClass;
    this.interfaceProtocol = descriptor.interfaceProtocol;
    const dataEndpoints = descriptor.endpoints.filter(({ type }) => type !== 'control');
    this.endpoints = frozen(
      dataEndpoints.map(({ address }) => new UsbEndpoint(this, address & 0x0f, address >= 0x80 ? 'in' : 'out')),
    );
  }

  /** `null` if the setting has no name. */
  get interfaceName(): string | null {
    const { owner, descriptor } = nodeOf<Node<HostAlternate>>(this);
    return owner.name(descriptor.nameIndex);
  }
}

/** `USBEndpoint`. */
export class UsbEndpoint {
  static {
    idlName(UsbEndpoint, 'USBEndpoint');
  }

  /** 1 to 15. */
  readonly endpointNumber: number;
  readonly direction: UsbDirection;
  readonly type: UsbEndpointType;
  /** Bytes of a packet; a high-bandwidth endpoint counts all packets of a microframe. */
  readonly packetSize: number;

  /** @throws TypeError no such direction @throws RangeError the setting has no such data endpoint */
  constructor(alternate: UsbAlternateInterface, endpointNumber: number, direction: UsbDirection) {
    if (direction !== 'in' && direction !== 'out') throw new TypeError(`The direction is "in" or "out".`);
    const { owner, descriptor } = nodeOf<Node<HostAlternate>>(alternate);
    const address = endpointNumber | (direction === 'in' ? 0x80 : 0);
    const missing = `Alternate setting ${descriptor.alternateSetting} has no ${direction} endpoint ${endpointNumber}.`;
    const endpoint = found(
      descriptor.endpoints.find((it) => it.address === address),
      missing,
    );
    if (endpoint.type === 'control') throw new RangeError(missing);
    this.endpointNumber = endpointNumber;
    this.direction = direction;
    this.type = endpoint.type;
    this.packetSize = packetSize(endpoint) * transactionsPerMicroframe(endpoint, owner.speed);
  }
}

/** True if any setting of the interface is of a class that web pages may not touch. */
export function isProtected({ alternates }: UsbInterface): boolean {
  return alternates.some(({ interfaceClass }) => protectedClasses.includes(interfaceClass));
}

/** Remembers what a device, or an object of its tree, stands for. */
export function setNode(of: object, node: object): void {
  Object.defineProperty(of, NODE, { value: node });
}

/** What {@link setNode} remembered. @throws TypeError nothing: the object is not one of ours */
function nodeOf<Kept>(of: object): Kept {
  const node = Reflect.get(of, NODE);
  if (node === undefined) throw new TypeError('The argument is not an object of a gadgetloom host.');
  return node;
}

function settingOf(of: UsbInterface): number | undefined {
  const { owner, configuration } = nodeOf<Node<HostInterface> & { configuration: HostConfiguration }>(of);
  return owner.claimedSetting(configuration, of.interfaceNumber);
}

function found<T>(item: T | undefined, missing: string): T {
  if (item === undefined) throw new RangeError(missing);
  return item;
}

function frozen<T>(items: T[]): T[] {
  Object.freeze(items);
  return items;
}
