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

/** What an attribute of a function in configfs holds. */
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
  /** The kernel tells it, and takes nothing. */
  readonly readOnly?: true;
  /** Why it is not written, although the kernel has a file for it. */
  readonly refused?: string;
};

/** Directories that are counted: `lun.0`, `lun.1` ... */
export interface ListRule {
  /** What stands before the dot. */
  readonly directory: string;
  /** How many there may be. */
  readonly most: number;
  /** The first so many are there by themselves. */
  readonly made: number;
  readonly of: DirectoryRule;
}

/** What a directory of a function holds. Everything is written in the order in which it stands here. */
export interface DirectoryRule {
  readonly attributes?: Readonly<Record<string, AttributeRule>>;
  /** Directories that are there by themselves. */
  readonly directories?: Readonly<Record<string, DirectoryRule>>;
  /** Counted directories, by the name that a description has for the list of them. */
  readonly lists?: Readonly<Record<string, ListRule>>;
  /** Directories that the user makes and names. */
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
