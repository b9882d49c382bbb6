import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Errno, KernelError } from '@gadgetloom/core';
import { succeeded } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { mountedAt } from '../kernel/mounts.ts';
import type { LinuxPaths } from '../kernel/paths.ts';

/** True if configfs is mounted in its place, or if there is no list of mounts to tell. */
export function isConfigfsMounted({ proc, configfs }: LinuxPaths): boolean {
  const file = join(proc, 'self/mounts');
  return !existsSync(file) || mountedAt(file, configfs).includes('configfs');
}

/** Mounts configfs unless it is mounted. @throws KernelError ENOENT the kernel has no gadgets in it; EPERM */
export function ensureConfigfs({ addon, paths }: LinuxKernel): void {
  const gadgets = join(paths.configfs, 'usb_gadget');
  if (existsSync(gadgets)) return;
  const result = addon.mount('configfs', paths.configfs, 'configfs', '');
  if (result !== -Errno.EBUSY)
    succeeded(result, `mount ${paths.configfs}`, {
      EPERM: 'Mounting requires CAP_SYS_ADMIN. Run as root, or mount configfs at boot.',
      ENODEV: 'The kernel has no configfs. Load the module configfs.',
      ENOENT: 'The kernel has no configfs. Load the module configfs.',
    });
  if (!existsSync(gadgets))
    throw new KernelError(
      'ENOENT',
      `open ${gadgets}`,
      'Gadgets need the module libcomposite. Load it with `modprobe libcomposite`. If the kernel has no such module, install the package that has it, or build the kernel with CONFIG_USB_CONFIGFS.',
    );
}
