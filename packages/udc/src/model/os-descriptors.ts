import type { InterfaceOsDescriptors, OsProperty } from '../usb-function.ts';
import type { Configuration } from './configuration.ts';

/** Largest answer in bytes (USB_COMP_EP0_OS_DESC_BUFSIZ). */
const BUFFER_SIZE = 4096;
const COMPATIBLE_HEADER = 16;
const COMPATIBLE_ENTRY = 24;
const PROPERTY_HEADER = 10;
const PROPERTY_OVERHEAD = 14;
/** bcdVersion, as the kernel writes it: the high byte only. */
const VERSION = 0x0100;

/** Types of property that the kernel can send: text, text with variables, bytes, link (u_os_desc.h). */
const SENDABLE_TYPES: readonly number[] = [1, 2, 3, 6];

/**
 * Extended compatible ids of all interfaces (composite.c, count_ext_compat and fill_ext_compat).
 *
 * @param length wLength: the header alone is sent up to 16 bytes
 */
export function compatibleIds(configuration: Configuration, length: number): Uint8Array {
  const { view, bytes } = buffer();
  const entries = configuration.interfaces.flatMap((link, interfaceNumber) =>
    described(link.function.osDescriptors?.(), interfaceNumber).map((entry) => ({ interfaceNumber, entry })),
  );
  const count = entries.filter(({ entry }) => entry.compatibleId !== undefined).length & 0xff;
  view.setUint32(0, COMPATIBLE_HEADER + COMPATIBLE_ENTRY * count, true);
  view.setUint16(4, VERSION, true);
  view.setUint8(6, 4);
  view.setUint8(8, count);
  if (length <= COMPATIBLE_HEADER) return bytes.subarray(0, length);
  let at = COMPATIBLE_HEADER;
  for (const { interfaceNumber, entry } of entries) {
    view.setUint8(at + 1, 1);
    if (entry.compatibleId !== undefined) {
      view.setUint8(at, interfaceNumber);
      bytes.set(entry.compatibleId.subarray(0, 16), at + 2);
    }
    at += COMPATIBLE_ENTRY;
    if (at + COMPATIBLE_ENTRY >= BUFFER_SIZE) break;
  }
  return bytes.subarray(0, Math.min(at, length));
}

/**
 * Extended properties of one interface (fill_ext_prop); `undefined` if the kernel cannot send the type of one of them.
 */
export function extendedProperties(
  configuration: Configuration,
  interfaceNumber: number,
  length: number,
): Uint8Array | undefined {
  const entries = described(configuration.interfaces[interfaceNumber]?.function.osDescriptors?.(), interfaceNumber);
  const properties = entries.flatMap((entry) => entry.properties ?? []).map(encodeProperty);
  const { view, bytes } = buffer();
  const [first] = entries;
  const total = (first?.properties ?? []).reduce((sum, property) => sum + encodeProperty(property).bytes.length, 0);
  view.setUint32(0, Math.min(PROPERTY_HEADER + total, BUFFER_SIZE), true);
  view.setUint16(4, VERSION, true);
  view.setUint8(6, 5);
  const counted = entries.find((entry) => entry.compatibleId !== undefined);
  view.setUint16(8, counted?.properties?.length ?? 0, true);
  if (length <= PROPERTY_HEADER) return bytes.subarray(0, length);
  let at = PROPERTY_HEADER;
  for (const property of properties) {
    if (at + property.bytes.length >= BUFFER_SIZE) break;
    if (!property.sendable) return undefined;
    bytes.set(property.bytes, at);
    at += property.bytes.length;
  }
  return bytes.subarray(0, Math.min(at, length));
}

function encodeProperty(property: OsProperty): { readonly bytes: Uint8Array; readonly sendable: boolean } {
  const name = wideText(property.name);
  const data = typeof property.data === 'string' ? wideText(property.data) : property.data;
  const bytes = new Uint8Array(PROPERTY_OVERHEAD + name.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, property.type, true);
  view.setUint16(8, name.length, true);
  bytes.set(name, 10);
  view.setUint32(10 + name.length, data.length, true);
  bytes.set(data, PROPERTY_OVERHEAD + name.length);
  return { bytes, sendable: SENDABLE_TYPES.includes(property.type) };
}

/** UTF-16 with a terminating zero. */
function wideText(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length + 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) view.setUint16(2 * index, text.charCodeAt(index), true);
  return bytes;
}

function described(
  table: readonly InterfaceOsDescriptors[] | undefined,
  interfaceNumber: number,
): readonly InterfaceOsDescriptors[] {
  return table?.filter((entry) => entry.interfaceNumber === interfaceNumber) ?? [];
}

function buffer(): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(BUFFER_SIZE);
  return { bytes, view: new DataView(bytes.buffer) };
}
