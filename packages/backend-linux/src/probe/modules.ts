import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import type { LinuxPaths } from '../kernel/paths.ts';
import { bad, good, uncertain } from './outcome.ts';

/** State of a kernel module. */
export type ModuleState = 'loaded' | 'built in' | 'not loaded' | 'missing' | 'unknown';

/** Modules that the backend needs, their purpose, and their option in the kernel's configuration. */
export const MODULES = [
  ['libcomposite', 'gadgets in configfs', 'CONFIG_USB_CONFIGFS'],
  ['usb_f_fs', 'FunctionFS', 'CONFIG_USB_CONFIGFS_F_FS'],
  ['udmabuf', 'buffers where there is no DMA heap', 'CONFIG_UDMABUF'],
] as const;

/** `uname -r`. */
export function kernelRelease(paths: LinuxPaths): string {
  return textOf(join(paths.proc, 'sys/kernel/osrelease')).trim() || 'unknown';
}

/** Looks for a module among the loaded ones and in the directory of the kernel's modules. */
export function moduleState(paths: LinuxPaths, name: string): ModuleState {
  if (existsSync(join(paths.sys, 'module', name))) return 'loaded';
  const directory = join(paths.modules, kernelRelease(paths));
  const lists = (list: string): boolean =>
    new RegExp(`/${name.replaceAll('_', '[_-]')}\\.ko`).test(textOf(join(directory, list)));
  if (lists('modules.builtin')) return 'built in';
  if (lists('modules.dep')) return 'not loaded';
  return existsSync(join(directory, 'modules.dep')) ? 'missing' : 'unknown';
}

/** Looks for a module of {@link MODULES}. */
export function moduleFinding(paths: LinuxPaths, [name, purpose, option]: (typeof MODULES)[number]): ProbeResult {
  const state = moduleState(paths, name);
  if (state === 'missing')
    return bad(
      `the kernel has no module ${name}, for ${purpose}`,
      `Install the package that has it (on Ubuntu \`linux-modules-extra-${kernelRelease(paths)}\`; cloud kernels have none), or build the kernel with ${option}.`,
    );
  if (state === 'not loaded')
    return good(`not loaded; \`modprobe ${name}\` loads it${name === 'usb_f_fs' ? ', and so does its first use' : ''}`);
  return state === 'unknown' ? uncertain(`the kernel does not say whether ${name} is built in`) : good(state);
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
