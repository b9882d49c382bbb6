import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileCall } from '../kernel/kernel-call.ts';

/**
 * Writes a file completely or not at all. If the disk is full or the process is killed, the previous file stays.
 *
 * @param mode permission bits of a new file
 * @throws KernelError ENOSPC, EACCES, EROFS
 */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.new`;
  try {
    fileCall(`write ${path}`, () => writeFileSync(draft, text, { mode }), {
      ENOSPC: 'The disk is full. Free some space, then try again.',
    });
    fileCall(`write ${path}`, () => renameSync(draft, path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
