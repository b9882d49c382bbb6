import { type EndpointDescriptor, packetSize, type TransferType, transferType, type UsbSpeed } from '@gadgetloom/udc';

type SizeRule = (size: number) => boolean;
const only =
  (...sizes: readonly number[]): SizeRule =>
  (size) =>
    sizes.includes(size);
const upTo =
  (limit: number): SizeRule =>
  (size) =>
    size <= limit;

/** Packet sizes with which an endpoint can be enabled, per type and speed (dummy_enable). */
const allowed: Readonly<Record<TransferType, Partial<Record<UsbSpeed, SizeRule>>>> = {
  control: {},
  bulk: { full: only(8, 16, 32, 64), high: only(512), super: only(1024) },
  interrupt: { low: upTo(8), full: upTo(64), high: upTo(1024), super: upTo(1024) },
  isochronous: { full: upTo(1023), high: upTo(1024), super: upTo(1024) },
};

/**
 * Names of endpoints that a type cannot use: `-int` is for interrupt transfers, and so on. Bulk endpoints also serve
 * interrupt transfers.
 */
const refusedNames: Readonly<Record<TransferType, readonly string[]>> = {
  control: [''],
  bulk: ['-iso', '-int'],
  interrupt: ['-iso'],
  isochronous: ['-bulk', '-int'],
};

/** Explains why endpoint `name` cannot be enabled for a descriptor, as part of a sentence; `undefined` if it can. */
export function whyNotServed(name: string, descriptor: EndpointDescriptor, speed: UsbSpeed): string | undefined {
  const type = transferType(descriptor);
  if (refusedNames[type].some((part) => name.includes(part))) return `${name} cannot do ${type} transfers`;
  const size = packetSize(descriptor);
  if (allowed[type][speed]?.(size)) return undefined;
  return `${size} bytes is no packet size for ${type} transfers at ${speed} speed`;
}
