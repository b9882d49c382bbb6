import { bcd, hex } from './number-text.ts';

/** bDescriptorType of class-specific interface descriptors. */
const CS_INTERFACE = 0x24;
const COMMUNICATIONS = 0x02;

/** bmCapabilities of abstract control (PSTN 1.2, table 4). */
const ACM_CAPABILITIES = [
  'get/set/clear comm features',
  'line coding and serial state',
  'sends break',
  'connection notifications',
] as const;

/** Formats a functional descriptor by bDescriptorSubtype (CDC 1.2, 5.2.3), without its header of three bytes. */
const FORMATS: Readonly<Record<number, readonly [least: number, format: (body: Uint8Array) => string]>> = {
  0: [2, ([low = 0, high = 0]) => `CDC Header: CDC ${bcd(low | (high << 8))}`],
  1: [2, ([bits = 0, data]) => `CDC Call Management: capabilities 0x${hex(bits, 2)}, data interface ${data}`],
  2: [
    1,
    ([bits = 0]) => {
      const names = ACM_CAPABILITIES.filter((_, bit) => (bits & (1 << bit)) !== 0);
      return `CDC ACM: capabilities 0x${hex(bits, 2)}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
    },
  ],
  6: [2, ([control, ...data]) => `CDC Union: control interface ${control}, data interface ${data.join(', ')}`],
};

/** Formats a functional descriptor of a communications interface; `undefined` if it is another or an unknown one. */
export function cdcText(bytes: Uint8Array, interfaceClass: number): string | undefined {
  const [, type, subtype] = bytes;
  if (interfaceClass !== COMMUNICATIONS || type !== CS_INTERFACE || subtype === undefined) return undefined;
  const [least, format] = FORMATS[subtype] ?? [];
  const body = bytes.subarray(3);
  return least === undefined || body.length < least ? undefined : format?.(body);
}
