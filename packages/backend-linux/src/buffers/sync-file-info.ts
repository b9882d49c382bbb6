import type { SyncFenceInfo, SyncFileInfo } from '@gadgetloom/dmabuf';
import { succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';

const HEAD = 56;
const FENCE = 80;
const NAME = 32;

/** Information on a sync file without the list of its fences. */
export interface SyncFileStatus {
  /** 0 active, 1 signaled, or the negative errno of the fence. */
  readonly status: number;
  /** Timestamp of the fence if the file has exactly one; otherwise 0. */
  readonly context: number;
  readonly seqno: number;
}

/** Format of sync_file_get_name for a single fence: driver, timeline, context and seqno. */
const FENCE_NAME = /(\d+)-(\d+)$/;

/** Makes SYNC_IOC_FILE_INFO without fences. @throws KernelError the call itself failed */
export function readStatus({ addon }: LinuxKernel, fd: number): SyncFileStatus {
  const head = new Uint8Array(HEAD);
  succeeded(addon.syncFileInfo(fd, head), 'SYNC_IOC_FILE_INFO');
  const [, context = 0, seqno = 0] = FENCE_NAME.exec(text(head, 0)) ?? [];
  return { status: new DataView(head.buffer).getInt32(NAME, true), context: Number(context), seqno: Number(seqno) };
}

/** Makes SYNC_IOC_FILE_INFO with room for every fence. @throws KernelError EBADF, ENOTTY not a sync file */
export function readInfo(kernel: LinuxKernel, fd: number): SyncFileInfo {
  const operation = 'SYNC_IOC_FILE_INFO';
  const count = succeeded(kernel.addon.syncFileInfo(fd, new Uint8Array(HEAD)), operation);
  const bytes = new Uint8Array(HEAD + count * FENCE);
  succeeded(kernel.addon.syncFileInfo(fd, bytes), operation);
  const view = new DataView(bytes.buffer);
  const fences: SyncFenceInfo[] = [];
  for (let at = HEAD; at < bytes.length; at += FENCE) {
    fences.push({
      objectName: text(bytes, at),
      driverName: text(bytes, at + NAME),
      status: view.getInt32(at + 2 * NAME, true),
      timestamp: Number(view.getBigUint64(at + 2 * NAME + 8, true)),
    });
  }
  return { name: text(bytes, 0), status: view.getInt32(NAME, true), fences };
}

function text(bytes: Uint8Array, at: number): string {
  const field = bytes.subarray(at, at + NAME);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}
