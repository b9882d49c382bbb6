export type { Cable, UnplugPoint } from './cable.ts';
export { CONTROL_TIMEOUT, type ControlTransfer } from './control-pipe.ts';
export type { BosDescriptor, DeviceCapability } from './descriptors/bos-descriptor.ts';
export type {
  HostAlternate,
  HostConfiguration,
  HostInterface,
  InterfaceAssociation,
} from './descriptors/configuration.ts';
export type { DeviceDescriptor } from './descriptors/device-descriptor.ts';
export type { HostEndpoint } from './descriptors/endpoint-descriptor.ts';
export type { HostDevice } from './host-device.ts';
export type { HostPipe, TransferResult } from './host-pipe.ts';
export { HostTransfer } from './host-transfer.ts';
export { VIRTUAL_HOST, virtualHost } from './plugin.ts';
export { type BusTimes, busTimes, transferTime } from './timing/bus-times.ts';
export { VirtualHost, type VirtualHostOptions } from './virtual-host.ts';
export type * from './webusb/types.ts';
export { UsbConnectionEvent, type UsbHost, type UsbHostOptions } from './webusb/usb-host.ts';
