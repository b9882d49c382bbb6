import { InputError } from '@gadgetloom/core';
import { type CompanionDescriptor, DescriptorType, type EndpointDescriptor } from '@gadgetloom/udc';
import { type Field, readFields, viewOf, writeFields } from './field-layout.ts';

/** An interface or an alternate setting of one (struct usb_interface_descriptor). */
export interface InterfaceDescriptor {
  /** bInterfaceNumber inside the function. The kernel rewrites it when the function binds. */
  readonly number: number;
  /** bAlternateSetting. */
  readonly alternate: number;
  /** bNumEndpoints: how many endpoint descriptors follow. */
  readonly endpoints: number;
  /** bInterfaceClass. */
  readonly class: number;
  /** bInterfaceSubClass. */
  readonly subClass: number;
  /** bInterfaceProtocol. */
  readonly protocol: number;
  /** iInterface: index into the function's strings from 1, or 0 for none. The kernel rewrites it at bind. */
  readonly string: number;
}

/** Interfaces that belong together (struct usb_interface_assoc_descriptor). */
export interface AssociationDescriptor {
  /** bFirstInterface; f_fs.c does not rewrite it. */
  readonly firstInterface: number;
  /** bInterfaceCount. */
  readonly interfaceCount: number;
  /** bFunctionClass. */
  readonly class: number;
  /** bFunctionSubClass. */
  readonly subClass: number;
  /** bFunctionProtocol. */
  readonly protocol: number;
  /** iFunction, like {@link InterfaceDescriptor.string}. */
  readonly string: number;
}

/** struct usb_otg_descriptor. */
export interface OtgDescriptor {
  /** bmAttributes: 1 SRP, 2 HNP, 4 ADP. */
  readonly attributes: number;
}

/** A descriptor that FunctionFS allows in a function. */
export type FunctionDescriptor =
  | ({ readonly type: 'interface' } & InterfaceDescriptor)
  | ({ readonly type: 'endpoint' } & EndpointDescriptor)
  | ({ readonly type: 'companion' } & CompanionDescriptor)
  | ({ readonly type: 'association' } & AssociationDescriptor)
  | ({ readonly type: 'otg' } & OtgDescriptor)
  /** Type 0x21, whose meaning depends on the interface: HID, CCID or DFU. `body` is all but the first two bytes. */
  | { readonly type: 'class'; readonly body: Uint8Array };

interface Layout {
  readonly code: number;
  readonly length: number;
  readonly fields: readonly Field[];
}

const CLASS_AND_STRING: readonly Field[] = [
  ['class', 5, 1],
  ['subClass', 6, 1],
  ['protocol', 7, 1],
  ['string', 8, 1],
];

/** Fields of each descriptor. Source: USB 2.0 chapter 9.6, USB 3.2 chapter 9.6.7, the OTG supplement. */
const LAYOUTS = {
  interface: {
    code: DescriptorType.INTERFACE,
    length: 9,
    fields: [['number', 2, 1], ['alternate', 3, 1], ['endpoints', 4, 1], ...CLASS_AND_STRING],
  },
  endpoint: {
    code: DescriptorType.ENDPOINT,
    length: 7,
    fields: [
      ['address', 2, 1],
      ['attributes', 3, 1],
      ['maxPacketSize', 4, 2],
      ['interval', 6, 1],
    ],
  },
  otg: { code: DescriptorType.OTG, length: 3, fields: [['attributes', 2, 1]] },
  association: {
    code: DescriptorType.INTERFACE_ASSOCIATION,
    length: 8,
    fields: [
      ['firstInterface', 2, 1],
      ['interfaceCount', 3, 1],
      ['class', 4, 1],
      ['subClass', 5, 1],
      ['protocol', 6, 1],
      ['string', 7, 1],
    ],
  },
  companion: {
    code: DescriptorType.SS_ENDPOINT_COMPANION,
    length: 6,
    fields: [
      ['maxBurst', 2, 1],
      ['attributes', 3, 1],
      ['bytesPerInterval', 4, 2],
    ],
  },
} as const satisfies Record<string, Layout>;

/** Additional fields of an endpoint descriptor of nine bytes. */
const AUDIO_FIELDS: readonly Field[] = [
  ['refresh', 7, 1],
  ['synchAddress', 8, 1],
];

/** Length of an endpoint descriptor with the audio fields. */
const AUDIO_LENGTH = 9;

/**
 * @param path names the descriptor in errors: `high[2]`
 * @throws InputError a value that does not fit its field
 */
export function encodeFunctionDescriptor(descriptor: FunctionDescriptor, path: string): Uint8Array {
  if (descriptor.type === 'class') return encodeClassDescriptor(descriptor.body, path);
  const layout = LAYOUTS[descriptor.type];
  const audio =
    descriptor.type === 'endpoint' && (descriptor.refresh !== undefined || descriptor.synchAddress !== undefined);
  const bytes = new Uint8Array(audio ? AUDIO_LENGTH : layout.length);
  const view = viewOf(bytes);
  bytes[0] = bytes.length;
  bytes[1] = layout.code;
  writeFields(view, layout.fields, descriptor, path);
  if (audio) writeFields(view, AUDIO_FIELDS, descriptor, path);
  return bytes;
}

function encodeClassDescriptor(body: Uint8Array, path: string): Uint8Array {
  if (body.length > 253) {
    throw new InputError(`${path}.body is ${body.length} bytes long; a descriptor has room for 253.`, {
      field: `${path}.body`,
    });
  }
  const bytes = new Uint8Array(2 + body.length);
  bytes[0] = bytes.length;
  bytes[1] = DescriptorType.HID;
  bytes.set(body, 2);
  return bytes;
}

/** Decodes one complete descriptor of a type and length that FunctionFS accepts. */
export function decodeFunctionDescriptor(bytes: Uint8Array): FunctionDescriptor {
  const view = viewOf(bytes);
  for (const [type, layout] of Object.entries(LAYOUTS)) {
    if (layout.code !== bytes[1]) continue;
    const audio = bytes.length > layout.length ? readFields(view, AUDIO_FIELDS) : undefined;
    // The type names the layout, and the layout names the fields of the descriptor.
    const descriptor: object = { type, ...readFields(view, layout.fields), ...audio };
    return descriptor as FunctionDescriptor;
  }
  return { type: 'class', body: bytes.slice(2) };
}
