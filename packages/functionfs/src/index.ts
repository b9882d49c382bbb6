export { type Attached, disown } from './attached.ts';
export { decodeDescriptors, encodeDescriptors, type FunctionDescriptors } from './descriptor-blob.ts';
export { type FindEventfd, validateDescriptor, validateDescriptors } from './descriptor-rules.ts';
export type { EndpointFile } from './endpoint-file.ts';
export { EndpointUse, type EndpointUser, endpointStopped } from './endpoint-use.ts';
export type { Ep0File } from './ep0-file.ts';
export { decodeEvents, EVENT_SIZE, EVENT_TYPES, type EventType, encodeEvent, type FunctionFsEvent } from './event.ts';
export type {
  AssociationDescriptor,
  FunctionDescriptor,
  InterfaceDescriptor,
  OtgDescriptor,
} from './function-descriptor.ts';
export {
  type EndpointOptions,
  FUNCTION_FS,
  type FunctionFs,
  type FunctionFsMount,
  type MountOptions,
  type OpenOptions,
} from './functionfs.ts';
export type {
  OsCompatibleId,
  OsCompatibleIds,
  OsDescriptor,
  OsProperties,
  OsProperty,
} from './os-descriptor.ts';
export type { Rejection } from './rejection.ts';
export { decodeStrings, encodeStrings, validateStrings } from './strings-blob.ts';
export { BLOB_MAX, BLOB_MIN, DESCRIPTOR_FLAGS, DescriptorFlag, ENDPOINTS_MAX, Magic } from './uapi.ts';
