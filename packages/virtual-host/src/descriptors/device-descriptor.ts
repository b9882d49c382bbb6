import { readDeviceDescriptor, type DeviceDescriptor as SentDescriptor } from '@gadgetloom/udc';

/** Bytes of a device descriptor (USB 2.0, table 9-8). */
export const DEVICE_DESCRIPTOR_SIZE = 18;

/** A device descriptor as the device sent it. */
export interface DeviceDescriptor extends SentDescriptor {
  readonly bytes: Uint8Array;
}

/** Decodes the {@link DEVICE_DESCRIPTOR_SIZE} bytes of a device descriptor. */
export function parseDeviceDescriptor(bytes: Uint8Array): DeviceDescriptor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, DEVICE_DESCRIPTOR_SIZE);
  return { ...readDeviceDescriptor(view), bytes };
}
