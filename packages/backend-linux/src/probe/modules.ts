import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import type { LinuxPaths } from '../kernel/paths.ts';
import { bad, good, uncertain } from './outcome.ts';

/** How it is with a module of the kernel. */
export type ModuleState = 'loaded' | 'built in' | 'not loaded' | 'missing' | 'unknown';

/**
 * Modules that the backend needs, for what, and what they are called in a kernel's configuration. Those of controllers
 * are the machine's own.
 */
export const MODULES = [
  ['libcomposite', 'gadgets in configfs', 'CONFIG_USB_CONFIGFS'],
  ['usb_f_fs', 'FunctionFS', 'CONFIG_USB_CONFIGFS_F_FS'],
  ['udmabuf', 'buffers where there is no DMA heap', 'CONFIG_UDMABUF'],
] as const;

/** `uname -r`. */
export function kernelRelease(paths: LinuxPaths): string {
  return textOf(join(paths.proc, 'sys/kernel/osrelease')).trim() || 'unknown';
}

/** Looks for a module: among those that are loaded, and in the directory of those that could be. */
export function moduleState(paths: LinuxPaths, name: string): ModuleState {
  if (existsSync(join(paths.sys, 'module', name))) return 'loaded';
  const directory = join(paths.modules, kernelRelease(paths));
  const lists = (list: string): boolean =>
    new RegExp(`/${name.replaceAll('_', '[_-]')}\\.ko`).test(textOf(join(directory, list)));
  if (lists('modules.builtin')) return 'built in';
  if (lists('modules.dep')) return 'not loaded';
  return existsSync(join(directory, 'modules.dep')) ? 'missing' : 'unknown';
}

/** A row of {@link MODULES}, looked for. */
export function moduleFinding(paths: LinuxPaths, [name, purpose, option]: (typeof MODULES)[number]): ProbeResult {
  const state = moduleState(paths, name);
  if (state === 'missing')
    return bad(
      `the kernel has no module ${name}, for ${purpose}`,
      `Install the package that has it (on Ubuntu \`linux-modules-extra-${kernelRelease(paths)}\`; kernels for clouds have none), or build the kernel with ${option}.`,
    );
  if (state === 'not loaded')
    return good(`not loaded; \`modprobe ${name}\` loads it${name === 'usb_f_fs' ? ', and so does the first use' : ''}`);
  return state === 'unknown' ? uncertain(`the kernel does not say whether ${name} is built in`) : good(state);
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
