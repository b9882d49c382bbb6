/** A whole number. Linux reads and shows it in decimal unless told otherwise. */
export interface NumberRule {
  readonly kind: 'number';
  readonly from: number;
  readonly to: number;
  /** Two hexadecimal digits: `'bare'` is `e0`, `'prefixed'` is `0xe0`. */
  readonly hexadecimal?: 'bare' | 'prefixed';
}

/** Yes or no: `1` or `0` (kstrtobool). */
export interface BooleanRule {
  readonly kind: 'boolean';
}

/** Text of one line. */
export interface TextRule {
  readonly kind: 'text';
  /** Bytes of UTF-8. */
  readonly most: number;
}

/** One of some words. */
export interface ChoiceRule {
  readonly kind: 'choice';
  readonly values: readonly string[];
}

/** Several whole numbers, each within the range. */
export interface NumbersRule {
  readonly kind: 'numbers';
  readonly from: number;
  readonly to: number;
  /** How many there may be. */
  readonly most: number;
  readonly separator: ',' | '\n';
  /** The kernel sorts them. */
  readonly sorted?: true;
}

/** Bytes as they are. */
export interface BytesRule {
  readonly kind: 'bytes';
  readonly least: number;
  readonly most: number;
}

/** An Ethernet address of one station. */
export interface EthernetAddressRule {
  readonly kind: 'ethernet-address';
}

/** A pattern for the name of a network interface: with one `%d`, shorter than 16 characters. */
export interface InterfaceNameRule {
  readonly kind: 'interface-name';
}

/** A file or block device. */
export interface PathRule {
  readonly kind: 'path';
}

/** Type of an attribute of a function in configfs. */
export type AttributeRule = (
  | NumberRule
  | BooleanRule
  | TextRule
  | ChoiceRule
  | NumbersRule
  | BytesRule
  | EthernetAddressRule
  | InterfaceNameRule
  | PathRule
) & {
  /** Read-only. */
  readonly readOnly?: true;
  /** Why Gadgetloom does not write it although the kernel has a file for it. */
  readonly refused?: string;
};

/** Numbered directories: `lun.0`, `lun.1` ... */
export interface ListRule {
  /** The name before the dot. */
  readonly directory: string;
  /** The largest number of them. */
  readonly most: number;
  /** How many of them, from the first on, the kernel creates. */
  readonly made: number;
  readonly of: DirectoryRule;
}

/** Content of a directory of a function. Attributes are written in the order given here. */
export interface DirectoryRule {
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** Directories that the kernel creates. */
  readonly directories?: Readonly<Record<string, DirectoryRule>>;
  /** Numbered directories, by the name of their list in a description. */
  readonly lists?: Readonly<Record<string, ListRule>>;
  /** Directories that the user creates and names. */
  readonly named?: DirectoryRule;
  /** Directories, from the function's own, whose members can be linked here. */
  readonly links?: readonly string[];
}

/** A type of function that Linux provides. */
export interface KernelFunctionRule extends DirectoryRule {
  /** A few words for people. */
  readonly title: string;
  /** Module of the kernel. */
  readonly module: string;
  /** Where the attributes are in Linux 6.12, in drivers/usb/gadget/function. */
  readonly source: string;
}
