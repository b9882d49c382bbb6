import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileCall } from '../kernel/kernel-call.ts';

/**
 * Writes a file wholly or not at all: one that was there before stays what it was where the disk is full, or the process is
 * killed meanwhile.
 *
 * @param mode permission bits of a file that is made
 * @throws KernelError ENOSPC, EACCES, EROFS
 */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.new`;
  try {
    fileCall(`write ${path}`, () => writeFileSync(draft, text, { mode }), {
      ENOSPC: 'Make room there, then try again.',
    });
    fileCall(`write ${path}`, () => renameSync(draft, path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
