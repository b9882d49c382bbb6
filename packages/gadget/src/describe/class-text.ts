import type { DfuDescriptor, HidDescriptor } from '@gadgetloom/udc';
import {
  type AlternateSetting,
  type CcidDescriptor,
  DescriptorType,
  DfuAttribute,
  decodeClassDescriptor,
} from '@gadgetloom/udc';
import { cdcText } from './cdc-text.ts';
import { COUNTRIES } from './countries.ts';
import { bcd, hex } from './number-text.ts';

/** Formats the descriptors between an interface and its endpoints. The titles and names are those of `lsusb -v`. */
export function extraLines(setting: AlternateSetting): string[] {
  return setting.extra.flatMap((bytes) => {
    const descriptor = decodeClassDescriptor(bytes, setting);
    switch (descriptor?.kind) {
      case 'hid':
        return hidLines(descriptor);
      case 'dfu':
        return dfuLines(descriptor);
      case 'ccid':
        return ccidLines(descriptor);
      default:
        return [cdcText(bytes, setting.interfaceClass) ?? otherLine(bytes)];
    }
  });
}

/** bDescriptorType of HID class descriptors (HID 1.11, 7.1). */
const HID_TYPES: Readonly<Record<number, string>> = { 34: 'Report', 35: 'Physical' };

function hidLines({ version, country, descriptors }: HidDescriptor): string[] {
  const lists = descriptors.map(
    ({ type, length }) => `${HID_TYPES[type] ?? `type 0x${hex(type, 2)}`} with ${length} bytes`,
  );
  const place = `country ${country} (${COUNTRIES[country] ?? 'unknown'})`;
  return [`HID Device Descriptor: ${[`HID ${bcd(version)}`, place, ...lists].join(', ')}`];
}

function dfuLines({ attributes, detachTimeout, transferSize, version }: DfuDescriptor): string[] {
  const has = (bit: number): boolean => (attributes & bit) !== 0;
  const words = [
    `Will ${has(DfuAttribute.WILL_DETACH) ? '' : 'Not '}Detach`,
    `Manifestation ${has(DfuAttribute.MANIFESTATION_TOLERANT) ? 'Tolerant' : 'Intolerant'}`,
    `Upload ${has(DfuAttribute.UPLOAD) ? 'Supported' : 'Unsupported'}`,
    `Download ${has(DfuAttribute.DOWNLOAD) ? 'Supported' : 'Unsupported'}`,
  ];
  return [
    `Device Firmware Upgrade Interface Descriptor: DFU ${bcd(version)}, detach within ${detachTimeout} ms, transfers of ${transferSize} bytes`,
    `  ${words.join(', ')}`,
  ];
}

const VOLTAGES = ['5.0V', '3.0V', '1.8V'] as const;
const PROTOCOLS = ['T=0', 'T=1'] as const;
/** dwFeatures (CCID 1.1, table 5.1-1). */
const FEATURES: readonly (readonly [bit: number, name: string])[] = [
  [0x0000_0002, 'Auto configuration based on ATR'],
  [0x0000_0004, 'Auto activation on insert'],
  [0x0000_0008, 'Auto voltage selection'],
  [0x0000_0010, 'Auto clock change'],
  [0x0000_0020, 'Auto baud rate change'],
  [0x0000_0040, 'Auto parameter negotiation made by CCID'],
  [0x0000_0080, 'Auto PPS made by CCID'],
  [0x0000_0100, 'CCID can set ICC in clock stop mode'],
  [0x0000_0200, 'NAD value other than 0x00 accepted'],
  [0x0000_0400, 'Auto IFSD exchange'],
  [0x0001_0000, 'TPDU level exchange'],
  [0x0002_0000, 'Short APDU level exchange'],
  [0x0004_0000, 'Short and extended APDU level exchange'],
];
const PIN_SUPPORT = ['verification', 'modification'] as const;

function ccidLines(ccid: CcidDescriptor): string[] {
  const slots = ccid.maxSlotIndex + 1;
  const head = [
    `CCID ${bcd(ccid.version)}`,
    `${slots} slot${slots === 1 ? '' : 's'}`,
    ...bitNames(VOLTAGES, ccid.voltages),
    ...bitNames(PROTOCOLS, ccid.protocols),
  ];
  const features = FEATURES.filter(([bit]) => (ccid.features & bit) !== 0).map(([, name]) => name);
  const pin = bitNames(PIN_SUPPORT, ccid.pinSupport);
  const { lcdLayout } = ccid;
  return [
    `ChipCard Interface Descriptor: ${head.join(', ')}`,
    `  clock ${ccid.defaultClock} to ${ccid.maximumClock} kHz, data ${ccid.defaultDataRate} to ${ccid.maximumDataRate} bps`,
    `  features 0x${hex(ccid.features, 8)}`,
    ...features.map((name) => `    ${name}`),
    `  messages of ${ccid.maxMessageLength} bytes, IFSD ${ccid.maxIfsd}, ${ccid.busySlots} busy slot${ccid.busySlots === 1 ? '' : 's'}` +
      (lcdLayout === 0 ? '' : `, display ${lcdLayout >> 8} x ${lcdLayout & 0xff}`) +
      (pin.length === 0 ? '' : `, PIN ${pin.join(' and ')}`),
  ];
}

/** bmAttributes of an OTG descriptor (OTG and EH 2.0, 6.4). */
const OTG = ['SRP', 'HNP', 'ADP'] as const;

function otherLine(bytes: Uint8Array): string {
  if (bytes[1] === DescriptorType.OTG && bytes.length >= 3)
    return `OTG Descriptor: ${bitNames(OTG, bytes[2]!).join(', ') || 'nothing'}`;
  return `** UNRECOGNIZED: ${Array.from(bytes, (byte) => hex(byte, 2)).join(' ')}`;
}

function bitNames(names: readonly string[], bits: number): string[] {
  return names.filter((_, bit) => (bits & (1 << bit)) !== 0);
}
