import type { SyncFenceInfo, SyncFileInfo } from '@gadgetloom/dmabuf';
import { succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';

const HEAD = 56;
const FENCE = 80;
const NAME = 32;

/** Answers of SYNC_IOC_FILE_INFO without fences, one at a time (struct sync_file_info). */
const head = new Uint8Array(HEAD);
const headView = new DataView(head.buffer);

/** Context and seqno of the fence whose sync file was looked at last; see {@link readStatus}. */
export const fenceNumbers = { context: 0, seqno: 0 };

const ZERO = 0x30;
const DASH = 0x2d;

/**
 * Status of a sync file, and into {@link fenceNumbers} what its name says: `functionfs-CONTEXT-SEQNO`
 * (sync_file_get_name). It is read for every transfer, and makes no string.
 *
 * @returns 0 active, 1 signaled, or the negative errno of the fence
 * @throws KernelError the call itself failed
 */
export function readStatus(kernel: LinuxKernel, fd: number): number {
  succeeded(kernel.addon.syncFileInfo(fd, head), 'SYNC_IOC_FILE_INFO');
  let end = 0;
  while (end < NAME && head[end] !== 0) end++;
  let at = end;
  let scale = 1;
  let number = 0;
  fenceNumbers.context = 0;
  fenceNumbers.seqno = 0;
  while (--at >= 0 && head[at] !== DASH) {
    number += (head[at]! - ZERO) * scale;
    scale *= 10;
  }
  fenceNumbers.seqno = number;
  number = 0;
  scale = 1;
  while (--at >= 0 && head[at]! >= ZERO && head[at]! < ZERO + 10) {
    number += (head[at]! - ZERO) * scale;
    scale *= 10;
  }
  fenceNumbers.context = number;
  return headView.getInt32(NAME, true);
}

/** SYNC_IOC_FILE_INFO with room for every fence. @throws KernelError EBADF, ENOTTY not a sync file */
export function readInfo(kernel: LinuxKernel, fd: number): SyncFileInfo {
  const operation = 'SYNC_IOC_FILE_INFO';
  const count = succeeded(kernel.addon.syncFileInfo(fd, head), operation);
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
