import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LinuxPaths } from '../kernel/paths.ts';

/** How it is with a module of the kernel. */
export type ModuleState = 'loaded' | 'built in' | 'not loaded' | 'missing' | 'unknown';

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

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
