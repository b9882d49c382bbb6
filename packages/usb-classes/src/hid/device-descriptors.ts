import { UsagePage } from './hid-numbers.ts';
import { buildReportDescriptor, FieldBits, type ItemList, padding } from './report-builder.ts';

const { GENERIC_DESKTOP, KEYBOARD, LED, BUTTON } = UsagePage;
const APPLICATION = 1;
const PHYSICAL = 0;
/** Usages of the generic desktop page. */
const Desktop = { POINTER: 1, MOUSE: 2, GAMEPAD: 5, KEYBOARD: 6, X: 0x30, WHEEL: 0x38, HAT: 0x39 } as const;
/** Axes in the order of their usages. */
export const GAMEPAD_AXES = ['x', 'y', 'z', 'rx', 'ry', 'rz'] as const;
/** An axis of a game pad. */
export type GamepadAxis = (typeof GAMEPAD_AXES)[number];

/** Usages of the first and the last modifier key. */
const MODIFIERS = [0xe0, 0xe7] as const;
/** The greatest key that the keyboard's array holds. */
const LAST_KEY = 0xdd;

function bits(page: number, first: number, last: number): ItemList {
  return [
    ['usagePage', page],
    ['usageMinimum', first],
    ['usageMaximum', last],
    ['logicalMinimum', 0],
    ['logicalMaximum', 1],
    ['reportSize', 1],
    ['reportCount', last - first + 1],
  ];
}

/**
 * The report descriptor of a keyboard with six keys at a time, eight modifiers and five LEDs. Its reports are those of the
 * boot protocol (HID 1.11, appendix B.1).
 */
export function keyboardDescriptor(): Uint8Array<ArrayBuffer> {
  return buildReportDescriptor([
    ['usagePage', GENERIC_DESKTOP],
    ['usage', Desktop.KEYBOARD],
    ['collection', APPLICATION],
    ...bits(KEYBOARD, ...MODIFIERS),
    ['input', FieldBits.VARIABLE],
    ['reportSize', 8],
    ['reportCount', 1],
    ['input', FieldBits.CONSTANT],
    ...bits(LED, 1, 5),
    ['output', FieldBits.VARIABLE],
    ['reportSize', 3],
    ['reportCount', 1],
    ['output', FieldBits.CONSTANT],
    ['usagePage', KEYBOARD],
    ['usageMinimum', 0],
    ['usageMaximum', LAST_KEY],
    ['logicalMinimum', 0],
    ['logicalMaximum', LAST_KEY],
    ['reportSize', 8],
    ['reportCount', 6],
    ['input', FieldBits.ARRAY],
    ['endCollection'],
  ]);
}

/** The report descriptor of a mouse with a wheel. Its reports begin with those of the boot protocol. @param buttons 3 to 8 */
export function mouseDescriptor(buttons = 3): Uint8Array<ArrayBuffer> {
  return buildReportDescriptor([
    ['usagePage', GENERIC_DESKTOP],
    ['usage', Desktop.MOUSE],
    ['collection', APPLICATION],
    ['usage', Desktop.POINTER],
    ['collection', PHYSICAL],
    ...bits(BUTTON, 1, buttons),
    ['input', FieldBits.VARIABLE],
    ...padding(buttons),
    ['usagePage', GENERIC_DESKTOP],
    ['usage', Desktop.X],
    ['usage', Desktop.X + 1],
    ['usage', Desktop.WHEEL],
    ['logicalMinimum', -127],
    ['logicalMaximum', 127],
    ['reportSize', 8],
    ['reportCount', 3],
    ['input', FieldBits.RELATIVE],
    ['endCollection'],
    ['endCollection'],
  ]);
}

/** What a game pad has. */
export interface GamepadParts {
  /** 1 to 32. */
  readonly buttons: number;
  /** Each axis goes from -32767 to 32767. */
  readonly axes: readonly GamepadAxis[];
  /** A hat switch: 0 is up, then clockwise to 7; 8 is the middle. */
  readonly hat: boolean;
}

/** The report descriptor of a game pad. */
export function gamepadDescriptor({ buttons, axes, hat }: GamepadParts): Uint8Array<ArrayBuffer> {
  const hatItems: ItemList = [
    ['usage', Desktop.HAT],
    ['logicalMinimum', 0],
    ['logicalMaximum', 8],
    ['reportSize', 8],
    ['reportCount', 1],
    ['input', FieldBits.VARIABLE],
  ];
  const axisItems: ItemList = [
    ...axes.map((axis) => ['usage', Desktop.X + GAMEPAD_AXES.indexOf(axis)] as const),
    ['logicalMinimum', -32_767],
    ['logicalMaximum', 32_767],
    ['reportSize', 16],
    ['reportCount', axes.length],
    ['input', FieldBits.VARIABLE],
  ];
  return buildReportDescriptor([
    ['usagePage', GENERIC_DESKTOP],
    ['usage', Desktop.GAMEPAD],
    ['collection', APPLICATION],
    ...bits(BUTTON, 1, buttons),
    ['input', FieldBits.VARIABLE],
    ...padding(buttons),
    ['usagePage', GENERIC_DESKTOP],
    ...(axes.length > 0 ? axisItems : []),
    ...(hat ? hatItems : []),
    ['endCollection'],
  ]);
}
