export { AcmControl, type AcmControlOptions, type AcmDecision, type AcmListener } from './acm-control.ts';
export { type AcmDescriptorOptions, encodeAcmDescriptors } from './acm-descriptors.ts';
export { AcmRequest, CdcClass, DescriptorSubtype } from './acm-numbers.ts';
export {
  decodeLineCoding,
  encodeLineCoding,
  formatLineCoding,
  LINE_CODING_SIZE,
  type LineCoding,
  PARITIES,
  type Parity,
} from './line-coding.ts';
export {
  decodeSerialState,
  encodeSerialState,
  SERIAL_STATE_SIZE,
  SerialState,
  type SerialStateNotification,
} from './serial-state.ts';
