import { InputError } from '@gadgetloom/core';
import { concatBytes, type Field, readFields, viewOf, writeFields } from './field-layout.ts';

/** A Microsoft OS feature descriptor of one interface, as FunctionFS accepts it (struct usb_os_desc_header). */
export type OsDescriptor = OsCompatibleIds | OsProperties;

interface OsHeader {
  /** Number of the interface inside the function. */
  readonly interface: number;
  /** bcdVersion: 0x0100 unless given; the kernel also accepts 0x0001. */
  readonly version?: number;
  /** dwLength, if it differs from the length of the descriptor. The kernel only checks that it is not too large. */
  readonly declaredLength?: number;
}

/** Extended compatible IDs (wIndex 4). */
export interface OsCompatibleIds extends OsHeader {
  readonly type: 'compatible-ids';
  /** At most 255. */
  readonly functions: readonly OsCompatibleId[];
}

/** struct usb_ext_compat_desc. */
export interface OsCompatibleId {
  /** bFirstInterfaceNumber. */
  readonly firstInterface: number;
  /** At most eight characters up to U+00FF, such as `'WINUSB'`; padded with zeros. */
  readonly compatibleId: string;
  readonly subCompatibleId: string;
  /** Reserved1: 1 unless given; the kernel forces it to 1. */
  readonly reserved?: number;
}

/** Extended properties (wIndex 5). */
export interface OsProperties extends OsHeader {
  readonly type: 'properties';
  /** At most 65535. */
  readonly properties: readonly OsProperty[];
}

/** struct usb_ext_prop_desc. */
export interface OsProperty {
  /** dwPropertyDataType, 1 to 7: 1 text, 3 binary, 7 several texts. */
  readonly dataType: number;
  /** Characters up to U+00FF, with a terminating `'\0'` if the host is to receive one. */
  readonly name: string;
  readonly data: Uint8Array;
  /** dwSize, if it differs from the size of the property. The kernel only reads its lowest byte. */
  readonly declaredSize?: number;
}

/** Bytes of the header of an OS descriptor. */
export const OS_HEADER_SIZE = 11;
/** Bytes of a compatible ID entry. */
export const OS_COMPATIBLE_ID_SIZE = 24;
/** Bytes of a property apart from its name and data. */
export const OS_PROPERTY_OVERHEAD = 14;
/** wIndex of each kind of OS descriptor. */
export const OS_INDEX = { 'compatible-ids': 4, properties: 5 } as const;
/** The correct bcdVersion, and the other one that the kernel tolerates. */
export const OS_VERSION = 0x0100;
export const OS_VERSION_TOLERATED = 0x0001;

const HEADER: readonly Field[] = [
  ['interface', 0, 1],
  ['length', 1, 4],
  ['version', 5, 2],
  ['index', 7, 2],
  ['count', 9, 2],
];
const COMPATIBLE_ID: readonly Field[] = [
  ['firstInterface', 0, 1],
  ['reserved', 1, 1],
];
const COMPATIBLE_TEXTS = [
  ['compatibleId', 2],
  ['subCompatibleId', 10],
] as const;
const COMPATIBLE_TEXT_SIZE = 8;
const PROPERTY: readonly Field[] = [
  ['size', 0, 4],
  ['dataType', 4, 4],
  ['nameLength', 8, 2],
];
const PROPERTY_NAME_AT = 10;

/** @throws InputError a value that does not fit its field */
export function encodeOsDescriptor(descriptor: OsDescriptor, path: string): Uint8Array {
  const entries =
    descriptor.type === 'compatible-ids'
      ? descriptor.functions.map((entry, n) => encodeCompatibleId(entry, `${path}.functions[${n}]`))
      : descriptor.properties.map((entry, n) => encodeProperty(entry, `${path}.properties[${n}]`));
  const header = new Uint8Array(OS_HEADER_SIZE);
  const whole = concatBytes([header, ...entries]);
  writeFields(
    viewOf(whole),
    HEADER,
    {
      interface: descriptor.interface,
      length: descriptor.declaredLength ?? whole.length,
      version: descriptor.version ?? OS_VERSION,
      index: OS_INDEX[descriptor.type],
      count: entries.length,
    },
    path,
  );
  return whole;
}

/** Decodes the OS descriptor at the start of `bytes`, which the kernel would accept. */
export function decodeOsDescriptor(bytes: Uint8Array): { readonly descriptor: OsDescriptor; readonly length: number } {
  const header = readFields(viewOf(bytes), HEADER);
  const compatible = header['index'] === OS_INDEX['compatible-ids'];
  const entries: (OsCompatibleId | OsProperty)[] = [];
  let at = OS_HEADER_SIZE;
  for (let left = header['count']!; left > 0; left--) {
    const rest = bytes.subarray(at);
    entries.push(compatible ? decodeCompatibleId(rest) : decodeProperty(rest));
    at += compatible ? OS_COMPATIBLE_ID_SIZE : propertySize(rest);
  }
  const descriptor: object = {
    type: compatible ? 'compatible-ids' : 'properties',
    interface: header['interface'],
    ...(header['version'] !== OS_VERSION && { version: header['version'] }),
    ...(header['length'] !== at && { declaredLength: header['length'] }),
    [compatible ? 'functions' : 'properties']: entries,
  };
  return { descriptor: descriptor as OsDescriptor, length: at };
}

function encodeCompatibleId(entry: OsCompatibleId, path: string): Uint8Array {
  const bytes = new Uint8Array(OS_COMPATIBLE_ID_SIZE);
  writeFields(viewOf(bytes), COMPATIBLE_ID, { ...entry, reserved: entry.reserved ?? 1 }, path);
  for (const [name, at] of COMPATIBLE_TEXTS) {
    const text = latin1(entry[name], `${path}.${name}`);
    if (text.length > COMPATIBLE_TEXT_SIZE) {
      throw new InputError(`${path}.${name} is ${text.length} characters long; at most 8 fit.`, {
        field: `${path}.${name}`,
      });
    }
    bytes.set(text, at);
  }
  return bytes;
}

function decodeCompatibleId(bytes: Uint8Array): OsCompatibleId {
  const fields = readFields(viewOf(bytes), COMPATIBLE_ID);
  const [compatibleId, subCompatibleId] = COMPATIBLE_TEXTS.map(([, at]) =>
    fromLatin1(bytes.subarray(at, at + COMPATIBLE_TEXT_SIZE)).replace(/\0+$/, ''),
  );
  return {
    firstInterface: fields['firstInterface']!,
    compatibleId: compatibleId!,
    subCompatibleId: subCompatibleId!,
    ...(fields['reserved'] !== 1 && { reserved: fields['reserved']! }),
  };
}

function encodeProperty(property: OsProperty, path: string): Uint8Array {
  const name = latin1(property.name, `${path}.name`);
  const size = OS_PROPERTY_OVERHEAD + name.length + property.data.length;
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  const fields = { size: property.declaredSize ?? size, dataType: property.dataType, nameLength: name.length };
  writeFields(view, PROPERTY, fields, path);
  bytes.set(name, PROPERTY_NAME_AT);
  view.setUint32(PROPERTY_NAME_AT + name.length, property.data.length, true);
  bytes.set(property.data, OS_PROPERTY_OVERHEAD + name.length);
  return bytes;
}

function decodeProperty(bytes: Uint8Array): OsProperty {
  const fields = readFields(viewOf(bytes), PROPERTY);
  const end = PROPERTY_NAME_AT + fields['nameLength']!;
  const size = propertySize(bytes);
  return {
    dataType: fields['dataType']!,
    name: fromLatin1(bytes.subarray(PROPERTY_NAME_AT, end)),
    data: bytes.slice(end + 4, size),
    ...(fields['size'] !== size && { declaredSize: fields['size']! }),
  };
}

function propertySize(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  const nameLength = view.getUint16(8, true);
  return OS_PROPERTY_OVERHEAD + nameLength + view.getUint32(PROPERTY_NAME_AT + nameLength, true);
}

function latin1(text: string, path: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n);
    if (code > 0xff) {
      throw new InputError(`${path} has the character '${text[n]}'; only those up to U+00FF have a place here.`, {
        field: path,
      });
    }
    bytes[n] = code;
  }
  return bytes;
}

function fromLatin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
