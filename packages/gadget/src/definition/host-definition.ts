import type { Bytes } from './class-definition.ts';
import type { HexNumber, Text } from './definition.ts';

/** The interface association of a function with several interfaces (USB 3.2, 9.6.4). */
export interface AssociationDefinition {
  /** bFunctionClass; the class of the first interface unless given. */
  readonly class?: HexNumber;
  /** bFunctionSubClass; the subclass of the first interface unless given. */
  readonly subclass?: HexNumber;
  /** bFunctionProtocol; the protocol of the first interface unless given. */
  readonly protocol?: HexNumber;
  /** iFunction. */
  readonly description?: Text;
}

/** WebUSB: a page for the device, which browsers offer when it is plugged in (WebUSB, 4). */
export interface WebUsbDefinition {
  /**
   * bVendorCode, 0 to 255: the number of the vendor request for the page; 0xce unless given. The kernel answers this
   * request itself, so no function gets it.
   */
  readonly vendorCode?: HexNumber;
  /** The address of the page: `https://` or `http://` and ASCII characters, 252 at most. */
  readonly landingPage?: string;
  /** bcdVersion: `'1.00'` unless given, or binary coded. */
  readonly version?: string | number;
}

/** Microsoft OS 1.0 descriptors: Windows asks for them to find the driver of an interface. */
export interface MicrosoftOsDefinition {
  /**
   * bMS_VendorCode, 0 to 255: the number of the vendor request for the descriptors; 0xcd unless given. The kernel
   * answers this request itself, so no function gets it.
   */
  readonly vendorCode?: HexNumber;
  /** qwSignature, 1 to 7 ASCII characters: `'MSFT100'`, the one that Windows knows, unless given. */
  readonly signature?: string;
  /** Label of the configuration that is described; the first unless given. */
  readonly configuration?: string;
}

/** What Windows is told about an interface. */
export interface InterfaceMicrosoftOs {
  /** At most 8 ASCII characters. `'WINUSB'` makes Windows bind WinUSB, so that programs and browsers reach the device. */
  readonly compatibleId?: string;
  /** At most 8 ASCII characters. */
  readonly subCompatibleId?: string;
  /**
   * Values that Windows writes into the registry of the device: text, or bytes. `DeviceInterfaceGUID` is the one by
   * which programs find a WinUSB device. Name and value have at most 239 ASCII characters or bytes together.
   */
  readonly properties?: Readonly<Record<string, MicrosoftOsProperty>>;
}

/** A value in the registry: text (REG_SZ), text with variables (REG_EXPAND_SZ), a link (REG_LINK), or bytes (REG_BINARY). */
export type MicrosoftOsProperty =
  | string
  | { readonly text: string; readonly as?: 'text' | 'expand' | 'link' }
  | { readonly bytes: Bytes };
