import { type DescriptorSpeed, encodeInterfaces, splitDescriptors } from '@gadgetloom/udc';
import { CdcClass, encodeAcmDescriptors } from '@gadgetloom/usb-classes/cdc-acm';
import { bulk, NO_BURST } from './endpoint-set.ts';

/** Bytes of a notification (GS_NOTIFY_MAXPACKET). */
export const NOTIFY_PACKET = 10;
/** bInterval of the notification endpoint: 32 ms (GS_NOTIFY_INTERVAL_MS). */
const NOTIFY_INTERVAL = { full: 32, high: 9, super: 9 } as const;
/** bmCapabilities: line coding and control lines (USB_CDC_CAP_LINE). */
const LINE = 0x02;

/**
 * Strings of the function, in the order of their ids. The kernel also counts the end of its list, which becomes an empty
 * string with an id (composite.c, copy_gadget_strings).
 */
export const ACM_STRINGS = ['CDC Abstract Control Model (ACM)', 'CDC ACM Data', 'CDC Serial', ''];

/** The numbers in the descriptors of an `acm` function that binding fixes. */
export interface AcmNumbers {
  readonly control: number;
  readonly data: number;
  /** bFunctionProtocol and bInterfaceProtocol. */
  readonly protocol: number;
  /** Ids of {@link ACM_STRINGS}. */
  readonly strings: readonly number[];
  /** Endpoint addresses. */
  readonly notify: number;
  readonly in: number;
  readonly out: number;
}

/** The notification endpoint at a speed. */
export function notifyEndpoint(address: number, speed: DescriptorSpeed) {
  return { address, attributes: 3, maxPacketSize: NOTIFY_PACKET, interval: NOTIFY_INTERVAL[speed] };
}

/** The descriptors of an `acm` function at a speed. Source: f_acm.c, acm_fs_function, acm_hs_function, acm_ss_function. */
export function acmDescriptors(numbers: AcmNumbers, speed: DescriptorSpeed): Uint8Array {
  const { control, data, protocol, strings, notify, in: bulkIn, out: bulkOut } = numbers;
  const companion = speed === 'super' ? { companion: NO_BURST } : {};
  const functional = encodeAcmDescriptors({ controlInterface: control, dataInterface: data, capabilities: LINE });
  return encodeInterfaces({
    extra: [],
    interfaces: [
      {
        number: control,
        alternates: [
          {
            alternate: 0,
            association: {
              firstInterface: control,
              interfaceCount: 2,
              functionClass: CdcClass.COMMUNICATIONS,
              functionSubClass: CdcClass.ACM,
              functionProtocol: protocol,
              stringIndex: strings[2]!,
            },
            interfaceClass: CdcClass.COMMUNICATIONS,
            interfaceSubClass: CdcClass.ACM,
            interfaceProtocol: protocol,
            stringIndex: strings[0]!,
            extra: splitDescriptors(functional),
            endpoints: [{ ...notifyEndpoint(notify, speed), ...companion, extra: [] }],
          },
        ],
      },
      {
        number: data,
        alternates: [
          {
            alternate: 0,
            interfaceClass: CdcClass.DATA,
            interfaceSubClass: 0,
            interfaceProtocol: 0,
            stringIndex: strings[1]!,
            extra: [],
            endpoints: [
              { ...bulk(bulkIn, speed), ...companion, extra: [] },
              { ...bulk(bulkOut, speed), ...companion, extra: [] },
            ],
          },
        ],
      },
    ],
  });
}
