import { type Token, token } from '@gadgetloom/core';
import type { UsbDeviceState, UsbSpeed } from './chapter9.ts';
import type { EndpointCapabilities } from './endpoint.ts';

/** Capabilities of one endpoint of the controller. */
export interface EndpointLimits {
  readonly name: string;
  readonly capabilities: EndpointCapabilities;
  /** Bytes of the largest packet. */
  readonly maxPacketLimit: number;
}

/** Capabilities of a controller. A property is `undefined` if a real controller does not report it. */
export interface ControllerFeatures {
  /** FunctionFS accepts DMABUFs (usb_gadget.sg_supported). */
  readonly scatterGather: boolean | undefined;
  readonly maximumSpeed: UsbSpeed | undefined;
  /** Data endpoints, without ep0. */
  readonly endpoints: readonly EndpointLimits[] | undefined;
  /** True for dummy_hcd, usbip-vudc and every simulation. */
  readonly virtual: boolean;
}

/** Configuration of one gadget: the content of its configfs directory. */
export interface GadgetConfig {
  /** Directory name under /sys/kernel/config/usb_gadget. */
  readonly name: string;
  /** idVendor, 0 to 0xffff. */
  readonly vendorId: number;
  /** idProduct, 0 to 0xffff. */
  readonly productId: number;
  /** Binary coded, 0x0100 is 1.00. */
  readonly deviceVersion?: number;
  /** bcdUSB, binary coded. The kernel replaces it according to the speed. */
  readonly usbVersion?: number;
  /** bDeviceClass, 0 to 0xff; 0 unless given. */
  readonly deviceClass?: number;
  /** bDeviceSubClass, 0 to 0xff; 0 unless given. */
  readonly deviceSubClass?: number;
  /** bDeviceProtocol, 0 to 0xff; 0 unless given. */
  readonly deviceProtocol?: number;
  readonly maxSpeed?: UsbSpeed;
  /** Per language id; at most two languages. */
  readonly strings?: Readonly<Record<number, GadgetStrings>>;
  readonly configurations: readonly ConfigurationConfig[];
  /** Microsoft OS 1.0 descriptors (`os_desc/`). */
  readonly osDescriptors?: OsDescriptorsConfig;
  /** WebUSB (`webusb/`). */
  readonly webUsb?: WebUsbConfig;
}

/** Source: configfs.c, os_desc_*. */
export interface OsDescriptorsConfig {
  /** bRequest for the host to use, 0 to 255. */
  readonly vendorCode: number;
  /** qwSignature, at most 7 characters: `'MSFT100'` unless given. */
  readonly signature?: string;
  /** bConfigurationValue of the configuration to describe; the first unless given. */
  readonly configuration?: number;
}

/** Source: configfs.c, webusb_*. */
export interface WebUsbConfig {
  /** bRequest for the host to use, 0 to 255. */
  readonly vendorCode: number;
  /** Binary coded; 0x0100 unless given. */
  readonly version?: number;
  /** At most 252 bytes behind `http://` or `https://`. */
  readonly landingPage?: string;
}

/** Texts of a device in one language: a directory in `strings/`. */
export interface GadgetStrings {
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  /** More strings, by directory name. Each language must have the same number of them. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** One configuration: a directory in `configs/`. */
export interface ConfigurationConfig {
  /** bConfigurationValue, 1 to 255. */
  readonly value: number;
  /** Label of the configfs directory (`configs/LABEL.VALUE`); `'c'` unless given. */
  readonly label?: string;
  /** Text per language id. */
  readonly strings?: Readonly<Record<number, string>>;
  /** mA, 0 to 2040; 2 unless given. The host sees at most 500, or 896 at SuperSpeed. */
  readonly maxPower?: number;
  readonly selfPowered?: boolean;
  readonly remoteWakeup?: boolean;
  readonly functions: readonly FunctionConfig[];
}

/** A function directory: `functions/TYPE.INSTANCE`. */
export interface FunctionConfig {
  /** `'ffs'`, `'acm'`, `'mass_storage'` ... */
  readonly type: string;
  readonly instance: string;
  /** configfs attributes, by relative path. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Attributes that are bytes, by relative path. */
  readonly bytes?: Readonly<Record<string, Uint8Array>>;
  /** Directories to create inside it, by relative path. The directories of `attributes` are created anyway. */
  readonly directories?: readonly string[];
  /** Links inside it: the target of each relative path. Both are relative to the function's directory. */
  readonly links?: Readonly<Record<string, string>>;
}

/**
 * A USB device controller, real (/sys/class/udc and configfs) or simulated. The controller port.
 */
export interface UsbDeviceController {
  /** Name in /sys/class/udc: `'fe800000.usb'`, `'dummy_udc.0'`. */
  readonly name: string;
  /** Driver, as in the uevent: `'dwc3-gadget'`. */
  readonly driver: string;
  readonly features: ControllerFeatures;
  /** /sys/class/udc/NAME/state. */
  readonly state: UsbDeviceState;
  /** /sys/class/udc/NAME/current_speed; `undefined` is UNKNOWN. */
  readonly speed: UsbSpeed | undefined;
  /** Name of the bound gadget, if any (/sys/class/udc/NAME/function). */
  readonly function: string | undefined;
  /**
   * Calls back after each change of state, until the returned disposable is disposed. Changes in quick succession may
   * coalesce into one call with the latest state, as with poll(2) on the attribute.
   */
  onStateChange(callback: (state: UsbDeviceState) => void): Disposable;
  /** soft_connect ← connect. @throws KernelError EOPNOTSUPP no gadget is bound */
  connect(): Promise<void>;
  /** soft_connect ← disconnect. @throws KernelError EOPNOTSUPP no gadget is bound */
  disconnect(): Promise<void>;
  /** Creates a gadget with its functions, not yet bound. @throws KernelError as configfs would */
  createGadget(config: GadgetConfig): Promise<UsbGadget>;
}

/** A gadget that was created. Disposing unbinds it and removes everything that was created for it. */
export interface UsbGadget extends AsyncDisposable {
  readonly name: string;
  readonly bound: boolean;
  /**
   * Writes the UDC attribute.
   *
   * @throws KernelError EBUSY already bound, the controller is taken, or anything in the gadget is not ready
   */
  bind(): Promise<void>;
  /** Clears the UDC attribute. @throws KernelError ENODEV not bound */
  unbind(): Promise<void>;
}

/** Every stack has one. */
export const USB_DEVICE_CONTROLLER: Token<UsbDeviceController> = token('@gadgetloom/udc:UsbDeviceController');
