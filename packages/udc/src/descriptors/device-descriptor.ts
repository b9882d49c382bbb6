import { DescriptorType } from '../chapter9.ts';
import { expectDescriptor, writeField } from './descriptor-bytes.ts';

export const DEVICE_SIZE = 18;
export const QUALIFIER_SIZE = 10;

/** Device qualifier: the device at the other speed (USB 2.0, table 9-9). */
export interface QualifierDescriptor {
  /** bcdUSB, binary coded: 0x0210 is 2.10. */
  readonly usbVersion: number;
  /** bDeviceClass. */
  readonly deviceClass: number;
  /** bDeviceSubClass. */
  readonly deviceSubClass: number;
  /** bDeviceProtocol. */
  readonly deviceProtocol: number;
  /** bMaxPacketSize0 in bytes; at SuperSpeed log2 of it, 9. */
  readonly maxPacketSize0: number;
  /** bNumConfigurations. */
  readonly configurationCount: number;
}

/** USB 2.0, table 9-8. Indices of strings are 0 where there is none. */
export interface DeviceDescriptor extends QualifierDescriptor {
  /** idVendor. */
  readonly vendorId: number;
  /** idProduct. */
  readonly productId: number;
  /** bcdDevice. */
  readonly deviceVersion: number;
  /** iManufacturer; 0 is none. */
  readonly manufacturerIndex: number;
  /** iProduct; 0 is none. */
  readonly productIndex: number;
  /** iSerialNumber; 0 is none. */
  readonly serialNumberIndex: number;
}

/** Device descriptor: 18 bytes. @throws InputError a value that does not fit its field */
export function encodeDeviceDescriptor(descriptor: DeviceDescriptor): Uint8Array {
  const view = start(DEVICE_SIZE, DescriptorType.DEVICE, descriptor);
  writeField(view, 8, 2, descriptor.vendorId, 'vendorId');
  writeField(view, 10, 2, descriptor.productId, 'productId');
  writeField(view, 12, 2, descriptor.deviceVersion, 'deviceVersion');
  writeField(view, 14, 1, descriptor.manufacturerIndex, 'manufacturerIndex');
  writeField(view, 15, 1, descriptor.productIndex, 'productIndex');
  writeField(view, 16, 1, descriptor.serialNumberIndex, 'serialNumberIndex');
  writeField(view, 17, 1, descriptor.configurationCount, 'configurationCount');
  return bytesOf(view);
}

/** @throws InputError not a device descriptor of at least 18 bytes */
export function decodeDeviceDescriptor(bytes: Uint8Array): DeviceDescriptor {
  return readDeviceDescriptor(expectDescriptor(bytes, DescriptorType.DEVICE, DEVICE_SIZE, 'device'));
}

/** The fields of a device descriptor as they are: a host takes what a device sends. @param view at least 18 bytes */
export function readDeviceDescriptor(view: DataView): DeviceDescriptor {
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

/** Device qualifier: 10 bytes. @throws InputError a value that does not fit its field */
export function encodeQualifierDescriptor(descriptor: QualifierDescriptor): Uint8Array {
  const view = start(QUALIFIER_SIZE, DescriptorType.DEVICE_QUALIFIER, descriptor);
  writeField(view, 8, 1, descriptor.configurationCount, 'configurationCount');
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
  writeField(view, 2, 2, descriptor.usbVersion, 'usbVersion');
  writeField(view, 4, 1, descriptor.deviceClass, 'deviceClass');
  writeField(view, 5, 1, descriptor.deviceSubClass, 'deviceSubClass');
  writeField(view, 6, 1, descriptor.deviceProtocol, 'deviceProtocol');
  writeField(view, 7, 1, descriptor.maxPacketSize0, 'maxPacketSize0');
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
