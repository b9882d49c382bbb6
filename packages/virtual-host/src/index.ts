export type { Cable, UnplugPoint } from './cable.ts';
export { CONTROL_TIMEOUT, type ControlTransfer } from './control-pipe.ts';
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
export type { HostDevice } from './host-device.ts';
export { type ConnectedDevice, type DevicePipe, HOST_END, type HostEnd, type PendingControl } from './host-end.ts';
export type { HostPipe, TransferResult } from './host-pipe.ts';
export { HostTransfer } from './host-transfer.ts';
export { VIRTUAL_HOST, virtualHost } from './plugin.ts';
export { DeviceStrings, type StringSource } from './strings.ts';
export { type BusTimes, busTimes, transferTime } from './timing/bus-times.ts';
export { VirtualHost, type VirtualHostOptions } from './virtual-host.ts';
export type * from './webusb/types.ts';
export { UsbConnectionEvent, type UsbHost, type UsbHostOptions } from './webusb/usb-host.ts';
export { type DeviceAccess, WebUsbDevice } from './webusb/web-usb-device.ts';
