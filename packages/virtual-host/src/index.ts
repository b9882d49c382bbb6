export type { BosDescriptor, DeviceCapability } from './descriptors/bos-descriptor.ts';
export {
  type HostAlternate,
  type HostConfiguration,
  type HostInterface,
  type InterfaceAssociation,
  initialAlternate,
  parseConfiguration,
} from './descriptors/configuration.ts';
export {
  DEVICE_DESCRIPTOR_SIZE,
  type DeviceDescriptor,
  parseDeviceDescriptor,
} from './descriptors/device-descriptor.ts';
export type { HostEndpoint } from './descriptors/endpoint-descriptor.ts';
export { type ConnectedDevice, type DevicePipe, HOST_END, type HostEnd, type PendingControl } from './host-end.ts';
export { HostTransfer } from './host-transfer.ts';
export { DeviceStrings, type StringSource } from './strings.ts';
export type * from './webusb/types.ts';
export { UsbConnectionEvent, UsbHost, type UsbHostOptions } from './webusb/usb-host.ts';
export { type DeviceAccess, WebUsbDevice } from './webusb/web-usb-device.ts';
