import { InputError } from '@gadgetloom/core';
import { DescriptorType } from '../chapter9.ts';
import type { PlatformCapability } from './bos-descriptor.ts';

/** Index of the string that tells Windows about Microsoft OS 1.0 descriptors. */
export const OS_STRING_INDEX = 0xee;

/** The data of the WebUSB platform capability (WebUSB, 4.1.1). */
export interface WebUsbCapability {
  /** bcdVersion. */
  readonly version: number;
  /** bVendorCode: bRequest of the requests for the landing page. */
  readonly vendorCode: number;
  /** iLandingPage: wValue of that request; 0 is no page. */
  readonly landingPageIndex: number;
}

/** String 0xee (Microsoft OS 1.0 Descriptors Specification). */
export interface OsString {
  /** qwSignature: `'MSFT100'`. */
  readonly signature: string;
  /** bMS_VendorCode: bRequest of the requests for the descriptors. */
  readonly vendorCode: number;
}

/** One function of the extended compat ID descriptor. */
export interface CompatibleId {
  /** bFirstInterfaceNumber. */
  readonly interfaceNumber: number;
  /** Such as `'WINUSB'`; empty if there is none. */
  readonly compatibleId: string;
  readonly subCompatibleId: string;
}

/** One custom property of the extended properties descriptor. */
export interface ExtendedProperty {
  readonly name: string;
  /** dwPropertyDataType: 1 REG_SZ, 2 REG_EXPAND_SZ, 3 REG_BINARY, 6 REG_LINK, 7 REG_MULTI_SZ. */
  readonly type: number;
  /** Text without the zero at its end, or bytes if the type is no text. */
  readonly value: string | Uint8Array;
}

/** Reads the WebUSB capability. @returns `undefined` if its data is too short */
export function decodeWebUsb({ data }: PlatformCapability): WebUsbCapability | undefined {
  const [low, high, vendorCode, landingPageIndex] = data;
  if (low === undefined || high === undefined || vendorCode === undefined || landingPageIndex === undefined)
    return undefined;
  return { version: low | (high << 8), vendorCode, landingPageIndex };
}

/** Prefix of the address by bScheme; 255 is none (WebUSB, 4.3.1). */
const URL_SCHEMES: Readonly<Record<number, string>> = { 0: 'http://', 1: 'https://', 255: '' };
const URL_DESCRIPTOR = 3;

/** Reads a URL descriptor. @throws InputError it is none, or its scheme is unknown */
export function decodeUrl(bytes: Uint8Array): string {
  const [length = 0, type, scheme = -1] = bytes;
  const prefix = URL_SCHEMES[scheme];
  if (type !== URL_DESCRIPTOR || length < 3 || length > bytes.length || prefix === undefined)
    throw new InputError(`Not a URL descriptor: bLength ${length}, bDescriptorType ${type}, bScheme ${scheme}.`);
  return prefix + new TextDecoder().decode(bytes.subarray(3, length));
}

const OS_STRING_SIZE = 18;

/** Reads string 0xee. @throws InputError it is none */
export function decodeOsString(bytes: Uint8Array): OsString {
  if (bytes.length < OS_STRING_SIZE || bytes[1] !== DescriptorType.STRING)
    throw new InputError(`Not the OS string: ${bytes.length} bytes of type ${bytes[1]}, expected 18 of type 3.`);
  return { signature: wide(bytes.subarray(2, 16)), vendorCode: bytes[16]! };
}

const IDS_HEADER = 16;
const IDS_ENTRY = 24;

/** Reads the answer with compatible ids, wIndex 4. @throws InputError it is too short */
export function decodeCompatibleIds(bytes: Uint8Array): CompatibleId[] {
  const end = answerLength(bytes, IDS_HEADER, 'compatible ids');
  const found: CompatibleId[] = [];
  for (let at = IDS_HEADER; at + IDS_ENTRY <= end; at += IDS_ENTRY)
    found.push({
      interfaceNumber: bytes[at]!,
      compatibleId: narrow(bytes.subarray(at + 2, at + 10)),
      subCompatibleId: narrow(bytes.subarray(at + 10, at + 18)),
    });
  return found;
}

const PROPERTIES_HEADER = 10;
const TEXT_TYPES: readonly number[] = [1, 2, 6, 7];

/** Reads the answer with the properties of an interface, wIndex 5. @throws InputError it is too short or cut off */
export function decodeExtendedProperties(bytes: Uint8Array): ExtendedProperty[] {
  const end = answerLength(bytes, PROPERTIES_HEADER, 'extended properties');
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  const found: ExtendedProperty[] = [];
  try {
    for (let at = PROPERTIES_HEADER; at < end; at += view.getUint32(at, true)) {
      if (view.getUint32(at, true) === 0) break;
      const type = view.getUint32(at + 4, true);
      const nameEnd = at + 10 + view.getUint16(at + 8, true);
      const data = bytes.subarray(nameEnd + 4, nameEnd + 4 + view.getUint32(nameEnd, true));
      const name = wide(bytes.subarray(at + 10, nameEnd));
      found.push({ name, type, value: TEXT_TYPES.includes(type) ? wide(data) : data });
    }
  } catch (cause) {
    throw new InputError('The extended properties are cut off.', {}, { cause });
  }
  return found;
}

/** The length that the header tells, or that of the bytes if they are fewer. */
function answerLength(bytes: Uint8Array, header: number, what: string): number {
  if (bytes.length < header)
    throw new InputError(`The ${what} have ${bytes.length} bytes; their header needs ${header}.`);
  return Math.min(bytes.length, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
}

/** Text of UTF-16 up to its first zero. */
function wide(bytes: Uint8Array): string {
  return new TextDecoder('utf-16le').decode(bytes).replace(/\0.*$/s, '');
}

function narrow(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replace(/\0+$/, '');
}
