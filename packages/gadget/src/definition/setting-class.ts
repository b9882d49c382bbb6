import type { AlternateDefinition } from './definition.ts';
import { numberOf } from './numbers.ts';

/** bInterfaceClass of interfaces that set none: vendor specific. */
const VENDOR_SPECIFIC = 0xff;

/** The class codes of a setting. */
export interface SettingClass {
  readonly class: number;
  readonly subClass: number;
  readonly protocol: number;
}

/** Fields that are a descriptor of the class, and the class that they need. */
export const DESCRIPTOR_CLASSES = {
  hid: { class: 0x03, subclass: undefined, title: 'HID' },
  dfu: { class: 0xfe, subclass: 0x01, title: 'DFU' },
  ccid: { class: 0x0b, subclass: undefined, title: 'CCID' },
} as const;

/** Name of a field that is a descriptor of the class. */
export type ClassField = keyof typeof DESCRIPTOR_CLASSES;

/** The names of the class descriptors that a setting has. */
export function classFieldsOf(setting: AlternateDefinition): ClassField[] {
  return (Object.keys(DESCRIPTOR_CLASSES) as ClassField[]).filter((name) => setting[name] !== undefined);
}

/** The class of a setting. Fields that it does not have come from its class descriptor, or else from setting 0. */
export function settingClass(setting: AlternateDefinition, first: AlternateDefinition): SettingClass {
  const own = implied(setting);
  const inherited = implied(first);
  return {
    class: numberOf(setting.class ?? own?.class ?? first.class ?? inherited?.class ?? VENDOR_SPECIFIC),
    subClass: numberOf(setting.subclass ?? own?.subclass ?? first.subclass ?? inherited?.subclass ?? 0),
    protocol: numberOf(setting.protocol ?? first.protocol ?? 0),
  };
}

function implied(setting: AlternateDefinition) {
  const [name] = classFieldsOf(setting);
  return name === undefined ? undefined : DESCRIPTOR_CLASSES[name];
}
