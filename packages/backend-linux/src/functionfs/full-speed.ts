import { decodeDescriptors, type FunctionDescriptor, validateDescriptors } from '@gadgetloom/functionfs';

/**
 * True for descriptors of which a kernel would dereference a NULL pointer when the function is bound: endpoints for high
 * speed and SuperSpeed, and none for full speed, whatever else there is for it. Those that the kernel refuses are not among
 * them. Source: f_fs.c, __ffs_data_got_descs and __ffs_func_bind_do_descs.
 */
export function lacksFullSpeed(blob: Uint8Array): boolean {
  if (validateDescriptors(blob) !== undefined) return false;
  const { full, high, super: superSpeed } = decodeDescriptors(blob);
  return !hasEndpoints(full) && hasEndpoints(high) && hasEndpoints(superSpeed);
}

function hasEndpoints(descriptors: readonly FunctionDescriptor[] = []): boolean {
  return descriptors.some(({ type }) => type === 'endpoint');
}
