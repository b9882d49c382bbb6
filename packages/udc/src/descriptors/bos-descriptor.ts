import { InputError } from '@gadgetloom/core';
import { DescriptorType } from '../chapter9.ts';
import { expectDescriptor, joinDescriptors, splitDescriptors, writeField } from './descriptor-bytes.ts';

export const BOS_SIZE = 5;

/** bDevCapabilityType (USB 3.2, table 9-14). */
export const CapabilityType = {
  USB2_EXTENSION: 0x02,
  SUPERSPEED: 0x03,
  CONTAINER_ID: 0x04,
  PLATFORM: 0x05,
  SUPERSPEED_PLUS: 0x0a,
} as const;

/** UUID of the WebUSB platform capability. */
export const WEBUSB_UUID = '3408b638-09a9-47a0-8bfd-a0768815b665';

/** One device capability of the binary object store. */
export type DeviceCapability =
  | Usb2Extension
  | SuperSpeedCapability
  | SuperSpeedPlusCapability
  | PlatformCapability
  | UnknownCapability;

/** USB 3.2, 9.6.2.1. */
export interface Usb2Extension {
  readonly type: 'usb2-extension';
  /** Bit 1 LPM, bit 2 BESL, bits 3 and 4 BESL valid, bits 11..8 and 15..12 BESL. */
  readonly attributes: number;
}

/** USB 3.2, 9.6.2.2. */
export interface SuperSpeedCapability {
  readonly type: 'superspeed';
  /** bmAttributes: 2 is LTM. */
  readonly attributes: number;
  /** Bits 0..3: low, full, high, 5 Gbit/s. */
  readonly speeds: number;
  /** Lowest speed with full function: the number of a bit of {@link speeds}. */
  readonly functionality: number;
  /** Microseconds. */
  readonly u1ExitLatency: number;
  /** Microseconds. */
  readonly u2ExitLatency: number;
}

/** USB 3.2, 9.6.2.5. */
export interface SuperSpeedPlusCapability {
  readonly type: 'superspeed-plus';
  /** bmAttributes: bits 4..0 number of sublink attributes less one, bits 8..5 number of their ids less one. */
  readonly attributes: number;
  /** wFunctionalitySupport. */
  readonly functionality: number;
  readonly sublinkSpeeds: readonly number[];
}

/** USB 3.2, 9.6.2.4: WebUSB and others. */
export interface PlatformCapability {
  readonly type: 'platform';
  /** Lower-case hexadecimal with dashes. */
  readonly uuid: string;
  readonly data: Uint8Array;
}

/** Any other capability, or one whose length or reserved fields differ from the standard. */
export interface UnknownCapability {
  readonly type: 'other';
  /** bDevCapabilityType. */
  readonly capability: number;
  /** The bytes after bDevCapabilityType. */
  readonly data: Uint8Array;
}

/** A binary object store with its capabilities. @throws InputError a value does not fit its field, or is not a UUID */
export function encodeBos(capabilities: readonly DeviceCapability[]): Uint8Array {
  const bytes = joinDescriptors([new Uint8Array(BOS_SIZE), ...capabilities.map(encodeCapability)]);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, BOS_SIZE);
  view.setUint8(1, DescriptorType.BOS);
  writeField(view, 2, 2, bytes.length, 'wTotalLength');
  writeField(view, 4, 1, capabilities.length, 'bNumDeviceCaps');
  return bytes;
}

/** wTotalLength: bytes to request. @throws InputError not a BOS descriptor */
export function bosLength(bytes: Uint8Array): number {
  return expectDescriptor(bytes, DescriptorType.BOS, BOS_SIZE, 'BOS').getUint16(2, true);
}

/** @throws InputError not a BOS descriptor, or it contains something that is not a capability or is truncated */
export function decodeBos(bytes: Uint8Array): DeviceCapability[] {
  const end = bosLength(bytes);
  return splitDescriptors(bytes.subarray(bytes[0], Math.max(bytes[0]!, end))).map(decodeCapability);
}

function encodeCapability(capability: DeviceCapability): Uint8Array {
  switch (capability.type) {
    case 'usb2-extension':
      return build(CapabilityType.USB2_EXTENSION, 4, (view) =>
        writeField(view, 3, 4, capability.attributes, 'attributes'),
      );
    case 'superspeed':
      return build(CapabilityType.SUPERSPEED, 7, (view) => {
        writeField(view, 3, 1, capability.attributes, 'attributes');
        writeField(view, 4, 2, capability.speeds, 'speeds');
        writeField(view, 6, 1, capability.functionality, 'functionality');
        writeField(view, 7, 1, capability.u1ExitLatency, 'u1ExitLatency');
        writeField(view, 8, 2, capability.u2ExitLatency, 'u2ExitLatency');
      });
    case 'superspeed-plus':
      return build(CapabilityType.SUPERSPEED_PLUS, 9 + 4 * capability.sublinkSpeeds.length, (view) => {
        writeField(view, 4, 4, capability.attributes, 'attributes');
        writeField(view, 8, 2, capability.functionality, 'functionality');
        capability.sublinkSpeeds.forEach((speed, index) => {
          writeField(view, 12 + 4 * index, 4, speed, `sublinkSpeeds[${index}]`);
        });
      });
    case 'platform':
      return build(CapabilityType.PLATFORM, 17 + capability.data.length, (_, bytes) => {
        bytes.set(uuidBytes(capability.uuid), 4);
        bytes.set(capability.data, 20);
      });
    case 'other':
      return build(capability.capability, capability.data.length, (_, bytes) => bytes.set(capability.data, 3));
  }
}

function build(type: number, size: number, fill: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(3 + size);
  const view = new DataView(bytes.buffer);
  writeField(view, 0, 1, bytes.length, 'bLength');
  view.setUint8(1, DescriptorType.DEVICE_CAPABILITY);
  writeField(view, 2, 1, type, 'capability');
  fill(view, bytes);
  return bytes;
}

function decodeCapability(bytes: Uint8Array): DeviceCapability {
  const view = expectDescriptor(bytes, DescriptorType.DEVICE_CAPABILITY, 3, 'device capability');
  const type = view.getUint8(2);
  if (type === CapabilityType.USB2_EXTENSION && bytes.length === 7) {
    return { type: 'usb2-extension', attributes: view.getUint32(3, true) };
  }
  if (type === CapabilityType.SUPERSPEED && bytes.length === 10) {
    return {
      type: 'superspeed',
      attributes: view.getUint8(3),
      speeds: view.getUint16(4, true),
      functionality: view.getUint8(6),
      u1ExitLatency: view.getUint8(7),
      u2ExitLatency: view.getUint16(8, true),
    };
  }
  const plus = type === CapabilityType.SUPERSPEED_PLUS && bytes.length >= 12 && bytes.length % 4 === 0;
  if (plus && bytes[3] === 0 && view.getUint16(10) === 0) {
    return {
      type: 'superspeed-plus',
      attributes: view.getUint32(4, true),
      functionality: view.getUint16(8, true),
      sublinkSpeeds: Array.from({ length: (bytes.length - 12) >> 2 }, (_, at) => view.getUint32(12 + 4 * at, true)),
    };
  }
  if (type === CapabilityType.PLATFORM && bytes.length >= 20 && bytes[3] === 0) {
    return { type: 'platform', uuid: uuidText(bytes.subarray(4, 20)), data: bytes.slice(20) };
  }
  return { type: 'other', capability: type, data: bytes.slice(3) };
}

/** Position of each byte of a UUID's text: the first three groups are little endian. */
const UUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(digits)) throw new InputError(`"${uuid}" is not a UUID.`, { field: 'uuid' });
  return Uint8Array.from(UUID_ORDER, (at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

function uuidText(bytes: Uint8Array): string {
  const digits = UUID_ORDER.map((at) => bytes[at]!.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
