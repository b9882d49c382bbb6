/**
 * Names and numbers of chapter 9 of USB 2.0 and USB 3.2. Source: include/uapi/linux/usb/ch9.h.
 */

/** Speeds a device can run at. */
export type UsbSpeed = 'low' | 'full' | 'high' | 'super' | 'super-plus';

/** Type of an endpoint's transfers; the index is the value of bmAttributes bits 1..0. */
export const TRANSFER_TYPES = ['control', 'isochronous', 'bulk', 'interrupt'] as const;
/** Type of an endpoint's transfers. */
export type TransferType = (typeof TRANSFER_TYPES)[number];

/** Direction of a data endpoint, as seen from the host: IN is towards the host. */
export type Direction = 'in' | 'out';

/** The bit of bEndpointAddress and of bmRequestType that means "towards the host". */
export const USB_DIR_IN = 0x80;
/** Mask of the endpoint number in bEndpointAddress. */
export const USB_ENDPOINT_NUMBER_MASK = 0x0f;

/** bDescriptorType (USB_DT_*). */
export const DescriptorType = {
  DEVICE: 1,
  CONFIG: 2,
  STRING: 3,
  INTERFACE: 4,
  ENDPOINT: 5,
  DEVICE_QUALIFIER: 6,
  OTHER_SPEED_CONFIG: 7,
  OTG: 9,
  INTERFACE_ASSOCIATION: 0x0b,
  BOS: 0x0f,
  DEVICE_CAPABILITY: 0x10,
  HID: 0x21,
  SS_ENDPOINT_COMPANION: 0x30,
  SSP_ISOC_ENDPOINT_COMPANION: 0x31,
} as const;

/** bRequest of standard requests (USB_REQ_*). */
export const Request = {
  GET_STATUS: 0,
  CLEAR_FEATURE: 1,
  SET_FEATURE: 3,
  SET_ADDRESS: 5,
  GET_DESCRIPTOR: 6,
  SET_DESCRIPTOR: 7,
  GET_CONFIGURATION: 8,
  SET_CONFIGURATION: 9,
  GET_INTERFACE: 10,
  SET_INTERFACE: 11,
  SYNCH_FRAME: 12,
  SET_SEL: 48,
  SET_ISOCH_DELAY: 49,
} as const;

/** bmRequestType: direction bit, type bits 6..5, recipient bits 4..0. */
export const RequestType = {
  STANDARD: 0x00,
  CLASS: 0x20,
  VENDOR: 0x40,
  TYPE_MASK: 0x60,
  DEVICE: 0,
  INTERFACE: 1,
  ENDPOINT: 2,
  OTHER: 3,
  RECIPIENT_MASK: 0x1f,
} as const;

/** wValue of SET_FEATURE and CLEAR_FEATURE for endpoints, interfaces and the device. */
export const Feature = {
  ENDPOINT_HALT: 0,
  FUNCTION_SUSPEND: 0,
  REMOTE_WAKEUP: 1,
  TEST_MODE: 2,
  U1_ENABLE: 48,
  U2_ENABLE: 49,
} as const;

/** The eight bytes of the SETUP stage (struct usb_ctrlrequest). */
export interface SetupPacket {
  /** bmRequestType; see {@link RequestType}. */
  readonly requestType: number;
  /** bRequest. */
  readonly request: number;
  /** wValue. */
  readonly value: number;
  /** wIndex. */
  readonly index: number;
  /** wLength: bytes of the data stage, 0 to 65535. */
  readonly length: number;
}

/** An endpoint descriptor (struct usb_endpoint_descriptor). */
export interface EndpointDescriptor {
  /** bEndpointAddress: number and direction bit. */
  readonly address: number;
  /** bmAttributes. */
  readonly attributes: number;
  /** wMaxPacketSize, with the high-bandwidth bits. */
  readonly maxPacketSize: number;
  /** bInterval. */
  readonly interval: number;
  /** bRefresh, only with bLength 9 (audio). */
  readonly refresh?: number;
  /** bSynchAddress, only with bLength 9. */
  readonly synchAddress?: number;
}

/** SuperSpeed endpoint companion (struct usb_ss_ep_comp_descriptor). */
export interface CompanionDescriptor {
  /** bMaxBurst: packets of a burst, minus one; 0 to 15. */
  readonly maxBurst: number;
  /** bmAttributes: log2 of the number of streams of a bulk endpoint, or Mult of an isochronous one. */
  readonly attributes: number;
  /** wBytesPerInterval, of periodic endpoints. */
  readonly bytesPerInterval: number;
}

/** State of a device, as /sys/class/udc/NAME/state names it (usb_state_string). */
export type UsbDeviceState =
  | 'not attached'
  | 'attached'
  | 'powered'
  | 'reconnecting'
  | 'unauthenticated'
  | 'default'
  | 'addressed'
  | 'configured'
  | 'suspended';

/** Decodes the first eight bytes. @throws RangeError there are fewer */
export function decodeSetup(bytes: Uint8Array): SetupPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return {
    requestType: view.getUint8(0),
    request: view.getUint8(1),
    value: view.getUint16(2, true),
    index: view.getUint16(4, true),
    length: view.getUint16(6, true),
  };
}

/** Encodes a setup packet: eight bytes. Values beyond a field are cut off. */
export function encodeSetup(setup: SetupPacket): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, setup.requestType);
  view.setUint8(1, setup.request);
  view.setUint16(2, setup.value, true);
  view.setUint16(4, setup.index, true);
  view.setUint16(6, setup.length, true);
  return bytes;
}
