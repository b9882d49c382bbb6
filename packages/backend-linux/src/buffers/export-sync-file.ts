import type { LinuxKernel } from '../kernel/linux-kernel.ts';

/** Makes DMA_BUF_IOCTL_EXPORT_SYNC_FILE. Returns a descriptor or a negative errno. */
export function exportSyncFile(kernel: LinuxKernel, fd: number, flags: number): number {
  const argument = new Uint8Array(8);
  const view = new DataView(argument.buffer);
  view.setUint32(0, flags, true);
  view.setInt32(4, -1, true);
  const result = kernel.ioctl(fd, 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE', argument);
  return result < 0 ? result : view.getInt32(4, true);
}
