export {
  bosLength,
  CapabilityType,
  type DeviceCapability,
  decodeBos,
  encodeBos,
  type PlatformCapability,
  type SuperSpeedCapability,
  type SuperSpeedPlusCapability,
  type UnknownCapability,
  type Usb2Extension,
  WEBUSB_UUID,
} from './bos-descriptor.ts';
export {
  type CcidDescriptor,
  type ClassDescriptor,
  DfuAttribute,
  type DfuDescriptor,
  decodeClassDescriptor,
  encodeClassDescriptor,
  type HidDescriptor,
} from './class-descriptor.ts';
export {
  type ConfigurationTree,
  configurationLength,
  decodeConfiguration,
  encodeConfiguration,
} from './configuration-descriptor.ts';
export { type Descriptor, decodeDescriptors } from './decode-descriptors.ts';
export { joinDescriptors, splitDescriptors } from './descriptor-bytes.ts';
export {
  type DeviceDescriptor,
  decodeDeviceDescriptor,
  decodeQualifierDescriptor,
  encodeDeviceDescriptor,
  encodeQualifierDescriptor,
  type QualifierDescriptor,
  readDeviceDescriptor,
} from './device-descriptor.ts';
export {
  decodeCompanionDescriptor,
  decodeEndpointDescriptor,
  encodeCompanionDescriptor,
  encodeEndpointDescriptor,
  endpointDirection,
  packetSize,
  transactionsPerInterval,
  transferType,
} from './endpoint-descriptor.ts';
export {
  type CompatibleId,
  decodeCompatibleIds,
  decodeExtendedProperties,
  decodeOsString,
  decodeUrl,
  decodeWebUsb,
  type ExtendedProperty,
  OS_STRING_INDEX,
  type OsString,
  type WebUsbCapability,
} from './host-descriptor.ts';
export {
  type AlternateSetting,
  decodeAssociation,
  decodeInterfaces,
  type EndpointTree,
  encodeAssociation,
  encodeInterfaceDescriptor,
  encodeInterfaces,
  type InterfaceAssociation,
  type InterfacesTree,
  type InterfaceTree,
} from './interface-descriptor.ts';
export {
  decodeLanguages,
  decodeStringDescriptor,
  encodeLanguages,
  encodeStringDescriptor,
} from './string-descriptor.ts';
