export type { EndpointFile } from './endpoint-file.ts';
export type { Ep0File } from './ep0-file.ts';
export { decodeEvents, EVENT_SIZE, EVENT_TYPES, type EventType, encodeEvent, type FunctionFsEvent } from './event.ts';
export {
  FUNCTION_FS,
  type FunctionFs,
  type FunctionFsMount,
  type MountOptions,
  type OpenOptions,
} from './functionfs.ts';
