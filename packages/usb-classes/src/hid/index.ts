export {
  GAMEPAD_AXES,
  type GamepadAxis,
  type GamepadParts,
  gamepadDescriptor,
  keyboardDescriptor,
  mouseDescriptor,
} from './device-descriptors.ts';
export { HidControl, type HidControlOptions, type HidDecision } from './hid-control.ts';
export {
  BOOT_PROTOCOLS,
  BOOT_REPORT_BYTES,
  type BootDevice,
  HidDescriptorType,
  HidRequest,
  REPORT_TYPES,
  type ReportType,
  UsagePage,
} from './hid-numbers.ts';
export { IdleTimers } from './idle-timers.ts';
export { type KeyStroke, keyOf, keyOfCharacter, MODIFIER_KEYS } from './key-names.ts';
export { parseReportDescriptor } from './parse-report-descriptor.ts';
export { buildReportDescriptor, FieldBits, type ItemList, type ItemName } from './report-builder.ts';
export {
  findReport,
  type HidDescription,
  longestReport,
  type ReportField,
  type ReportLayout,
} from './report-layout.ts';
export { decodeReport, encodeReport, type ReportValues, valueNames } from './report-values.ts';
