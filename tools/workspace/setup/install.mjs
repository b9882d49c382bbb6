import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Progress } from './progress.mjs';
import { npm, root, run } from './run.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, resolved?: string, link?: boolean, optional?: boolean }} LockEntry
 * @typedef {{ packages?: Record<string, LockEntry> }} Lock
 */

/**
 * Whether what is installed, as npm noted it in node_modules, is what the lock file asks for. Optional packages may be
 * missing: they are for other machines.
 *
 * @param {Lock} wanted package-lock.json
 * @param {Lock} installed node_modules/.package-lock.json
 */
export function isInstalled(wanted, installed) {
  return Object.entries(wanted.packages ?? {}).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = installed.packages?.[path];
    if (found === undefined) return entry.optional === true;
    if (entry.link) return found.link === true && found.resolved === entry.resolved;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * The folders of packages that every machine installs.
 *
 * @param {Lock} wanted package-lock.json
 */
export const foldersOf = (wanted) =>
  Object.entries(wanted.packages ?? {})
    .filter(([path, { link, optional }]) => path.includes('node_modules/') && !link && !optional)
    .map(([path]) => path);

/** Installs the dependencies if they are missing, or not those of the lock file. Shows how far npm is. */
export async function install() {
  const noted = join(root, 'node_modules/.package-lock.json');
  const [wanted, installed] = [join(root, 'package-lock.json'), noted].map((file) =>
    existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {},
  );
  if (isInstalled(wanted, installed)) return;
  const folders = foldersOf(wanted);
  const progress = new Progress();
  // npm itself says nothing before it ends, so its work is watched in node_modules.
  const show = () => {
    const there = folders.filter((folder) => existsSync(join(root, folder, 'package.json'))).length;
    progress.show(`Installing dependencies (npm ci): ${there} of ${folders.length} packages, once`);
  };
  show();
  const watching = setInterval(show, 250);
  // What npm has to say goes to standard error; how many packages it added does not matter.
  const command = npm('ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error');
  const status = await run(command, { stdio: ['ignore', 'ignore', 'inherit'] });
  clearInterval(watching);
  progress.clear();
  if (status !== 0) throw new Error('The dependencies could not be installed; npm says why above.');
}
