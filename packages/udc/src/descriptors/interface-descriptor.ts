import { type CompanionDescriptor, DescriptorType, type EndpointDescriptor } from '../chapter9.ts';
import { expectDescriptor, joinDescriptors, writeField } from './descriptor-bytes.ts';
import {
  decodeCompanionDescriptor,
  decodeEndpointDescriptor,
  encodeCompanionDescriptor,
  encodeEndpointDescriptor,
} from './endpoint-descriptor.ts';

export const INTERFACE_SIZE = 9;
export const ASSOCIATION_SIZE = 8;

/** Interfaces that belong together (USB 3.2, table 9-16). */
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
  readonly stringIndex: number;
}

/** An endpoint with the descriptors that follow it. */
export interface EndpointTree extends EndpointDescriptor {
  /** Directly after the endpoint, at SuperSpeed. */
  readonly companion?: CompanionDescriptor;
  /** Class-specific and other descriptors after it, unchanged. */
  readonly extra: readonly Uint8Array[];
}

/** One alternate setting of an interface (USB 2.0, table 9-12) with the descriptors that belong to it. */
export interface AlternateSetting {
  /** bAlternateSetting. */
  readonly alternate: number;
  /** bInterfaceClass. */
  readonly interfaceClass: number;
  /** bInterfaceSubClass. */
  readonly interfaceSubClass: number;
  /** bInterfaceProtocol. */
  readonly interfaceProtocol: number;
  /** iInterface; 0 is none. */
  readonly stringIndex: number;
  /** bNumEndpoints, if it differs from the number of {@link endpoints}. */
  readonly endpointCount?: number;
  /** Directly before the interface descriptor. */
  readonly association?: InterfaceAssociation;
  /** Class-specific and other descriptors before the first endpoint, unchanged. */
  readonly extra: readonly Uint8Array[];
  readonly endpoints: readonly EndpointTree[];
}

/** An interface with its alternate settings. */
export interface InterfaceTree {
  /** bInterfaceNumber. */
  readonly number: number;
  readonly alternates: readonly AlternateSetting[];
}

/** Interfaces, and the descriptors before the first one. */
export interface InterfacesTree {
  readonly extra: readonly Uint8Array[];
  readonly interfaces: readonly InterfaceTree[];
}

/**
 * The descriptors of interfaces, alternates and endpoints, as a function has them.
 *
 * @throws InputError a value that does not fit
 */
export function encodeInterfaces(tree: InterfacesTree): Uint8Array {
  const parts: Uint8Array[] = [...tree.extra];
  for (const { number, alternates } of tree.interfaces) {
    for (const setting of alternates) {
      if (setting.association !== undefined) parts.push(encodeAssociation(setting.association));
      parts.push(encodeInterfaceDescriptor(number, setting), ...setting.extra);
      for (const endpoint of setting.endpoints) {
        parts.push(encodeEndpointDescriptor(endpoint));
        if (endpoint.companion !== undefined) parts.push(encodeCompanionDescriptor(endpoint.companion));
        parts.push(...endpoint.extra);
      }
    }
  }
  return joinDescriptors(parts);
}

/**
 * Decodes the descriptors of a function or a configuration into a tree. Nothing is lost: a descriptor without a place
 * of its own stays as bytes at its position. Only alternates of one interface that are apart are moved together.
 *
 * @param parts one descriptor each
 * @throws InputError a descriptor is too short
 */
export function decodeInterfaces(parts: readonly Uint8Array[]): InterfacesTree {
  const builder = new TreeBuilder();
  parts.forEach((part, index) => {
    builder.add(part, parts[index + 1]);
  });
  return builder.tree;
}

/** Interface descriptor: 9 bytes. @throws InputError a value that does not fit its field */
export function encodeInterfaceDescriptor(number: number, setting: AlternateSetting): Uint8Array {
  const { alternate, endpoints, endpointCount = endpoints.length, stringIndex } = setting;
  const { interfaceClass, interfaceSubClass, interfaceProtocol } = setting;
  const fields = {
    ...{ number, alternate, endpointCount },
    ...{ interfaceClass, interfaceSubClass, interfaceProtocol, stringIndex },
  };
  return encodeBytes(INTERFACE_SIZE, DescriptorType.INTERFACE, fields);
}

/** Interface association descriptor: 8 bytes. @throws InputError a value that does not fit its field */
export function encodeAssociation(association: InterfaceAssociation): Uint8Array {
  const { firstInterface, interfaceCount, functionClass, functionSubClass, functionProtocol, stringIndex } =
    association;
  const fields = { firstInterface, interfaceCount, functionClass, functionSubClass, functionProtocol, stringIndex };
  return encodeBytes(ASSOCIATION_SIZE, DescriptorType.INTERFACE_ASSOCIATION, fields);
}

/** A descriptor all of whose fields are bytes, in the order of `fields`. */
function encodeBytes(size: number, type: number, fields: Readonly<Record<string, number>>): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  view.setUint8(0, size);
  view.setUint8(1, type);
  Object.entries(fields).forEach(([field, value], at) => {
    writeField(view, 2 + at, 1, value, field);
  });
  return new Uint8Array(view.buffer as ArrayBuffer);
}

/** @throws InputError not an interface association of at least 8 bytes */
export function decodeAssociation(bytes: Uint8Array): InterfaceAssociation {
  const view = expectDescriptor(bytes, DescriptorType.INTERFACE_ASSOCIATION, ASSOCIATION_SIZE, 'interface association');
  return {
    firstInterface: view.getUint8(2),
    interfaceCount: view.getUint8(3),
    functionClass: view.getUint8(4),
    functionSubClass: view.getUint8(5),
    functionProtocol: view.getUint8(6),
    stringIndex: view.getUint8(7),
  };
}

type Building<T> = { -readonly [K in keyof T]: T[K] };
type BuildingEndpoint = Building<Omit<EndpointTree, 'extra'>> & { extra: Uint8Array[] };
type BuildingSetting = Building<Omit<AlternateSetting, 'extra' | 'endpoints'>> & {
  extra: Uint8Array[];
  endpoints: BuildingEndpoint[];
};

/** Keeps a standard descriptor of a non-standard length as bytes, so that nothing is lost. */
function isStandard(part: Uint8Array, type: number, ...sizes: readonly number[]): boolean {
  return part[1] === type && sizes.includes(part.length);
}

class TreeBuilder {
  readonly #extra: Uint8Array[] = [];
  readonly #interfaces: { number: number; alternates: BuildingSetting[] }[] = [];
  #setting: BuildingSetting | undefined = undefined;
  #endpoint: BuildingEndpoint | undefined = undefined;
  #association: InterfaceAssociation | undefined = undefined;
  #companionNext = false;

  get tree(): InterfacesTree {
    for (const { alternates } of this.#interfaces) {
      for (const setting of alternates) {
        if (setting.endpointCount === setting.endpoints.length) delete setting.endpointCount;
      }
    }
    return { extra: this.#extra, interfaces: this.#interfaces };
  }

  add(part: Uint8Array, next: Uint8Array | undefined): void {
    const companionHere = this.#companionNext;
    this.#companionNext = false;
    if (isStandard(part, DescriptorType.INTERFACE, INTERFACE_SIZE)) this.#addInterface(part);
    else if (this.#setting !== undefined && isStandard(part, DescriptorType.ENDPOINT, 7, 9)) {
      this.#endpoint = { ...decodeEndpointDescriptor(part), extra: [] };
      this.#setting.endpoints.push(this.#endpoint);
      this.#companionNext = true;
    } else if (companionHere && this.#endpoint && isStandard(part, DescriptorType.SS_ENDPOINT_COMPANION, 6)) {
      this.#endpoint.companion = decodeCompanionDescriptor(part);
    } else if (
      isStandard(part, DescriptorType.INTERFACE_ASSOCIATION, ASSOCIATION_SIZE) &&
      next !== undefined &&
      isStandard(next, DescriptorType.INTERFACE, INTERFACE_SIZE)
    ) {
      this.#association = decodeAssociation(part);
    } else {
      const owner = this.#endpoint ?? this.#setting;
      (owner?.extra ?? this.#extra).push(part);
    }
  }

  #addInterface(part: Uint8Array): void {
    const number = part[2]!;
    this.#setting = {
      alternate: part[3]!,
      endpointCount: part[4]!,
      interfaceClass: part[5]!,
      interfaceSubClass: part[6]!,
      interfaceProtocol: part[7]!,
      stringIndex: part[8]!,
      extra: [],
      endpoints: [],
    };
    if (this.#association !== undefined) this.#setting.association = this.#association;
    this.#association = undefined;
    this.#endpoint = undefined;
    let owner = this.#interfaces.find((candidate) => candidate.number === number);
    if (owner === undefined) {
      owner = { number, alternates: [] };
      this.#interfaces.push(owner);
    }
    owner.alternates.push(this.#setting);
  }
}
