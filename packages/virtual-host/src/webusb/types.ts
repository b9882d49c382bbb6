import type { UsbConfiguration } from './configuration-tree.ts';
import type {
  UsbInTransferResult,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './transfer-results.ts';

/**
 * The types of the WebUSB specification (https://wicg.github.io/webusb/). They need neither a DOM library nor another
 * package, and they fit those of `@types/w3c-web-usb`.
 */

/** `USBDirection`, as seen from the host. */
export type UsbDirection = 'in' | 'out';
/** `USBEndpointType`. */
export type UsbEndpointType = 'bulk' | 'interrupt' | 'isochronous';
/** `USBRequestType`: bits 6..5 of bmRequestType. */
export type UsbRequestType = 'standard' | 'class' | 'vendor';
/** `USBRecipient`: bits 4..0 of bmRequestType. */
export type UsbRecipient = 'device' | 'interface' | 'endpoint' | 'other';
/** `USBTransferStatus`: `stall` if the endpoint is halted, `babble` if it sent more than was asked for. */
export type UsbTransferStatus = 'ok' | 'stall' | 'babble';

/** `BufferSource`: a buffer, or a view of one. Its bytes are copied during the call. */
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

/** `USBDeviceFilter`. A device matches if all the given fields match. */
export interface UsbDeviceFilter {
  /** idVendor. */
  vendorId?: number | undefined;
  /** idProduct; only with `vendorId`. */
  productId?: number | undefined;
  /** The class of the device, or of any of its interfaces. */
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

/**
 * `USBDevice`. Methods reject with a DOMException, or with a TypeError for arguments of the wrong type. While the device or
 * an interface is being changed, calls that depend on it reject with InvalidStateError.
 */
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
  /** The selected configuration; `null` if there is none. */
  readonly configuration: UsbConfiguration | null;
  /** Frozen. */
  readonly configurations: UsbConfiguration[];
  readonly opened: boolean;
  /** Starts a session. */
  open(): Promise<void>;
  /** Ends the session. Transfers under way reject with AbortError, and all interfaces are released. */
  close(): Promise<void>;
  /** Gives the permission back. The program must request the device again. */
  forget(): Promise<void>;
  /**
   * SET_CONFIGURATION. All claims end. Rejects with NotFoundError if there is no such configuration or the device is gone,
   * InvalidStateError if it is not open, NetworkError if it refuses.
   */
  selectConfiguration(configurationValue: number): Promise<void>;
  /**
   * Claims an interface, so that its endpoints can be used. Rejects with NotFoundError if there is no such interface or the
   * device is gone, InvalidStateError if it is not open or not configured, SecurityError if the class is protected.
   */
  claimInterface(interfaceNumber: number): Promise<void>;
  /**
   * Undoes {@link claimInterface}, and rejects as that does. Transfers on its endpoints reject with AbortError.
   */
  releaseInterface(interfaceNumber: number): Promise<void>;
  /**
   * SET_INTERFACE. Rejects with NotFoundError if there is no such setting, InvalidStateError if the interface is not
   * claimed, NetworkError if the device refuses.
   */
  selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void>;
  /** Receives up to `length` bytes with a control transfer. Rejects with InvalidStateError or NetworkError. */
  controlTransferIn(setup: UsbControlTransferParameters, length: number): Promise<UsbInTransferResult>;
  /** Sends bytes, or none, with a control transfer. Rejects with InvalidStateError or NetworkError. */
  controlTransferOut(setup: UsbControlTransferParameters, data?: UsbBufferSource): Promise<UsbOutTransferResult>;
  /**
   * CLEAR_FEATURE(ENDPOINT_HALT). Rejects with NotFoundError if no claimed interface has the endpoint, IndexSizeError if
   * its number is not 1 to 15, NetworkError if the device refuses.
   */
  clearHalt(direction: UsbDirection, endpointNumber: number): Promise<void>;
  /** Reads from a bulk or interrupt endpoint. Rejects with DataError above 32 MiB. */
  transferIn(endpointNumber: number, length: number): Promise<UsbInTransferResult>;
  /** Writes to a bulk or interrupt endpoint. Rejects with DataError above 32 MiB. */
  transferOut(endpointNumber: number, data: UsbBufferSource): Promise<UsbOutTransferResult>;
  /** Reads packets of at most these lengths from an isochronous endpoint. Rejects with DataError above 32 MiB in all. */
  isochronousTransferIn(endpointNumber: number, packetLengths: number[]): Promise<UsbIsochronousInTransferResult>;
  /** Writes packets to an isochronous endpoint. Rejects with DataError unless their lengths add up to the data. */
  isochronousTransferOut(
    endpointNumber: number,
    data: UsbBufferSource,
    packetLengths: number[],
  ): Promise<UsbIsochronousOutTransferResult>;
  /** Resets the device. Its configuration and alternate settings stay. Transfers under way reject with AbortError. */
  reset(): Promise<void>;
}
