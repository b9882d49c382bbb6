import { DescriptorType } from '../chapter9.ts';
import { expectDescriptor } from './descriptor-bytes.ts';

export const DEVICE_SIZE = 18;
export const QUALIFIER_SIZE = 10;

/** What a device says about itself at another speed (USB 2.0, table 9-9). */
export interface QualifierDescriptor {
  /** bcdUSB, binary coded: 0x0210 is 2.10. */
  readonly usbVersion: number;
  readonly deviceClass: number;
  readonly deviceSubClass: number;
  readonly deviceProtocol: number;
  /** bMaxPacketSize0: bytes; at SuperSpeed the exponent, 9. */
  readonly maxPacketSize0: number;
  readonly configurationCount: number;
}

/** USB 2.0, table 9-8. Indices of strings are 0 where there is none. */
export interface DeviceDescriptor extends QualifierDescriptor {
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  readonly manufacturerIndex: number;
  readonly productIndex: number;
  readonly serialNumberIndex: number;
}

export function encodeDeviceDescriptor(descriptor: DeviceDescriptor): Uint8Array {
  const view = start(DEVICE_SIZE, DescriptorType.DEVICE, descriptor);
  view.setUint16(8, descriptor.vendorId, true);
  view.setUint16(10, descriptor.productId, true);
  view.setUint16(12, descriptor.deviceVersion, true);
  view.setUint8(14, descriptor.manufacturerIndex);
  view.setUint8(15, descriptor.productIndex);
  view.setUint8(16, descriptor.serialNumberIndex);
  view.setUint8(17, descriptor.configurationCount);
  return bytesOf(view);
}

/** @throws InputError not a device descriptor of at least 18 bytes */
export function decodeDeviceDescriptor(bytes: Uint8Array): DeviceDescriptor {
  const view = expectDescriptor(bytes, DescriptorType.DEVICE, DEVICE_SIZE, 'device');
  return {
    ...common(view),
    vendorId: view.getUint16(8, true),
    productId: view.getUint16(10, true),
    deviceVersion: view.getUint16(12, true),
    manufacturerIndex: view.getUint8(14),
    productIndex: view.getUint8(15),
    serialNumberIndex: view.getUint8(16),
    configurationCount: view.getUint8(17),
  };
}

export function encodeQualifierDescriptor(descriptor: QualifierDescriptor): Uint8Array {
  const view = start(QUALIFIER_SIZE, DescriptorType.DEVICE_QUALIFIER, descriptor);
  view.setUint8(8, descriptor.configurationCount);
  return bytesOf(view);
}

/** @throws InputError not a device qualifier of at least 10 bytes */
export function decodeQualifierDescriptor(bytes: Uint8Array): QualifierDescriptor {
  const view = expectDescriptor(bytes, DescriptorType.DEVICE_QUALIFIER, QUALIFIER_SIZE, 'device qualifier');
  return { ...common(view), configurationCount: view.getUint8(8) };
}

function start(size: number, type: number, descriptor: QualifierDescriptor): DataView {
  const view = new DataView(new ArrayBuffer(size));
  view.setUint8(0, size);
  view.setUint8(1, type);
  view.setUint16(2, descriptor.usbVersion, true);
  view.setUint8(4, descriptor.deviceClass);
  view.setUint8(5, descriptor.deviceSubClass);
  view.setUint8(6, descriptor.deviceProtocol);
  view.setUint8(7, descriptor.maxPacketSize0);
  return view;
}

function common(view: DataView): Omit<QualifierDescriptor, 'configurationCount'> {
  return {
    usbVersion: view.getUint16(2, true),
    deviceClass: view.getUint8(4),
    deviceSubClass: view.getUint8(5),
    deviceProtocol: view.getUint8(6),
    maxPacketSize0: view.getUint8(7),
  };
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer as ArrayBuffer);
}
