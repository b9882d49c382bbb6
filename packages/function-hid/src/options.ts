import {
  BOOT_PROTOCOLS,
  type BootDevice,
  GAMEPAD_AXES,
  gamepadDescriptor,
  keyboardDescriptor,
  mouseDescriptor,
} from '@gadgetloom/usb-classes/hid';
import { z } from 'zod';

const MAX_IDLE = 1020;
const bootDevices = Object.keys(BOOT_PROTOCOLS) as [BootDevice, ...BootDevice[]];

const common = {
  /** Output reports come over an OUT endpoint as well as with SET_REPORT. */
  outputEndpoint: z.boolean().default(false),
  /** Most milliseconds between two reports: how often the host asks. */
  interval: z.number().min(0.125).max(255).default(1),
  /** Name of the interface (iInterface). */
  name: z.string().optional(),
};
/** Milliseconds after which an unchanged report is repeated until the host sets another rate; 0: never. */
const idle = z.int().min(0).max(MAX_IDLE).multipleOf(4);

const keyboardOptions = z.strictObject({ device: z.literal('keyboard'), ...common, idle: idle.default(500) });
const mouseOptions = z.strictObject({
  device: z.literal('mouse'),
  ...common,
  idle: idle.default(0),
  /** Number of buttons. */
  buttons: z.int().min(3).max(8).default(3),
});
const gamepadOptions = z.strictObject({
  device: z.literal('gamepad'),
  ...common,
  idle: idle.default(0),
  /** Number of buttons. */
  buttons: z.int().min(1).max(32).default(12),
  /** Axes, each from -32767 to 32767. */
  axes: z.array(z.enum(GAMEPAD_AXES)).default(['x', 'y', 'z', 'rz']),
  /** A hat switch: 0 is up, then clockwise to 7; 8 is the middle. */
  hat: z.boolean().default(true),
});
const rawOptions = z.strictObject({
  device: z.literal('raw'),
  ...common,
  idle: idle.default(0),
  /** The report descriptor: bytes, or hexadecimal text. */
  reportDescriptor: z.union([z.instanceof(Uint8Array), z.array(z.int().min(0).max(255)), z.string()]),
  /** The device that a BIOS takes it for. Its reports then have no ids and begin with the report of the boot protocol. */
  boot: z.enum(bootDevices).optional(),
});

/** Checks the options of every kind of device. */
export const hidOptions = z.discriminatedUnion('device', [keyboardOptions, mouseOptions, gamepadOptions, rawOptions]);

/** Options of `hid`: one kind of device. */
export type HidOptions = z.input<typeof hidOptions>;
/** Options after the check. */
export type CheckedHidOptions = z.output<typeof hidOptions>;
/** Options of a keyboard. */
export type KeyboardOptions = z.input<typeof keyboardOptions>;
/** Options of a mouse. */
export type MouseOptions = z.input<typeof mouseOptions>;
/** Options of a game pad. */
export type GamepadOptions = z.input<typeof gamepadOptions>;
/** Options of a device with a report descriptor of its own. */
export type RawOptions = z.input<typeof rawOptions>;

/** A keyboard with the US layout: `hid(keyboard())`. */
export function keyboard(options: Omit<KeyboardOptions, 'device'> = {}): KeyboardOptions {
  return { device: 'keyboard', ...options };
}

/** A mouse with a wheel. */
export function mouse(options: Omit<MouseOptions, 'device'> = {}): MouseOptions {
  return { device: 'mouse', ...options };
}

/** A game pad. */
export function gamepad(options: Omit<GamepadOptions, 'device'> = {}): GamepadOptions {
  return { device: 'gamepad', ...options };
}

/** Any HID device, by its report descriptor. */
export function raw(
  reportDescriptor: RawOptions['reportDescriptor'],
  options: Omit<RawOptions, 'device' | 'reportDescriptor'> = {},
): RawOptions {
  return { device: 'raw', reportDescriptor, ...options };
}

/** The report descriptor of a device, and the boot protocol that it speaks. */
export function reportsOf(options: CheckedHidOptions): { descriptor: Uint8Array; boot: BootDevice | undefined } {
  switch (options.device) {
    case 'keyboard':
      return { descriptor: keyboardDescriptor(), boot: 'keyboard' };
    case 'mouse':
      return { descriptor: mouseDescriptor(options.buttons), boot: 'mouse' };
    case 'gamepad':
      return { descriptor: gamepadDescriptor(options), boot: undefined };
    case 'raw':
      return { descriptor: bytesOf(options.reportDescriptor), boot: options.boot };
  }
}

function bytesOf(bytes: Uint8Array | readonly number[] | string): Uint8Array {
  if (typeof bytes !== 'string') return Uint8Array.from(bytes);
  const digits = bytes.replace(/0x|[\s,]/gi, '');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
