import type { GadgetConfig } from '@gadgetloom/udc';
import type { ConfigFiles } from './config-files.ts';
import { gadgetTree, type TreeEntry } from './gadget-tree.ts';

/** Groups that configfs makes itself, and with which it removes them. */
const OWN_GROUPS: readonly string[] = ['functions', 'configs', 'strings', 'os_desc', 'webusb'];

/**
 * Makes a gadget's directory what the description says, and touches only what differs: applied a second time it does
 * nothing.
 *
 * @returns what was done, in order: `'mkdir functions/ffs.data'`, `'write idVendor'`
 * @throws KernelError as configfs; what was done by then stays
 */
export function applyGadget(files: ConfigFiles, config: GadgetConfig): string[] {
  const changes: string[] = [];
  const wanted = gadgetTree(config);
  const step = (words: string, action: () => void): void => {
    action();
    changes.push(words);
  };
  if (!files.exists('')) step(`mkdir ${config.name}`, () => files.mkdir(''));
  for (const path of surplus(files, new Set(wanted.map(({ path }) => path)))) {
    if (files.isLink(path)) step(`unlink ${path}`, () => files.unlink(path));
    else step(`rmdir ${path}`, () => files.rmdir(path));
  }
  for (const entry of wanted) {
    if (isThere(files, entry)) continue;
    if (entry.kind === 'directory') step(`mkdir ${entry.path}`, () => files.mkdir(entry.path));
    else if (entry.kind === 'link') step(`link ${entry.path}`, () => files.link(entry.path, entry.target));
    else step(`write ${entry.path}`, () => files.write(entry.path, entry.value));
  }
  return changes;
}

/** Removes a gadget's directory and everything in it. It must not be bound. @throws KernelError as configfs */
export function removeGadget(files: ConfigFiles): void {
  if (!files.exists('')) return;
  for (const path of surplus(files, new Set())) {
    if (files.isLink(path)) files.unlink(path);
    else files.rmdir(path);
  }
  files.rmdir('');
}

function isThere(files: ConfigFiles, entry: TreeEntry): boolean {
  if (!files.exists(entry.path)) return false;
  return entry.kind !== 'attribute' || sameValue(files.read(entry.path), entry.value);
}

/** configfs gives numbers back in a format of its own, and one newline at the end. */
function sameValue(found: string, wanted: string): boolean {
  const text = found.replace(/\n$/, '');
  if (text === wanted.replace(/\n$/, '')) return true;
  const numbers = [text, wanted].map((each) => (/^\s*(0x[\da-f]+|\d+)\s*$/i.test(each) ? Number(each) : Number.NaN));
  return numbers[0] === numbers[1];
}

/** Directories and links that are not wanted, those that use others first. */
function surplus(files: ConfigFiles, wanted: ReadonlySet<string>): string[] {
  const configurations = files.children('configs').map((name) => `configs/${name}`);
  const links = [
    ...files.children('os_desc').map((name) => `os_desc/${name}`),
    ...configurations.flatMap((path) =>
      files.children(path).flatMap((name) => (name === 'strings' ? [] : [`${path}/${name}`])),
    ),
  ].filter((path) => files.isLink(path));
  const texts = configurations.flatMap((path) =>
    files.children(`${path}/strings`).map((name) => `${path}/strings/${name}`),
  );
  const languages = files.children('strings').map((name) => `strings/${name}`);
  const extra = languages.flatMap((path) => files.children(path).map((name) => `${path}/${name}`));
  const functions = files.children('functions').map((name) => `functions/${name}`);
  const inside = functions.flatMap((path) => removableInside(files, path));
  return [...links, ...texts, ...configurations, ...inside, ...functions, ...extra, ...languages].filter(
    (path) => !wanted.has(path) && !OWN_GROUPS.includes(path),
  );
}

/** Directories that were made inside a function: more LUNs of a mass storage. Those that a function has by itself stay. */
function removableInside(files: ConfigFiles, path: string): string[] {
  if (!path.startsWith('functions/mass_storage.')) return [];
  return files.children(path).flatMap((name) => (name === 'lun.0' ? [] : [`${path}/${name}`]));
}
