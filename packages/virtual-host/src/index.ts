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
export {
  UsbAlternateInterface,
  UsbConfiguration,
  UsbEndpoint,
  UsbInterface,
} from './webusb/configuration-tree.ts';
export { UsbConnectionEvent, type UsbConnectionEventInit } from './webusb/connection-event.ts';
export { exposeWebUsb } from './webusb/expose.ts';
export {
  UsbInTransferResult,
  UsbIsochronousInTransferPacket,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferPacket,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './webusb/transfer-results.ts';
export type * from './webusb/types.ts';
export { type EnumeratingHost, UsbHost, type UsbHostOptions } from './webusb/usb-host.ts';
export { type DeviceAccess, WebUsbDevice } from './webusb/web-usb-device.ts';
