import { DescriptorType } from '../chapter9.ts';
import { type DeviceCapability, decodeBos } from './bos-descriptor.ts';
import { type ConfigurationTree, decodeConfiguration } from './configuration-descriptor.ts';
import { splitDescriptors } from './descriptor-bytes.ts';
import {
  type DeviceDescriptor,
  decodeDeviceDescriptor,
  decodeQualifierDescriptor,
  type QualifierDescriptor,
} from './device-descriptor.ts';
import { decodeInterfaces, type InterfacesTree } from './interface-descriptor.ts';
import { decodeStringDescriptor } from './string-descriptor.ts';

/** Any answer to GET_DESCRIPTOR, or the descriptors of a function. */
export type Descriptor =
  | { readonly kind: 'device'; readonly device: DeviceDescriptor }
  | { readonly kind: 'qualifier'; readonly qualifier: QualifierDescriptor }
  | { readonly kind: 'configuration'; readonly configuration: ConfigurationTree }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'bos'; readonly capabilities: readonly DeviceCapability[] }
  | { readonly kind: 'interfaces'; readonly tree: InterfacesTree };

/**
 * Decodes an answer to GET_DESCRIPTOR, or the descriptors of a function, by the type of the first descriptor. It
 * decodes string descriptor 0 as text too: use decodeLanguages for that.
 *
 * @throws InputError empty, too short, or truncated
 */
export function decodeDescriptors(bytes: Uint8Array): Descriptor {
  switch (bytes[1]) {
    case DescriptorType.DEVICE:
      return { kind: 'device', device: decodeDeviceDescriptor(bytes) };
    case DescriptorType.DEVICE_QUALIFIER:
      return { kind: 'qualifier', qualifier: decodeQualifierDescriptor(bytes) };
    case DescriptorType.CONFIG:
    case DescriptorType.OTHER_SPEED_CONFIG:
      return { kind: 'configuration', configuration: decodeConfiguration(bytes) };
    case DescriptorType.STRING:
      return { kind: 'string', text: decodeStringDescriptor(bytes) };
    case DescriptorType.BOS:
      return { kind: 'bos', capabilities: decodeBos(bytes) };
    default:
      return { kind: 'interfaces', tree: decodeInterfaces(splitDescriptors(bytes)) };
  }
}
