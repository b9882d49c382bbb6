import { decodeDescriptors, type FunctionDescriptor, validateDescriptors } from '@gadgetloom/functionfs';

/**
 * True for descriptors on which the kernel would dereference NULL at bind: endpoints for high speed and SuperSpeed but
 * none for full speed. False for descriptors that the kernel refuses. Source: f_fs.c, __ffs_data_got_descs and
 * __ffs_func_bind_do_descs.
 */
export function lacksFullSpeed(blob: Uint8Array): boolean {
  if (validateDescriptors(blob) !== undefined) return false;
  const { full, high, super: superSpeed } = decodeDescriptors(blob);
  return !hasEndpoints(full) && hasEndpoints(high) && hasEndpoints(superSpeed);
}

function hasEndpoints(descriptors: readonly FunctionDescriptor[] = []): boolean {
  return descriptors.some(({ type }) => type === 'endpoint');
}
