export type { Pattern, PatternFault } from '@gadgetloom/usb-classes/source-sink';
export { type SourceSink, sourceSink } from './source-sink.ts';
