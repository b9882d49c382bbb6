import type { ConnectedDevice } from '../host-end.ts';
import type { UsbDeviceFilter } from './types.ts';

/** The fields that are only allowed together with another one. */
const needs = [
  ['productId', 'vendorId'],
  ['subclassCode', 'classCode'],
  ['protocolCode', 'subclassCode'],
] as const;

/** @throws TypeError a field is there without the field that it narrows */
export function expectValidFilter(filter: UsbDeviceFilter): void {
  for (const [field, other] of needs) {
    if (filter[field] !== undefined && filter[other] === undefined) {
      throw new TypeError(`A filter with ${field} needs ${other} as well.`);
    }
  }
}

/** Source: WebUSB, "matches a device filter". */
export function matchesFilter(device: ConnectedDevice, filter: UsbDeviceFilter): boolean {
  const { descriptor } = device;
  const differs = <T>(wanted: T | undefined, found: T): boolean => wanted !== undefined && wanted !== found;
  if (differs(filter.vendorId, descriptor.vendorId)) return false;
  if (differs(filter.productId, descriptor.productId)) return false;
  if (differs(filter.serialNumber, device.serialNumber)) return false;
  if (filter.classCode === undefined) return true;
  const { classCode, subclassCode, protocolCode } = filter;
  const matches = (of: number, subclass: number, protocol: number): boolean =>
    of === classCode && !differs(subclassCode, subclass) && !differs(protocolCode, protocol);
  const alternates = device.configurations.flatMap(({ interfaces }) => interfaces.flatMap((it) => it.alternates));
  return (
    alternates.some((it) => matches(it.interfaceClass, it.interfaceSubClass, it.interfaceProtocol)) ||
    matches(descriptor.deviceClass, descriptor.deviceSubClass, descriptor.deviceProtocol)
  );
}
