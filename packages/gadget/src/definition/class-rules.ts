import { validateDescriptor } from '@gadgetloom/functionfs';
import { checkedBytes } from './bytes.ts';
import type { DfuDefinition, HidDefinition } from './class-definition.ts';
import type { AlternateDefinition } from './definition.ts';
import type { PlacedSetting } from './gadget-parts.ts';
import { type FieldPath, fieldName, type Problem } from './problem.ts';
import { classFieldsOf, DESCRIPTOR_CLASSES, type SettingClass, settingClass } from './setting-class.ts';

/** Most bytes of a control transfer (composite.h, USB_COMP_EP0_BUFSIZ; composite_setup). */
const CONTROL_LIMIT = 4096;
/** bInterfaceProtocol of DFU 1.1, table 4.1 and 4.4. */
const DFU_RUN_TIME = 1;
const DFU_MODE = 2;

/** Returns the problems of the class descriptors of a setting. @param first alternate setting 0 of its interface */
export function classProblems({ setting, path }: PlacedSetting, first: AlternateDefinition): Problem[] {
  const found = settingClass(setting, first);
  return [
    ...kindProblems(setting, found, path),
    ...hidProblems(setting.hid, [...path, 'hid']),
    ...dfuProblems(setting.dfu, found, path),
    ...(setting.descriptors ?? []).flatMap((bytes, index) =>
      rawProblems(checkedBytes(bytes), found, [...path, 'descriptors', index]),
    ),
  ];
}

const at = (place: Problem['at'], path: FieldPath, message: string): Problem => ({
  path,
  at: place,
  message: `${fieldName(path)} ${message}`,
});

function kindProblems(setting: AlternateDefinition, found: SettingClass, path: FieldPath): Problem[] {
  const [kind, second] = classFieldsOf(setting);
  if (kind === undefined) return [];
  if (second !== undefined)
    return [at('key', [...path, second], `stands beside "${kind}"; an interface has the descriptor of one class.`)];
  const needed = DESCRIPTOR_CLASSES[kind];
  if (found.class === needed.class && (needed.subclass ?? found.subClass) === found.subClass) return [];
  const wrong = found.class === needed.class ? 'subclass' : 'class';
  const place = setting[wrong] === undefined ? [...path, kind] : [...path, wrong];
  const allowed = classText(needed.class, needed.subclass);
  const message = `does not fit: the interface has the class ${classText(found.class, found.subClass)}, and "${kind}" needs ${allowed}. Leave the class out, or correct it.`;
  return [at('value', place, message)];
}

function hidProblems(hid: HidDefinition | undefined, path: FieldPath): Problem[] {
  if (hid === undefined) return [];
  const { reportDescriptor, reportLength } = hid;
  if (reportDescriptor !== undefined && reportLength !== undefined)
    return [
      at('key', [...path, 'reportLength'], 'stands beside "reportDescriptor", which has its own length; give one.'),
    ];
  if (reportDescriptor === undefined && reportLength === undefined)
    return [
      at(
        'value',
        path,
        'has no report descriptor; give "reportDescriptor", or "reportLength" if the program holds it.',
      ),
    ];
  const length = reportDescriptor === undefined ? undefined : checkedBytes(reportDescriptor).length;
  if (length === undefined || (length >= 1 && length <= CONTROL_LIMIT)) return [];
  return [
    at(
      'value',
      [...path, 'reportDescriptor'],
      `has ${length} bytes; allowed are 1 to ${CONTROL_LIMIT} (USB_COMP_EP0_BUFSIZ).`,
    ),
  ];
}

function dfuProblems(dfu: DfuDefinition | undefined, { protocol }: SettingClass, path: FieldPath): Problem[] {
  if (dfu === undefined) return [];
  if (protocol !== DFU_RUN_TIME && protocol !== DFU_MODE)
    return [
      at(
        'value',
        [...path, 'protocol'],
        `is ${protocol}; with "dfu" allowed are 1, run time, and 2, DFU mode (DFU 1.1, 4.1.2 and 4.2.3).`,
      ),
    ];
  // At run time the descriptor tells what the boot loader will take, which need not be Linux.
  if (protocol === DFU_RUN_TIME || dfu.transferSize <= CONTROL_LIMIT) return [];
  return [
    at(
      'value',
      [...path, 'dfu', 'transferSize'],
      `is ${dfu.transferSize}; Linux refuses control transfers of more than ${CONTROL_LIMIT} bytes (composite.c, composite_setup).`,
    ),
  ];
}

/** What to write instead of a descriptor that FunctionFS does not take as bytes, or that the stack makes itself. */
const INSTEAD: Readonly<Record<number, string>> = {
  4: 'Interfaces are described by "interfaces" and "alternates"',
  5: 'Endpoints are described by "endpoints"',
  11: 'An interface association is described by the "association" of the function',
  48: 'The companion of an endpoint is made from "burst", "mult" and "packetSize" of the endpoint',
  36: 'Functions of the kernel carry descriptors of this type',
  37: 'Functions of the kernel carry descriptors of this type',
};

/** Types that FunctionFS takes, and that the stack makes from other fields. */
const MADE = new Set([0x04, 0x05, 0x0b, 0x30]);

/** Functions of the kernel by the class of the interface whose descriptors FunctionFS does not take. */
const KERNEL_INSTEAD: readonly { readonly classes: readonly number[]; readonly kernel: readonly string[] }[] = [
  { classes: [0x02, 0x0a], kernel: ['acm', 'ecm', 'ncm'] },
  { classes: [0x01], kernel: ['uac2', 'midi'] },
  { classes: [0x0e], kernel: ['uvc'] },
];
const ANY_KERNEL = ['acm', 'ecm', 'ncm', 'uac2', 'midi', 'uvc'];

function rawProblems(bytes: Uint8Array, found: SettingClass, path: FieldPath): Problem[] {
  const [length, type] = bytes;
  if (length === undefined || type === undefined)
    return [at('value', path, `has ${bytes.length} bytes; a descriptor begins with its length and its type.`)];
  if (length !== bytes.length)
    return [at('value', path, `says in its first byte that it has ${length} bytes, and has ${bytes.length}.`)];
  const way = INSTEAD[type] === undefined ? '' : ` ${INSTEAD[type]}${kernelFunctions(type, found)}.`;
  if (MADE.has(type)) return [at('value', path, `is of type ${hex(type)}, which does not belong here.${way}`)];
  const refusal = validateDescriptor(bytes, found.class, found.subClass);
  if (refusal === undefined) return [];
  return [at('value', path, `is refused by FunctionFS (f_fs.c, ffs_do_single_desc): ${refusal.reason}.${way}`)];
}

function kernelFunctions(type: number, { class: code }: SettingClass): string {
  if (type !== 0x24 && type !== 0x25) return '';
  const names = KERNEL_INSTEAD.find(({ classes }) => classes.includes(code))?.kernel ?? ANY_KERNEL;
  return `: ${names.map((name) => `kernelFunction('${name}')`).join(', ')}; in a file, { kernel: ${names[0]} }`;
}

function classText(code: number, subclass: number | undefined): string {
  return subclass === undefined ? hex(code) : `${hex(code)}/${hex(subclass)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
