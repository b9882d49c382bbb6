import { resolve } from 'node:path';
import { KernelError } from '@gadgetloom/core';
import type { ConfigurationConfig, FunctionConfig, GadgetConfig, UsbSpeed } from '@gadgetloom/udc';
import { type AttributeRule, kernelFunctionEntry } from '@gadgetloom/udc/kernel-functions';

/** One entry that a gadget's directory must have. */
export type TreeEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 'attribute';
      readonly path: string;
      readonly value: string | Uint8Array;
      /** Rule of the attribute, if it belongs to a function. */
      readonly rule?: AttributeRule;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Names of speeds in sysfs (usb_speed_string). */
export const SPEED_NAMES: Readonly<Record<UsbSpeed, string>> = {
  low: 'low-speed',
  full: 'full-speed',
  high: 'high-speed',
  super: 'super-speed',
  'super-plus': 'super-speed-plus',
};

const NUMBERS = [
  ['vendorId', 'idVendor'],
  ['productId', 'idProduct'],
  ['deviceVersion', 'bcdDevice'],
  ['usbVersion', 'bcdUSB'],
  ['deviceClass', 'bDeviceClass'],
  ['deviceSubClass', 'bDeviceSubClass'],
  ['deviceProtocol', 'bDeviceProtocol'],
] as const;

const STRINGS = [
  ['manufacturer', 'manufacturer'],
  ['product', 'product'],
  ['serialNumber', 'serialnumber'],
] as const;

const CONFIGURED = 0x80;
const SELF_POWERED = 0x40;
const REMOTE_WAKEUP = 0x20;

const hex = (value: number): string => `0x${value.toString(16)}`;
const directory = (path: string): TreeEntry => ({ kind: 'directory', path });
const attribute = (path: string, value: string): TreeEntry => ({ kind: 'attribute', path, value });

/** Returns the directory of a configuration. */
export function configurationPath({ label = 'c', value }: ConfigurationConfig): string {
  return `configs/${label}.${value}`;
}

/**
 * Lists everything that a gadget's directory must have, in an order that configfs accepts: functions before the
 * configurations that link to them, and settings before the switch that enables them.
 */
export function gadgetTree(config: GadgetConfig): TreeEntry[] {
  return [
    ...NUMBERS.flatMap(([field, path]) => (config[field] === undefined ? [] : [attribute(path, hex(config[field]))])),
    ...(config.maxSpeed === undefined ? [] : [attribute('max_speed', SPEED_NAMES[config.maxSpeed])]),
    ...Object.entries(config.strings ?? {}).flatMap(([language, strings]) => {
      const path = `strings/${hex(Number(language))}`;
      return [
        directory(path),
        ...STRINGS.flatMap(([field, name]) =>
          strings[field] === undefined ? [] : [attribute(`${path}/${name}`, strings[field])],
        ),
        ...Object.entries(strings.extra ?? {}).flatMap(([name, text]) => [
          directory(`${path}/${name}`),
          attribute(`${path}/${name}/s`, text),
        ]),
      ];
    }),
    ...webUsb(config),
    ...functions(config),
    ...config.configurations.flatMap(configuration),
    ...osDescriptors(config),
  ];
}

function functions({ configurations }: GadgetConfig): TreeEntry[] {
  const seen = new Set<string>();
  return configurations.flatMap(({ functions: list }) =>
    list.flatMap((one) => {
      const path = functionPath(one);
      if (seen.has(path)) return [];
      seen.add(path);
      return functionTree(one, path);
    }),
  );
}

/**
 * Lists a function's directory and its content. Attributes that the kernel makes come first, because it may lock them
 * as soon as there is more; links come last, because the kernel checks their targets.
 */
function functionTree(config: FunctionConfig, path: string): TreeEntry[] {
  const { type, attributes = {}, bytes = {}, directories = [], links = {} } = config;
  const values = Object.entries<string | Uint8Array>({ ...attributes, ...bytes });
  const places = [...values.map(([name]) => name), ...Object.keys(links)];
  const folders = [...new Set([...directories, ...places.flatMap(parents)])].filter((folder) => !isMade(type, folder));
  const inFolder = ([name]: readonly [string, unknown]): boolean =>
    folders.some((folder) => name.startsWith(`${folder}/`));
  const entry = ([name, value]: readonly [string, string | Uint8Array]): TreeEntry =>
    functionAttribute(type, path, name, value);
  return [
    directory(path),
    ...values.filter((each) => !inFolder(each)).map(entry),
    ...folders.map((folder) => directory(`${path}/${folder}`)),
    ...values.filter(inFolder).map(entry),
    ...Object.entries(links).map(
      ([name, target]): TreeEntry => ({ kind: 'link', path: `${path}/${name}`, target: `${path}/${target}` }),
    ),
  ];
}

/** True if the kernel itself makes this directory of a function. */
function isMade(type: string, folder: string): boolean {
  const entry = kernelFunctionEntry(type, folder);
  return entry?.kind === 'directory' && entry.made;
}

function functionAttribute(type: string, path: string, name: string, value: string | Uint8Array): TreeEntry {
  const entry = kernelFunctionEntry(type, name);
  if (entry?.kind !== 'attribute') return { kind: 'attribute', path: `${path}/${name}`, value };
  const { rule } = entry;
  // The kernel shows the absolute path of a file, whatever path was written.
  const whole = rule.kind === 'path' && typeof value === 'string' ? resolve(value) : value;
  return { kind: 'attribute', path: `${path}/${name}`, value: whole, rule };
}

/** Returns the directory of a function. */
export function functionPath({ type, instance }: FunctionConfig): string {
  return `functions/${type}.${instance}`;
}

/** Lists the parents of a path, the outermost first: `a` and `a/b` for `a/b/c`. */
function parents(path: string): string[] {
  const words = path.split('/').slice(0, -1);
  return words.map((_, index) => words.slice(0, index + 1).join('/'));
}

function configuration(config: ConfigurationConfig): TreeEntry[] {
  const path = configurationPath(config);
  const { maxPower, selfPowered, remoteWakeup } = config;
  const bits = CONFIGURED | (selfPowered ? SELF_POWERED : 0) | (remoteWakeup ? REMOTE_WAKEUP : 0);
  return [
    directory(path),
    ...(maxPower === undefined ? [] : [attribute(`${path}/MaxPower`, String(maxPower))]),
    attribute(`${path}/bmAttributes`, hex(bits)),
    ...Object.entries(config.strings ?? {}).flatMap(([language, text]) => [
      directory(`${path}/strings/${hex(Number(language))}`),
      attribute(`${path}/strings/${hex(Number(language))}/configuration`, text),
    ]),
    ...functionLinks(config, path),
  ];
}

/** @throws KernelError EEXIST a configuration has a function twice (configfs.c, config_usb_cfg_link) */
function functionLinks(config: ConfigurationConfig, configurationPath: string): TreeEntry[] {
  const linked = new Set<string>();
  return config.functions.map((one): TreeEntry => {
    const path = `${configurationPath}/${one.type}.${one.instance}`;
    if (linked.has(path))
      throw new KernelError('EEXIST', `link ${path}`, 'The configuration has this function twice. Remove one of them.');
    linked.add(path);
    return { kind: 'link', path, target: functionPath(one) };
  });
}

function webUsb({ webUsb: described }: GadgetConfig): TreeEntry[] {
  if (described === undefined) return [];
  const { vendorCode, version, landingPage } = described;
  return [
    attribute('webusb/bVendorCode', hex(vendorCode)),
    ...(version === undefined ? [] : [attribute('webusb/bcdVersion', hex(version))]),
    ...(landingPage === undefined ? [] : [attribute('webusb/landingPage', landingPage)]),
    attribute('webusb/use', '1'),
  ];
}

function osDescriptors({ osDescriptors: described, configurations }: GadgetConfig): TreeEntry[] {
  if (described === undefined) return [];
  const chosen = configurations.find(({ value }) => value === described.configuration) ?? configurations[0];
  const target = chosen && configurationPath(chosen);
  return [
    attribute('os_desc/b_vendor_code', hex(described.vendorCode)),
    attribute('os_desc/qw_sign', described.signature ?? 'MSFT100'),
    attribute('os_desc/use', '1'),
    ...(target === undefined
      ? []
      : [{ kind: 'link', path: `os_desc/${target.slice('configs/'.length)}`, target } as const]),
  ];
}
