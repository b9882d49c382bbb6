import type { KernelAttributes } from '@gadgetloom/udc/kernel-functions';
import type { BEHAVIOUR, Behaviour } from './behaviour.ts';
import type { ClassDescriptors } from './class-definition.ts';
import type {
  AssociationDefinition,
  InterfaceMicrosoftOs,
  MicrosoftOsDefinition,
  WebUsbDefinition,
} from './host-definition.ts';

/** A number, or hexadecimal text as JSON needs it: `0x1d6b` and `'0x1d6b'` are the same. */
export type HexNumber = number | `0x${string}`;

/**
 * Text that the host shows: one in the gadget's language, or one for each language
 * (`{ 'en-US': 'Scope', 'de-DE': 'Oszilloskop' }`). Each has at most 126 bytes of UTF-8 (USB_MAX_STRING_LEN).
 */
export type Text = string | Readonly<Record<string, string>>;

/** The description of a USB device. It has the same fields in TypeScript, YAML and JSON. */
export interface GadgetDefinition {
  /** The JSON Schema that editors use; ignored otherwise. */
  readonly $schema?: string;
  /** Name of the gadget in the kernel (its configfs directory). It is made from `product` unless given. */
  readonly name?: string;
  /** idVendor, 0 to 0xffff. */
  readonly vendorId: HexNumber;
  /** idProduct, 0 to 0xffff. */
  readonly productId: HexNumber;
  /** bcdDevice: `'1.05'`, or binary coded, 0x0105. */
  readonly deviceVersion?: string | number;
  /**
   * bcdUSB: `'2.10'`, or binary coded. The kernel replaces it by the version for the speed (composite.c,
   * composite_setup).
   */
  readonly usbVersion?: string | number;
  /**
   * bDeviceClass, 0 to 0xff; 0 unless given, which leaves the class to each interface. A gadget with an `association`
   * has the class 0xef/0x02/0x01 unless given, as Windows needs it (USB 3.2, table 9-16).
   */
  readonly class?: HexNumber;
  /** bDeviceSubClass, 0 to 0xff; 0 unless given. */
  readonly subclass?: HexNumber;
  /** bDeviceProtocol, 0 to 0xff; 0 unless given. */
  readonly protocol?: HexNumber;
  /** Language of plain text: `'en-US'` unless given. A tag, or a language id such as `'0x0409'`. */
  readonly language?: string;
  readonly manufacturer?: Text;
  readonly product?: Text;
  readonly serialNumber?: Text;
  /** The fastest speed of the device. It has no descriptors for faster ones. No limit unless given. */
  readonly maxSpeed?: 'full' | 'high' | 'super' | 'super-plus';
  /** Current that the device draws from the bus, 0 to 900 mA; the kernel's default unless given. */
  readonly maxPower?: number;
  readonly selfPowered?: boolean;
  readonly remoteWakeup?: boolean;
  /** A page for the device, which browsers offer. */
  readonly webUsb?: WebUsbDefinition;
  /**
   * Descriptors by which Windows finds drivers. They are also on, with the defaults, if an interface has `microsoftOs`.
   */
  readonly microsoftOs?: MicrosoftOsDefinition;
  /** The functions of the device, by name. */
  readonly functions: Readonly<Record<string, FunctionDefinition>>;
  /** The configurations, by label. One configuration with all functions in their order unless given. */
  readonly configurations?: Readonly<Record<string, ConfigurationDefinition>>;
  /** The backend for each environment. GADGETLOOM_ENV picks the row; without it, `default` is used. */
  readonly environments?: Readonly<Record<string, EnvironmentDefinition>>;
}

/** One of several sets of functions that the host can choose from. */
export interface ConfigurationDefinition {
  /** bConfigurationValue, 1 to 255; counted from 1 unless given. */
  readonly value?: number;
  /** iConfiguration. */
  readonly description?: Text;
  /** Names of functions, in the order of their interfaces. */
  readonly functions: readonly string[];
  /** Current in mA, 0 to 900; the gadget's unless given. */
  readonly maxPower?: number;
  readonly selfPowered?: boolean;
  readonly remoteWakeup?: boolean;
}

/** A backend and its options. All fields but `backend` are options of that backend. */
export interface EnvironmentDefinition {
  /** Name of the backend, such as `mock`. */
  readonly backend: string;
  readonly [option: string]: unknown;
}

/** A function that the program provides, or one that the kernel provides. */
export type FunctionDefinition = ProgramFunction | KernelFunction;

/**
 * A function of a module as gadget files have it: `{ use: '@gadgetloom/function-dfu', transferSize: 4096 }`.
 * `useFunctions` replaces it by the function. In TypeScript, import the function and call it.
 */
export interface UsedFunction {
  /** Name of a package, or path of a module that starts with `./`, `../` or `/`. */
  readonly use: string;
  /** The options of the function. The function checks them. */
  readonly [option: string]: unknown;
}

/** A function that the Linux kernel provides, made by `kernelFunction`. Only real Linux has these functions. */
export interface KernelFunction {
  /** Type in configfs: `'acm'`, `'mass_storage'`, `'ncm'` ... */
  readonly kernel: string;
  /**
   * configfs attributes by name. Directories are nested objects or paths from the function, and counted directories are
   * lists: `{ luns: [{ file: '/srv/disk.img', ro: true }] }` is `{ 'lun.0/file': ..., 'lun.0/ro': true }`.
   */
  readonly attributes?: KernelAttributes;
}

/** A function that the program provides. It is one interface itself, or it has several `interfaces`. */
export interface ProgramFunction extends InterfaceDefinition {
  /** Several interfaces in place of one, by name, in the order of their numbers. */
  readonly interfaces?: Readonly<Record<string, InterfaceDefinition>>;
  /** Tells the host that the interfaces are one function. */
  readonly association?: AssociationDefinition;
  /** The function also gets control requests to the device and to other recipients (FUNCTIONFS_ALL_CTRL_RECIP). */
  readonly allControlRecipients?: boolean;
  /** The function also gets control requests before the host sets a configuration (FUNCTIONFS_CONFIG0_SETUP). */
  readonly setupBeforeConfiguration?: boolean;
  /** What the function does, if `defineFunction` made it. */
  readonly [BEHAVIOUR]?: Behaviour;
}

/** One setting of an interface: its class, the descriptors of the class, and its endpoints. */
export interface AlternateDefinition extends ClassDescriptors {
  /**
   * bInterfaceClass. The default is the class of `hid`, `dfu` or `ccid`, then that of alternate setting 0, then 0xff,
   * vendor specific.
   */
  readonly class?: HexNumber;
  /** bInterfaceSubClass, 0 to 0xff; 0 unless given. */
  readonly subclass?: HexNumber;
  /** bInterfaceProtocol, 0 to 0xff; 0 unless given. */
  readonly protocol?: HexNumber;
  /** iInterface. */
  readonly description?: Text;
  /** The endpoints by name, in the order of their numbers. An interface uses each name once. */
  readonly endpoints?: Readonly<Record<string, EndpointDefinition>>;
}

/** An interface. Its own fields describe alternate setting 0. */
export interface InterfaceDefinition extends AlternateDefinition {
  /** Alternate settings 1 and 2; more than FunctionFS lets the host choose (f_fs.c, MAX_ALT_SETTINGS). */
  readonly alternates?: readonly AlternateDefinition[];
  /** What Windows is told about the interface. */
  readonly microsoftOs?: InterfaceMicrosoftOs;
}

/** An endpoint, made by `bulk`, `interrupt` or `isochronous`. */
export type EndpointDefinition = BulkEndpoint | InterruptEndpoint | IsochronousEndpoint;

/**
 * A bulk endpoint. Packets have 512 bytes at high speed, 1024 at super speed, and 64 at full speed unless `full` sets
 * less.
 */
export interface BulkEndpoint {
  readonly type: 'bulk';
  readonly direction: 'in' | 'out';
  /** Packets in a row at super speed, 1 (the default) to 16: bMaxBurst + 1. */
  readonly burst?: number;
  readonly full?: {
    /** Bytes; 64 unless given. */
    readonly packetSize?: 8 | 16 | 32 | 64;
  };
}

/** The fields that interrupt and isochronous endpoints share. */
export interface PeriodicOptions {
  /**
   * The most milliseconds from one service interval to the next, from 0.125 (one microframe; 1 at full speed). Each
   * speed uses the longest period of its bus that does not exceed it.
   */
  readonly interval?: number;
  /** Packets per microframe at high speed, 1 (the default) to 3. Super speed gets a burst of as many bytes. */
  readonly transactions?: number;
  /** Values for full speed. */
  readonly full?: { readonly packetSize?: number; readonly interval?: number };
  /** Values for high speed. */
  readonly high?: { readonly packetSize?: number; readonly interval?: number; readonly transactions?: number };
  /** Values for super speed. */
  readonly super?: { readonly packetSize?: number; readonly interval?: number; readonly burst?: number };
}

/** An interrupt endpoint: small packets with a bounded delay, and retries. */
export interface InterruptEndpoint extends PeriodicOptions {
  readonly type: 'interrupt';
  readonly direction: 'in' | 'out';
  /** Bytes, 1 to 1024; 64 unless given. Full speed takes at most 64 of them. */
  readonly packetSize?: number;
  /** Packets in a row at super speed, 1 (the default) to 3. */
  readonly burst?: number;
}

/** An isochronous endpoint: a reserved share of the bus, without retries. */
export interface IsochronousEndpoint extends PeriodicOptions {
  readonly type: 'isochronous';
  readonly direction: 'in' | 'out';
  /** Bytes, 1 to 1024. Full speed takes at most 1023 of them. */
  readonly packetSize: number;
  /** Packets in a row at super speed, 1 (the default) to 16. */
  readonly burst?: number;
  /** Bursts per service interval at super speed, 1 (the default) to 3. */
  readonly mult?: number;
  /** bmAttributes bits 3..2. `'none'` unless given. */
  readonly synchronization?: 'none' | 'asynchronous' | 'adaptive' | 'synchronous';
  /** bmAttributes bits 5..4. `'data'` unless given. */
  readonly usage?: 'data' | 'feedback' | 'implicit-feedback';
}
