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
export type UsbBufferSource = ArrayBuffer | ArrayBufferView;

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

/** `USBDevice`. Methods reject with a DOMException, or with a TypeError for arguments that make no sense. */
export interface UsbDevice {
  /** bcdUSB 0xJJMN: JJ, M and N. */
  readonly usbVersionMajor: number;
  readonly usbVersionMinor: number;
  readonly usbVersionSubminor: number;
  readonly deviceClass: number;
  readonly deviceSubclass: number;
  readonly deviceProtocol: number;
  readonly vendorId: number;
  readonly productId: number;
  /** bcdDevice 0xJJMN: JJ, M and N. */
  readonly deviceVersionMajor: number;
  readonly deviceVersionMinor: number;
  readonly deviceVersionSubminor: number;
  readonly manufacturerName: string | null;
  readonly productName: string | null;
  readonly serialNumber: string | null;
  /** The configuration that is set. */
  readonly configuration: UsbConfiguration | null;
  /** Frozen. */
  readonly configurations: UsbConfiguration[];
  readonly opened: boolean;
  /** Begins a session. */
  open(): Promise<void>;
  /** Ends the session: what is under way rejects with AbortError, all interfaces are released. */
  close(): Promise<void>;
  /** Gives the device back: it has to be requested again. */
  forget(): Promise<void>;
  selectConfiguration(configurationValue: number): Promise<void>;
  claimInterface(interfaceNumber: number): Promise<void>;
  releaseInterface(interfaceNumber: number): Promise<void>;
  selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void>;
  controlTransferIn(setup: UsbControlTransferParameters, length: number): Promise<UsbInTransferResult>;
  controlTransferOut(setup: UsbControlTransferParameters, data?: UsbBufferSource): Promise<UsbOutTransferResult>;
  clearHalt(direction: UsbDirection, endpointNumber: number): Promise<void>;
  /** Reads from a bulk or interrupt endpoint. */
  transferIn(endpointNumber: number, length: number): Promise<UsbInTransferResult>;
  /** Writes to a bulk or interrupt endpoint. */
  transferOut(endpointNumber: number, data: UsbBufferSource): Promise<UsbOutTransferResult>;
  isochronousTransferIn(endpointNumber: number, packetLengths: number[]): Promise<UsbIsochronousInTransferResult>;
  isochronousTransferOut(
    endpointNumber: number,
    data: UsbBufferSource,
    packetLengths: number[],
  ): Promise<UsbIsochronousOutTransferResult>;
  /** Resets the device; configuration and alternate settings are as before. */
  reset(): Promise<void>;
}
