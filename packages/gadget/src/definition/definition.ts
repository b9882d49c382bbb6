import type { KernelAttributes } from '@gadgetloom/udc/kernel-functions';

/** A number, or hexadecimal text as JSON needs it: `0x1d6b` and `'0x1d6b'` are the same. */
export type HexNumber = number | `0x${string}`;

/**
 * Text that the host shows: in the gadget's language, or one for each language (`{ 'en-US': 'Scope', 'de-DE': 'Oszilloskop' }`).
 * At most 126 bytes of UTF-8 each (USB_MAX_STRING_LEN).
 */
export type Text = string | Readonly<Record<string, string>>;

/** A device as a program wants it to be: the same fields in TypeScript, YAML and JSON. */
export interface GadgetDefinition {
  /** For editors; ignored. */
  readonly $schema?: string;
  /** Name of the gadget in the kernel (its configfs directory). Made from `product` unless given. */
  readonly name?: string;
  /** idVendor, 0 to 0xffff. */
  readonly vendorId: HexNumber;
  /** idProduct, 0 to 0xffff. */
  readonly productId: HexNumber;
  /** bcdDevice: `'1.05'`, or binary coded, 0x0105. */
  readonly deviceVersion?: string | number;
  /** bcdUSB: `'2.10'`, or binary coded. The kernel puts in its own for the speed (composite.c, composite_setup). */
  readonly usbVersion?: string | number;
  /** bDeviceClass; 0, each interface says its own, unless given. */
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
  /** The fastest that the device will run: there are no descriptors for speeds above. No limit unless given. */
  readonly maxSpeed?: 'full' | 'high' | 'super' | 'super-plus';
  /** What the device takes from the bus, in mA, 0 to 900; the kernel's own default unless given. */
  readonly maxPower?: number;
  readonly selfPowered?: boolean;
  readonly remoteWakeup?: boolean;
  /** What the device does, by name. */
  readonly functions: Readonly<Record<string, FunctionDefinition>>;
  /** By label. One with every function, in their order, unless given. */
  readonly configurations?: Readonly<Record<string, ConfigurationDefinition>>;
  /** Which backend runs the gadget where; GADGETLOOM_ENV picks the row, `default` is used without it. */
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
  /** As for the gadget, which is the default. */
  readonly maxPower?: number;
  readonly selfPowered?: boolean;
  readonly remoteWakeup?: boolean;
}

/** A backend and its options: the fields beside `backend` belong to it. */
export interface EnvironmentDefinition {
  /** Name of the backend, such as `mock`. */
  readonly backend: string;
  readonly [option: string]: unknown;
}

/** A function that the program provides, or one that the kernel brings. */
export type FunctionDefinition = ProgramFunction | KernelFunction;

/** A function that the Linux kernel provides; `kernelFunction` makes them. Only real Linux has them. */
export interface KernelFunction {
  /** Type in configfs: `'acm'`, `'mass_storage'`, `'ncm'` ... */
  readonly kernel: string;
  /**
   * configfs attributes by name, in directories inside of each other or by path from the function, and counted
   * directories as lists: `{ luns: [{ file: '/srv/disk.img', ro: true }] }` is `{ 'lun.0/file': ..., 'lun.0/ro': true }`.
   */
  readonly attributes?: KernelAttributes;
}

/** A function that the program provides: the interface itself, or several `interfaces`. */
export interface ProgramFunction extends InterfaceDefinition {
  /** Instead of one interface: several, by name, in the order of their numbers. */
  readonly interfaces?: Readonly<Record<string, InterfaceDefinition>>;
  /** Control requests to the device and to others reach this function too (FUNCTIONFS_ALL_CTRL_RECIP). */
  readonly allControlRecipients?: boolean;
  /** Control requests reach this function before a configuration is chosen too (FUNCTIONFS_CONFIG0_SETUP). */
  readonly setupBeforeConfiguration?: boolean;
}

/** One setting of an interface: what it is, and its endpoints. */
export interface AlternateDefinition {
  /** bInterfaceClass; 0xff, vendor specific, unless given. Alternate settings have that of their interface. */
  readonly class?: HexNumber;
  /** bInterfaceSubClass, 0 to 0xff; 0 unless given. */
  readonly subclass?: HexNumber;
  /** bInterfaceProtocol, 0 to 0xff; 0 unless given. */
  readonly protocol?: HexNumber;
  /** iInterface. */
  readonly description?: Text;
  /** By name, in the order of their numbers. A name is used once in a function. */
  readonly endpoints?: Readonly<Record<string, EndpointDefinition>>;
}

/** An interface: its fields are those of alternate setting 0. */
export interface InterfaceDefinition extends AlternateDefinition {
  /** Alternate settings 1 and 2; more than FunctionFS lets the host choose (f_fs.c, MAX_ALT_SETTINGS). */
  readonly alternates?: readonly AlternateDefinition[];
}

/** An endpoint. `bulk`, `interrupt` and `isochronous` make them. */
export type EndpointDefinition = BulkEndpoint | InterruptEndpoint | IsochronousEndpoint;

/** Packets are 512 bytes at high speed, 1024 at super speed, and 64 at full speed unless `full` says less. */
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

/** What an interrupt and an isochronous endpoint have in common. */
export interface PeriodicOptions {
  /**
   * Milliseconds between two service intervals, at most: the longest period that the bus can do and that is not
   * longer is used, at each speed its own. From 0.125 (one microframe; 1 at full speed).
   */
  readonly interval?: number;
  /** Packets per microframe at high speed, 1 (the default) to 3. Super speed gets a burst of as many bytes. */
  readonly transactions?: number;
  /** What differs at full speed. */
  readonly full?: { readonly packetSize?: number; readonly interval?: number };
  /** What differs at high speed. */
  readonly high?: { readonly packetSize?: number; readonly interval?: number; readonly transactions?: number };
  /** What differs at super speed. */
  readonly super?: { readonly packetSize?: number; readonly interval?: number; readonly burst?: number };
}

/** Small and on time, with retries. */
export interface InterruptEndpoint extends PeriodicOptions {
  readonly type: 'interrupt';
  readonly direction: 'in' | 'out';
  /** Bytes, 1 to 1024; 64 unless given. Full speed takes at most 64 of them. */
  readonly packetSize?: number;
  /** Packets in a row at super speed, 1 (the default) to 3. */
  readonly burst?: number;
}

/** A reserved share of the bus, without retries. */
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
