import type { PlatformCapability } from '@gadgetloom/udc';
import { decodeWebUsb, WEBUSB_UUID } from '@gadgetloom/udc';
import type { MicrosoftOsDescription, WebUsbDescription } from './host-description.ts';
import { bcd, hex } from './number-text.ts';

/** Formats a platform capability. @param webUsb what browsers read, if the device has WebUSB */
export function platformText(capability: PlatformCapability, webUsb: WebUsbDescription | undefined): string {
  const { uuid, data } = capability;
  const decoded = uuid === WEBUSB_UUID ? decodeWebUsb(capability) : undefined;
  if (decoded === undefined) return `platform ${uuid}: ${data.length} bytes`;
  const page = webUsb?.landingPage === undefined ? 'no landing page' : `landing page ${webUsb.landingPage}`;
  return `WebUSB ${bcd(decoded.version)}: vendor code 0x${hex(decoded.vendorCode, 2)}, ${page}`;
}

/** Names of dwPropertyDataType in Windows. */
const PROPERTY_TYPES: Readonly<Record<number, string>> = {
  1: 'REG_SZ',
  2: 'REG_EXPAND_SZ',
  3: 'REG_BINARY',
  4: 'REG_DWORD_LITTLE_ENDIAN',
  5: 'REG_DWORD_BIG_ENDIAN',
  6: 'REG_LINK',
  7: 'REG_MULTI_SZ',
};

/** Formats what Windows reads. Interfaces that say nothing are left out. */
export function microsoftOsLines({ signature, vendorCode, interfaces }: MicrosoftOsDescription): string[] {
  const lines = [`Microsoft OS Descriptors: ${signature}, vendor code 0x${hex(vendorCode, 2)}`];
  for (const { interfaceNumber, compatibleId, subCompatibleId, properties } of interfaces) {
    if (compatibleId === '' && subCompatibleId === '' && properties.length === 0) continue;
    const sub = subCompatibleId === '' ? '' : `, sub-compatible ID ${JSON.stringify(subCompatibleId)}`;
    lines.push(`  Interface ${interfaceNumber}: compatible ID ${JSON.stringify(compatibleId)}${sub}`);
    for (const { name, type, value } of properties) {
      const shown =
        typeof value === 'string' ? JSON.stringify(value) : Array.from(value, (byte) => hex(byte, 2)).join(' ');
      lines.push(`    ${name} ${PROPERTY_TYPES[type] ?? `type ${type}`} ${shown}`.trimEnd());
    }
  }
  return lines;
}
