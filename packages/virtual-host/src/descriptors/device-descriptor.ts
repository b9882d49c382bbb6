/** Bytes of a device descriptor (USB 2.0, table 9-8). */
export const DEVICE_DESCRIPTOR_SIZE = 18;

/** A device descriptor as the device sent it. Numbers named `...Index` are string indexes, 0 for none. */
export interface DeviceDescriptor {
  /** bcdUSB: 0x0200 is 2.0. */
  readonly usbVersion: number;
  /** bDeviceClass. */
  readonly deviceClass: number;
  /** bDeviceSubClass. */
  readonly deviceSubClass: number;
  /** bDeviceProtocol. */
  readonly deviceProtocol: number;
  /** bMaxPacketSize0: bytes, at SuperSpeed an exponent of 2. */
  readonly maxPacketSize0: number;
  /** idVendor. */
  readonly vendorId: number;
  /** idProduct. */
  readonly productId: number;
  /** bcdDevice: 0x0100 is 1.00. */
  readonly deviceVersion: number;
  /** iManufacturer; 0 is none. */
  readonly manufacturerIndex: number;
  /** iProduct; 0 is none. */
  readonly productIndex: number;
  /** iSerialNumber; 0 is none. */
  readonly serialNumberIndex: number;
  /** bNumConfigurations. */
  readonly configurationCount: number;
  readonly bytes: Uint8Array;
}

/** Decodes {@link DEVICE_DESCRIPTOR_SIZE} bytes. */
export function parseDeviceDescriptor(bytes: Uint8Array): DeviceDescriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, DEVICE_DESCRIPTOR_SIZE);
  return {
    usbVersion: view.getUint16(2, true),
    deviceClass: view.getUint8(4),
    deviceSubClass: view.getUint8(5),
    deviceProtocol: view.getUint8(6),
    maxPacketSize0: view.getUint8(7),
    vendorId: view.getUint16(8, true),
    productId: view.getUint16(10, true),
    deviceVersion: view.getUint16(12, true),
    manufacturerIndex: view.getUint8(14),
    productIndex: view.getUint8(15),
    serialNumberIndex: view.getUint8(16),
    configurationCount: view.getUint8(17),
    bytes,
  };
}
