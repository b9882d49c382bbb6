import { findCleanables, LinuxKernel, strangeNotes } from '@gadgetloom/backend-linux';
import { isKernelError, SystemClock } from '@gadgetloom/core';
import { requireRoot } from '../../root.ts';
import type { Output } from '../../terminal/output.ts';

/** Options of the command line. */
export interface CleanOptions {
  readonly dryRun?: boolean;
  readonly setup?: boolean;
}

/** `gadgetloom clean`: removes only what ended processes left behind. @returns exit status */
export async function clean({ dryRun = false, setup = false }: CleanOptions, output: Output): Promise<number> {
  if (!dryRun) requireRoot('clean', 'gadgets and mounts belong to it');
  using kernel = new LinuxKernel({ clock: new SystemClock() });
  for (const path of strangeNotes(kernel.paths))
    output.error(`skipped: ${path} is no note of a gadget. Remove the file if nobody needs it.`);
  const found = findCleanables(kernel, { setup });
  if (found.length === 0) output.line('There is nothing to clean up.', 0);
  if (process.getuid?.() !== 0) output.line('Only root sees what programs of other users left behind.', 0);
  let failed = false;
  for (const { what, remove } of found) {
    if (dryRun) {
      output.line(`would remove: ${what}`, 2);
      continue;
    }
    try {
      await remove();
      output.line(`removed: ${what}`, 2);
    } catch (error) {
      if (!isKernelError(error)) throw error;
      failed = true;
      output.error(`not removed: ${what} (${error.message})`);
    }
  }
  return failed ? 1 : 0;
}
