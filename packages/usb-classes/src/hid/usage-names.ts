import { UsagePage } from './hid-numbers.ts';

const PAGE_SHIFT = 0x1_0000;

/** Names of usages that hold one value (HID Usage Tables 1.5, section 4), by number of the usage with its page. */
const NAMES: Readonly<Record<number, string>> = {
  65584: 'x',
  65585: 'y',
  65586: 'z',
  65587: 'rx',
  65588: 'ry',
  65589: 'rz',
  65590: 'slider',
  65591: 'dial',
  65592: 'wheel',
  65593: 'hat',
};

/** Names of pages whose usages are on or off. */
const ON_OFF_PAGES: Readonly<Record<number, string>> = {
  [UsagePage.KEYBOARD]: 'keys',
  [UsagePage.LED]: 'leds',
  [UsagePage.BUTTON]: 'buttons',
  [UsagePage.CONSUMER]: 'controls',
};

/** Name of a usage that holds one value: `'x'`; or `'ff00:0001'` for a usage that has none here. */
export function usageName(usage: number): string {
  return (
    NAMES[usage] ?? [pageOf(usage), usage % PAGE_SHIFT].map((half) => half.toString(16).padStart(4, '0')).join(':')
  );
}

/** Name of the list of usages of a page that are on: `'buttons'`. */
export function listName(usage: number): string | undefined {
  return ON_OFF_PAGES[pageOf(usage)];
}

/** The page of a usage. */
export function pageOf(usage: number): number {
  return Math.floor(usage / PAGE_SHIFT);
}
