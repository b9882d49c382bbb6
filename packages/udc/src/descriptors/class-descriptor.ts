import { DescriptorType } from '../chapter9.ts';
import { writeField } from './descriptor-bytes.ts';

/**
 * A descriptor of type 0x21, which stands behind the descriptor of its interface. The class of the interface tells what
 * it is.
 */
export type ClassDescriptor = HidDescriptor | DfuDescriptor | CcidDescriptor;

/** HID 1.11, 6.2.1. */
export interface HidDescriptor {
  readonly kind: 'hid';
  /** bcdHID. */
  readonly version: number;
  /** bCountryCode; 0 is none. */
  readonly country: number;
  /** bDescriptorType and wDescriptorLength of each class descriptor. The first is the report descriptor, type 0x22. */
  readonly descriptors: readonly { readonly type: number; readonly length: number }[];
}

/** The functional descriptor of DFU 1.1, 4.1.3. */
export interface DfuDescriptor {
  readonly kind: 'dfu';
  /** bmAttributes: see {@link DfuAttribute}. */
  readonly attributes: number;
  /** wDetachTimeOut in ms. */
  readonly detachTimeout: number;
  /** wTransferSize in bytes. */
  readonly transferSize: number;
  /** bcdDFUVersion. */
  readonly version: number;
}

/** Bits of bmAttributes (DFU 1.1, 4.1.3). */
export const DfuAttribute = { DOWNLOAD: 1, UPLOAD: 2, MANIFESTATION_TOLERANT: 4, WILL_DETACH: 8 } as const;

/** The descriptor of a smart card reader: CCID 1.1, 5.1. The fields are those of the specification, in its order. */
export interface CcidDescriptor {
  readonly kind: 'ccid';
  /** bcdCCID. */
  readonly version: number;
  /** bMaxSlotIndex: slots less one. */
  readonly maxSlotIndex: number;
  /** bVoltageSupport: bit 0 is 5 V, bit 1 is 3 V, bit 2 is 1.8 V. */
  readonly voltages: number;
  /** dwProtocols: bit 0 is T=0, bit 1 is T=1. */
  readonly protocols: number;
  /** dwDefaultClock in kHz. */
  readonly defaultClock: number;
  /** dwMaximumClock in kHz. */
  readonly maximumClock: number;
  /** bNumClockSupported. */
  readonly clocks: number;
  /** dwDataRate in bit/s. */
  readonly defaultDataRate: number;
  /** dwMaxDataRate in bit/s. */
  readonly maximumDataRate: number;
  /** bNumDataRatesSupported. */
  readonly dataRates: number;
  /** dwMaxIFSD in bytes. */
  readonly maxIfsd: number;
  /** dwSynchProtocols. */
  readonly synchronousProtocols: number;
  /** dwMechanical. */
  readonly mechanical: number;
  /** dwFeatures (table 5.1-1). */
  readonly features: number;
  /** dwMaxCCIDMessageLength in bytes. */
  readonly maxMessageLength: number;
  /** bClassGetResponse. */
  readonly classGetResponse: number;
  /** bClassEnvelope. */
  readonly classEnvelope: number;
  /** wLcdLayout: lines in the high byte, characters in the low one. */
  readonly lcdLayout: number;
  /** bPINSupport. */
  readonly pinSupport: number;
  /** bMaxCCIDBusySlots. */
  readonly busySlots: number;
}

type Layout<D extends ClassDescriptor> = Readonly<Record<Exclude<keyof D, 'kind' | 'descriptors'>, 1 | 2 | 4>>;

/** Bytes of each field, in the order of the descriptor. */
const HID: Layout<HidDescriptor> = { version: 2, country: 1 };
const DFU: Layout<DfuDescriptor> = { attributes: 1, detachTimeout: 2, transferSize: 2, version: 2 };
const CCID: Layout<CcidDescriptor> = {
  version: 2,
  maxSlotIndex: 1,
  voltages: 1,
  protocols: 4,
  defaultClock: 4,
  maximumClock: 4,
  clocks: 1,
  defaultDataRate: 4,
  maximumDataRate: 4,
  dataRates: 1,
  maxIfsd: 4,
  synchronousProtocols: 4,
  mechanical: 4,
  features: 4,
  maxMessageLength: 4,
  classGetResponse: 1,
  classEnvelope: 1,
  lcdLayout: 2,
  pinSupport: 1,
  busySlots: 1,
};

const HEADER = 2;
/** Where the list of HID class descriptors begins, behind its count, and the bytes of each of them. */
const HID_LIST = 6;
const HID_ENTRY = 3;

/** Returns the bytes of a class descriptor. @throws InputError a value that does not fit its field */
export function encodeClassDescriptor(descriptor: ClassDescriptor): Uint8Array {
  switch (descriptor.kind) {
    case 'hid':
      return encodeHid(descriptor);
    case 'dfu':
      return encodeFields(DFU, descriptor, HEADER + sizeOf(DFU));
    case 'ccid':
      return encodeFields(CCID, descriptor, HEADER + sizeOf(CCID));
  }
}

/**
 * Reads a descriptor of type 0x21.
 *
 * @returns `undefined` if it has another type, if its interface has another class, or if its length is not that of the
 *   specification
 */
export function decodeClassDescriptor(
  bytes: Uint8Array,
  { interfaceClass, interfaceSubClass }: { readonly interfaceClass: number; readonly interfaceSubClass: number },
): ClassDescriptor | undefined {
  if (bytes[1] !== DescriptorType.HID || bytes[0] !== bytes.length) return undefined;
  if (interfaceClass === 3) return decodeHid(bytes);
  if (interfaceClass === 0x0b && bytes.length === HEADER + sizeOf(CCID))
    return { kind: 'ccid', ...decodeFields(CCID, bytes) };
  if (interfaceClass === 0xfe && interfaceSubClass === 1 && bytes.length === HEADER + sizeOf(DFU))
    return { kind: 'dfu', ...decodeFields(DFU, bytes) };
  return undefined;
}

function encodeHid(descriptor: HidDescriptor): Uint8Array {
  const { descriptors } = descriptor;
  const bytes = encodeFields(HID, descriptor, HID_LIST + HID_ENTRY * descriptors.length);
  const view = viewOf(bytes);
  writeField(view, HID_LIST - 1, 1, descriptors.length, 'descriptors.length');
  descriptors.forEach(({ type, length }, index) => {
    writeField(view, HID_LIST + HID_ENTRY * index, 1, type, `descriptors[${index}].type`);
    writeField(view, HID_LIST + HID_ENTRY * index + 1, 2, length, `descriptors[${index}].length`);
  });
  return bytes;
}

function decodeHid(bytes: Uint8Array): HidDescriptor | undefined {
  const count = bytes[HID_LIST - 1];
  if (count === undefined || bytes.length !== HID_LIST + HID_ENTRY * count) return undefined;
  const view = viewOf(bytes);
  const descriptors = Array.from({ length: count }, (_, index) => ({
    type: view.getUint8(HID_LIST + HID_ENTRY * index),
    length: view.getUint16(HID_LIST + HID_ENTRY * index + 1, true),
  }));
  return { kind: 'hid', ...decodeFields(HID, bytes), descriptors };
}

type Sizes<K extends string> = Readonly<Record<K, 1 | 2 | 4>>;

function sizeOf(layout: Sizes<string>): number {
  return Object.values(layout).reduce((sum: number, size) => sum + size, 0);
}

function encodeFields<K extends string>(
  layout: Sizes<K>,
  values: Readonly<Record<K, number>>,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  writeField(view, 0, 1, length, 'bLength');
  view.setUint8(1, DescriptorType.HID);
  let at = HEADER;
  for (const [name, size] of entries(layout)) {
    writeField(view, at, size, values[name], name);
    at += size;
  }
  return bytes;
}

function decodeFields<K extends string>(layout: Sizes<K>, bytes: Uint8Array): Record<K, number> {
  const view = viewOf(bytes);
  const values = {} as Record<K, number>;
  let at = HEADER;
  for (const [name, size] of entries(layout)) {
    values[name] = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
    at += size;
  }
  return values;
}

function entries<K extends string>(layout: Sizes<K>): [K, 1 | 2 | 4][] {
  return Object.entries(layout) as [K, 1 | 2 | 4][];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
