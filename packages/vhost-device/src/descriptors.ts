import { loadAddon } from '@gadgetloom/linux-native';

/** Closes descriptors that Node did not open: its own close would warn about them in a worker thread. */
export function closeDescriptors(...descriptors: readonly number[]): void {
  const addon = loadAddon();
  for (const descriptor of descriptors) addon.closeAll(Int32Array.of(descriptor), 1);
}
