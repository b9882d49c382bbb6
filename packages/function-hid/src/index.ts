export { buildReportDescriptor, FieldBits, type ItemList, type ReportValues } from '@gadgetloom/usb-classes/hid';
export { type HidFunction, type HidMaker, hid } from './hid.ts';
export {
  type FeatureProvider,
  HidDevice,
  type HidReport,
  type ReportContent,
  type ReportListener,
} from './hid-device.ts';
export { type Key, Keyboard } from './keyboard.ts';
export { Mouse } from './mouse.ts';
export {
  type GamepadOptions,
  gamepad,
  type HidOptions,
  type KeyboardOptions,
  keyboard,
  type MouseOptions,
  mouse,
  type RawOptions,
  raw,
} from './options.ts';
