import { type ErrnoCode, KernelError } from '@gadgetloom/core';
import type { ConfigurationConfig, FunctionConfig, GadgetConfig, GadgetStrings } from '../controller.ts';
import { SPEEDS } from '../speed.ts';

/** Exclusive limit in bytes of the name of a function or configuration directory (MAX_NAME_LEN). */
const NAME_LIMIT = 40;
/** Bytes of a directory's name in general (NAME_MAX). */
const PATH_NAME_LIMIT = 255;
/** Bytes of UTF-8 in a string attribute (USB_MAX_STRING_LEN). */
const STRING_LIMIT = 126;
/** MAX_USB_STRING_LANGS. */
const LANGUAGE_LIMIT = 2;
/** Largest current in mA: bMaxPower is one byte, in units of 8 mA at SuperSpeed. */
const POWER_LIMIT = 255 * 8;
/** Bytes of a landing page after its scheme: bLength is one byte, and the header takes three. */
const URL_LIMIT = 252;

/** Number attributes of a gadget: field, attribute, largest value, whether every digit must be decimal. */
const NUMBERS = [
  ['vendorId', 'idVendor', 0xffff, false],
  ['productId', 'idProduct', 0xffff, false],
  ['deviceVersion', 'bcdDevice', 0xffff, true],
  ['usbVersion', 'bcdUSB', 0xffff, true],
  ['deviceClass', 'bDeviceClass', 0xff, false],
  ['deviceSubClass', 'bDeviceSubClass', 0xff, false],
  ['deviceProtocol', 'bDeviceProtocol', 0xff, false],
] as const;

const STRINGS = [
  ['manufacturer', 'manufacturer'],
  ['product', 'product'],
  ['serialNumber', 'serialnumber'],
] as const;

/**
 * Refuses a configuration that configfs would refuse while its directories and attributes are written.
 * Source: drivers/usb/gadget/configfs.c; usbstring.c, usb_validate_langid.
 *
 * @throws KernelError the errno of the first write or mkdir that fails
 */
export function checkGadgetConfig(config: GadgetConfig): void {
  checkDirectory(config.name, `mkdir ${config.name}`, PATH_NAME_LIMIT + 1);
  for (const [field, attribute, limit, decimal] of NUMBERS) {
    const value = config[field];
    if (value !== undefined) checkNumber(value, attribute, limit, decimal);
  }
  if (config.maxSpeed !== undefined && !SPEEDS.includes(config.maxSpeed)) {
    refuse('EINVAL', 'write max_speed', `"${config.maxSpeed}" is not a speed. Known are ${SPEEDS.join(', ')}.`);
  }
  checkLanguages(config.strings ?? {}, checkDeviceStrings);
  if (config.webUsb !== undefined) {
    checkNumber(config.webUsb.vendorCode, 'webusb/bVendorCode', 0xff, false);
    if (config.webUsb.version !== undefined) checkNumber(config.webUsb.version, 'webusb/bcdVersion', 0xffff, true);
    checkLandingPage(config.webUsb.landingPage ?? '');
  }
  for (const { functions } of config.configurations) functions.forEach(checkFunction);
  checkConfigurations(config.configurations);
  checkOsDescriptors(config);
}

function checkDirectory(name: string, operation: string, limit: number): void {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    refuse('EINVAL', operation, 'the name must not be empty, "." or "..", nor contain a slash.');
  }
  const size = bytes(name);
  if (size >= limit) refuse('ENAMETOOLONG', operation, `the name has ${size} bytes; at most ${limit - 1} are allowed.`);
}

function checkNumber(value: number, attribute: string, limit: number, decimal: boolean): void {
  const operation = `write ${attribute}`;
  if (!Number.isInteger(value)) refuse('EINVAL', operation, `${value} is not a whole number.`);
  if (value < 0 || value > limit) refuse('ERANGE', operation, `${value} is out of range. Use 0 to ${limit}.`);
  if (decimal && !/^\d*$/.test(value.toString(16))) {
    refuse('EINVAL', operation, `0x${value.toString(16)} is binary coded decimal: every digit must be 0 to 9.`);
  }
}

function checkLanguages<T>(languages: Readonly<Record<number, T>>, check: (strings: T, path: string) => void): void {
  Object.entries(languages).forEach(([key, strings], index) => {
    const operation = `mkdir strings/${key}`;
    const language = Number(key);
    if (!Number.isInteger(language)) refuse('EINVAL', operation, 'a language is a number, such as 0x409.');
    if (language < 0 || language > 0xffff) refuse('ERANGE', operation, 'a language id has 16 bits.');
    if (!isLanguage(language)) refuse('EINVAL', operation, 'no such language id. US English is 0x409.');
    if (index >= LANGUAGE_LIMIT) refuse('EOVERFLOW', operation, `at most ${LANGUAGE_LIMIT} languages are allowed.`);
    check(strings, `strings/0x${language.toString(16)}`);
  });
}

/** usb_validate_langid: bits 9..0 are the language, bits 15..10 its variant. */
function isLanguage(id: number): boolean {
  const primary = id & 0x3ff;
  const reserved = primary === 0 || (primary >= 0x62 && primary <= 0xfe) || primary >= 0x100;
  return !reserved && id >> 10 !== 0;
}

function checkDeviceStrings(strings: GadgetStrings, path: string): void {
  for (const [field, attribute] of STRINGS) {
    const text = strings[field];
    if (text !== undefined) checkText(text, `${path}/${attribute}`);
  }
  for (const [name, text] of Object.entries(strings.extra ?? {})) {
    checkDirectory(name, `mkdir ${path}/${name}`, PATH_NAME_LIMIT + 1);
    if (bytes(text) > STRING_LIMIT) {
      refuse('EINVAL', `write ${path}/${name}/s`, `the text has more than ${STRING_LIMIT} bytes.`);
    }
  }
}

/** usb_string_copy. */
function checkText(text: string, path: string): void {
  const size = bytes(text);
  if (size < 1) refuse('EINVAL', `write ${path}`, 'the text must not be empty. Leave it out instead.');
  if (size > STRING_LIMIT) {
    refuse('EOVERFLOW', `write ${path}`, `the text has ${size} bytes; at most ${STRING_LIMIT} are allowed.`);
  }
}

function checkLandingPage(page: string): void {
  const scheme = /^https?:\/\//i.exec(page)?.[0] ?? '';
  if (bytes(page) - scheme.length > URL_LIMIT) {
    refuse('EINVAL', 'write webusb/landingPage', `at most ${URL_LIMIT} bytes are allowed behind the scheme.`);
  }
}

function checkFunction({ type, instance }: FunctionConfig): void {
  const name = `${type}.${instance}`;
  checkDirectory(name, `mkdir functions/${name}`, NAME_LIMIT);
}

function checkConfigurations(configurations: readonly ConfigurationConfig[]): void {
  const values = new Set<number>();
  for (const configuration of configurations) {
    const { value, label = 'c', maxPower, functions } = configuration;
    const name = `${label}.${value}`;
    const operation = `mkdir configs/${name}`;
    checkDirectory(name, operation, NAME_LIMIT);
    if (label === '') refuse('EINVAL', operation, 'the label must not be empty.');
    if (label.includes('.')) refuse('EINVAL', operation, 'the label must not contain a dot.');
    if (!Number.isInteger(value)) refuse('EINVAL', operation, 'the value must be a whole number.');
    if (value < 0 || value > 255) refuse('ERANGE', operation, 'the value must be 1 to 255.');
    if (value === 0) refuse('EINVAL', operation, 'value 0 means "not configured". Use 1 to 255.');
    if (values.has(value)) refuse('EBUSY', operation, `another configuration has the value ${value}.`);
    values.add(value);
    if (maxPower !== undefined) checkNumber(maxPower, `configs/${name}/MaxPower`, POWER_LIMIT, false);
    checkLanguages(configuration.strings ?? {}, (text, path) => {
      checkText(text, `configs/${name}/${path}/configuration`);
    });
    checkLinks(functions, `configs/${name}`);
  }
}

function checkLinks(functions: readonly FunctionConfig[], path: string): void {
  const linked = new Set<string>();
  for (const { type, instance } of functions) {
    const name = `${type}.${instance}`;
    if (linked.has(name)) refuse('EEXIST', `link ${path}/${name}`, 'the function is in this configuration already.');
    linked.add(name);
  }
}

function checkOsDescriptors({ osDescriptors, configurations }: GadgetConfig): void {
  if (osDescriptors === undefined) return;
  checkNumber(osDescriptors.vendorCode, 'os_desc/b_vendor_code', 0xff, false);
  const { configuration } = osDescriptors;
  if (configuration !== undefined && !configurations.some(({ value }) => value === configuration)) {
    refuse('ENOENT', 'link os_desc', `there is no configuration with the value ${configuration}.`);
  }
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function refuse(code: ErrnoCode, operation: string, advice: string): never {
  throw new KernelError(code, operation, advice);
}
