import { encodeDescriptors, encodeStrings, type FunctionDescriptor } from '@gadgetloom/functionfs';
import { type GadgetConfig, TRANSFER_TYPES, type TransferType } from '@gadgetloom/udc';

const VENDOR_SPECIFIC = 0xff;

/** Types of transfer that the tests have. */
export type SourceSinkType = Exclude<TransferType, 'control'>;

/** wMaxPacketSize at full and high speed, and bInterval there: a millisecond. */
const PACKETS = {
  bulk: { full: 64, high: 512, interval: { full: 0, high: 0 } },
  interrupt: { full: 64, high: 64, interval: { full: 1, high: 4 } },
  isochronous: { full: 64, high: 512, interval: { full: 1, high: 4 } },
} as const;

function descriptors(type: SourceSinkType, speed: 'full' | 'high'): FunctionDescriptor[] {
  const attributes = TRANSFER_TYPES.indexOf(type);
  const { [speed]: maxPacketSize, interval } = PACKETS[type];
  const endpoint = (address: number): FunctionDescriptor => ({
    ...{ type: 'endpoint', address, attributes, maxPacketSize, interval: interval[speed] },
  });
  return [
    {
      ...{ type: 'interface', number: 0, alternate: 0, endpoints: 2 },
      ...{ class: VENDOR_SPECIFIC, subClass: 0, protocol: 0, string: 0 },
    },
    endpoint(0x81),
    endpoint(0x02),
  ];
}

/** The descriptors blob of a source (ep1) and a sink (ep2), which also takes requests to the device. */
export function sourceSinkDescriptors(type: SourceSinkType): Uint8Array {
  return encodeDescriptors({
    full: descriptors(type, 'full'),
    high: descriptors(type, 'high'),
    allControlRecipients: true,
  });
}

/** No strings at all. */
export const sourceSinkStrings = (): Uint8Array => encodeStrings([]);

/** The gadget around it. */
export const sourceSinkGadget: GadgetConfig = {
  name: 'usbtest',
  vendorId: 0x1d6b,
  productId: 0x0104,
  configurations: [{ value: 1, functions: [{ type: 'ffs', instance: 'usbtest' }] }],
};
