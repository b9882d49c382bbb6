import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { Errno } from '@gadgetloom/core';
import { refusal } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { runDirectory } from '../kernel/run-directory.ts';
import { removeGadget } from './apply-gadget.ts';
import { ConfigFiles } from './config-files.ts';
import { allNotes, forgetGadget, type GadgetNote, isNoted, ownerLives } from './ownership.ts';

const GONE: readonly number[] = [-Errno.EINVAL, -Errno.ENOENT];

/** Lists gadgets that a process of this package left behind. Gadgets that others made are never among them. */
export function findLeftovers(kernel: LinuxKernel): GadgetNote[] {
  return allNotes(kernel.paths).filter((note) => !ownerLives(kernel.paths, note));
}

/**
 * Unbinds and removes a leftover gadget, its mounts, and its note. It is no error if they are gone. A new gadget of the
 * same name stays.
 */
export async function cleanLeftover(kernel: LinuxKernel, note: GadgetNote): Promise<void> {
  const files = new ConfigFiles(join(kernel.paths.configfs, 'usb_gadget', note.gadget));
  const noted = isNoted(files, note);
  if (noted && files.exists('UDC') && files.read('UDC').trim() !== '')
    await files.writeSlowly('UDC', '\n', 'unbind', {});
  if (note.borrowed) {
    forgetGadget(kernel.paths, note.gadget);
    return;
  }
  for (const instance of note.instances) unmountAt(kernel, join(runDirectory(kernel.paths, 'ffs'), instance));
  if (noted) removeGadget(files);
  forgetGadget(kernel.paths, note.gadget);
}

/**
 * Unmounts a FunctionFS and removes its directory. It is no error if they are gone. @throws KernelError EBUSY files of
 * it are open
 */
export function unmountAt({ addon }: LinuxKernel, path: string): void {
  const result = addon.umount(path);
  if (result < 0 && !GONE.includes(result))
    throw refusal(result, `umount ${path}`, {
      EBUSY: 'A process has files of it open. End that process, then try again.',
    });
  try {
    rmdirSync(path);
  } catch {
    // The directory was never made, or is gone.
  }
}
