import type { UsbConfiguration } from './configuration-tree.ts';
import type {
  UsbInTransferResult,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './transfer-results.ts';

/**
 * The shapes of the WebUSB specification (https://wicg.github.io/webusb/), declared here so that neither a DOM library
 * nor another package has to be installed to use them. They fit the types of `@types/w3c-web-usb`.
 */

/** `USBDirection`, as seen from the host. */
export type UsbDirection = 'in' | 'out';
/** `USBEndpointType`. */
export type UsbEndpointType = 'bulk' | 'interrupt' | 'isochronous';
/** `USBRequestType`: bits 6..5 of bmRequestType. */
export type UsbRequestType = 'standard' | 'class' | 'vendor';
/** `USBRecipient`: bits 4..0 of bmRequestType. */
export type UsbRecipient = 'device' | 'interface' | 'endpoint' | 'other';
/** `USBTransferStatus`: `stall` if the endpoint is halted, `babble` if it sent too much. */
export type UsbTransferStatus = 'ok' | 'stall' | 'babble';

/** What can be sent: the bytes of a buffer or of a view. */
export type UsbBufferSource = ArrayBuffer | ArrayBufferView;

/** `USBControlTransferParameters`. */
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

/** `USBDeviceFilter`: a device matches if every field that is given does. */
export interface UsbDeviceFilter {
  /** idVendor. */
  vendorId?: number | undefined;
  /** idProduct; only with `vendorId`. */
  productId?: number | undefined;
  /** Class of the device, or of any of its interfaces. */
  classCode?: number | undefined;
  /** Only with `classCode`. */
  subclassCode?: number | undefined;
  /** Only with `subclassCode`. */
  protocolCode?: number | undefined;
  serialNumber?: string | undefined;
}

/** `USBDeviceRequestOptions`. */
export interface UsbDeviceRequestOptions {
  filters: UsbDeviceFilter[];
  exclusionFilters?: UsbDeviceFilter[] | undefined;
}

/** `USBDevice`. Methods reject with a DOMException, or with a TypeError for arguments that make no sense. */
export interface UsbDevice {
  /** bcdUSB 0xJJMN: JJ, M and N. */
  readonly usbVersionMajor: number;
  /** M of bcdUSB. */
  readonly usbVersionMinor: number;
  /** N of bcdUSB. */
  readonly usbVersionSubminor: number;
  /** bDeviceClass. */
  readonly deviceClass: number;
  /** bDeviceSubClass. */
  readonly deviceSubclass: number;
  /** bDeviceProtocol. */
  readonly deviceProtocol: number;
  /** idVendor. */
  readonly vendorId: number;
  /** idProduct. */
  readonly productId: number;
  /** bcdDevice 0xJJMN: JJ, M and N. */
  readonly deviceVersionMajor: number;
  /** M of bcdDevice. */
  readonly deviceVersionMinor: number;
  /** N of bcdDevice. */
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
  /**
   * SET_CONFIGURATION; all claims end. Rejects: NotFoundError there is none of this value, or the device is gone;
   * InvalidStateError not open; NetworkError the device refused it.
   */
  selectConfiguration(configurationValue: number): Promise<void>;
  /**
   * Needed before its endpoints can be used. Rejects: NotFoundError no such interface, or the device is gone;
   * InvalidStateError not open or not configured; SecurityError a protected class.
   */
  claimInterface(interfaceNumber: number): Promise<void>;
  /**
   * Undoes {@link claimInterface}: what is under way on its endpoints rejects with AbortError. Rejects as that does.
   */
  releaseInterface(interfaceNumber: number): Promise<void>;
  /**
   * SET_INTERFACE. Rejects: NotFoundError no such setting; InvalidStateError not claimed; NetworkError the device
   * refused it.
   */
  selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void>;
  /** A control transfer with up to `length` bytes towards the host. Rejects: InvalidStateError; NetworkError. */
  controlTransferIn(setup: UsbControlTransferParameters, length: number): Promise<UsbInTransferResult>;
  /** A control transfer with bytes towards the device, or none. Rejects: InvalidStateError; NetworkError. */
  controlTransferOut(setup: UsbControlTransferParameters, data?: UsbBufferSource): Promise<UsbOutTransferResult>;
  /**
   * CLEAR_FEATURE(ENDPOINT_HALT). Rejects: NotFoundError no such endpoint; InvalidStateError its interface is not
   * claimed; NetworkError.
   */
  clearHalt(direction: UsbDirection, endpointNumber: number): Promise<void>;
  /** Reads from a bulk or interrupt endpoint. */
  transferIn(endpointNumber: number, length: number): Promise<UsbInTransferResult>;
  /** Writes to a bulk or interrupt endpoint. */
  transferOut(endpointNumber: number, data: UsbBufferSource): Promise<UsbOutTransferResult>;
  /** Reads packets of at most these lengths from an isochronous endpoint. */
  isochronousTransferIn(endpointNumber: number, packetLengths: number[]): Promise<UsbIsochronousInTransferResult>;
  /** Writes packets of these lengths to an isochronous endpoint. */
  isochronousTransferOut(
    endpointNumber: number,
    data: UsbBufferSource,
    packetLengths: number[],
  ): Promise<UsbIsochronousOutTransferResult>;
  /** Resets the device; configuration and alternate settings are as before. */
  reset(): Promise<void>;
}
