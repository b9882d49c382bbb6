import { DescriptorType } from '@gadgetloom/udc';

/** Bytes of the header of the descriptor set. */
export const BOS_HEADER_SIZE = 5;

/** One device capability descriptor (USB 3.2, 9.6.2). */
export interface DeviceCapability {
  /** bDevCapabilityType: 2 USB 2.0 extension, 3 SuperSpeed, 4 container id, 5 platform, 10 SuperSpeedPlus. */
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** The binary object store: the capabilities of a device that its device descriptor does not tell. */
export interface BosDescriptor {
  readonly capabilities: readonly DeviceCapability[];
  readonly bytes: Uint8Array;
}

/** Fewest bytes of the capability types that have a fixed size. A shorter descriptor ends the list (bos_desc_len). */
const shortest: Readonly<Record<number, number>> = { 1: 11, 2: 7, 3: 10, 4: 20, 10: 16, 11: 3 };

/** Decodes a descriptor set up to the first capability that does not fit. Source: config.c, usb_get_bos_descriptor. */
export function parseBosDescriptor(bytes: Uint8Array): BosDescriptor {
  const capabilities: DeviceCapability[] = [];
  const count = bytes[4]!;
  let at = bytes[0]!;
  for (let seen = 0; seen < count; seen++) {
    const [length, descriptorType, type] = bytes.subarray(at, at + 3);
    if (length === undefined || type === undefined || length < 3 || at + length > bytes.length) break;
    if (length < (shortest[type] ?? 0)) break;
    if (descriptorType === DescriptorType.DEVICE_CAPABILITY) {
      capabilities.push({ type, bytes: bytes.subarray(at, at + length) });
    }
    at += length;
  }
  return { capabilities, bytes };
}
