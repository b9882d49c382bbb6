/**
 * The shapes of the WebUSB specification (https://wicg.github.io/webusb/), declared here so that neither a DOM library
 * nor another package has to be installed to use them. They fit the types of `@types/w3c-web-usb`.
 */

export type UsbDirection = 'in' | 'out';
export type UsbEndpointType = 'bulk' | 'interrupt' | 'isochronous';
export type UsbRequestType = 'standard' | 'class' | 'vendor';
export type UsbRecipient = 'device' | 'interface' | 'endpoint' | 'other';
export type UsbTransferStatus = 'ok' | 'stall' | 'babble';

/** What can be sent: the bytes of a buffer or of a view. */
export type UsbBufferSource = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export interface UsbEndpoint {
  readonly endpointNumber: number;
  readonly direction: UsbDirection;
  readonly type: UsbEndpointType;
  /** Bytes; of a high-bandwidth endpoint, of all packets of a microframe. */
  readonly packetSize: number;
}

export interface UsbAlternateInterface {
  readonly alternateSetting: number;
  readonly interfaceClass: number;
  readonly interfaceSubclass: number;
  readonly interfaceProtocol: number;
  /** `null` if there is none, or it was not read yet: it is once the device was opened. */
  readonly interfaceName: string | null;
  /** Frozen. */
  readonly endpoints: UsbEndpoint[];
}

export interface UsbInterface {
  readonly interfaceNumber: number;
  readonly alternate: UsbAlternateInterface;
  /** Frozen. */
  readonly alternates: UsbAlternateInterface[];
  readonly claimed: boolean;
}

export interface UsbConfiguration {
  readonly configurationValue: number;
  /** `null` if there is none, or it was not read yet: it is once the device was opened. */
  readonly configurationName: string | null;
  /** Frozen. */
  readonly interfaces: UsbInterface[];
}

export interface UsbControlTransferParameters {
  requestType: UsbRequestType;
  recipient: UsbRecipient;
  /** bRequest */
  request: number;
  /** wValue */
  value: number;
  /** wIndex */
  index: number;
}

export interface UsbInTransferResult {
  /** What arrived; `undefined` if nothing did and the transfer was not `'ok'`. */
  readonly data?: DataView | undefined;
  readonly status: UsbTransferStatus;
}

export interface UsbOutTransferResult {
  readonly bytesWritten: number;
  readonly status: UsbTransferStatus;
}

export interface UsbIsochronousInTransferPacket {
  readonly data?: DataView | undefined;
  readonly status: UsbTransferStatus;
}

export interface UsbIsochronousInTransferResult {
  readonly data?: DataView | undefined;
  readonly packets: UsbIsochronousInTransferPacket[];
}

export interface UsbIsochronousOutTransferPacket {
  readonly bytesWritten: number;
  readonly status: UsbTransferStatus;
}

export interface UsbIsochronousOutTransferResult {
  readonly packets: UsbIsochronousOutTransferPacket[];
}

export interface UsbDeviceFilter {
  vendorId?: number | undefined;
  productId?: number | undefined;
  classCode?: number | undefined;
  subclassCode?: number | undefined;
  protocolCode?: number | undefined;
  serialNumber?: string | undefined;
}

export interface UsbDeviceRequestOptions {
  filters: UsbDeviceFilter[];
  exclusionFilters?: UsbDeviceFilter[] | undefined;
}
