import { isKernelError } from '@gadgetloom/core';
import type { GadgetConfig } from '@gadgetloom/udc';
import { kernelFunctionEntry, showsSame } from '@gadgetloom/udc/kernel-functions';
import type { ConfigFiles } from './config-files.ts';
import { configurationPath, functionPath, gadgetTree, type TreeEntry } from './gadget-tree.ts';

/** Groups that configfs makes and removes itself. */
const OWN_GROUPS: readonly string[] = ['functions', 'configs', 'strings', 'os_desc', 'webusb'];

/**
 * Makes a gadget's directory match the description and writes only what differs. A second application does nothing. The
 * kernel locks some attributes while a function is in a configuration. To change those, `applyGadget` takes the
 * functions out of that configuration and links them again in their order.
 *
 * @returns the steps, in order: `'mkdir functions/ffs.data'`, `'write idVendor'`
 * @throws KernelError the errno of configfs; the steps before it stay
 */
export function applyGadget(files: ConfigFiles, config: GadgetConfig): string[] {
  return carryOut(new Changes(files), files, config);
}

/** Lists what {@link applyGadget} would do, without changing anything. @throws KernelError configfs cannot be read */
export function gadgetDifferences(files: ConfigFiles, config: GadgetConfig): string[] {
  return carryOut(new Changes(files, true), files, config);
}

function carryOut(changes: Changes, files: ConfigFiles, config: GadgetConfig): string[] {
  const wanted = gadgetTree(config);
  if (!files.exists('')) changes.step(`mkdir ${config.name}`, () => files.mkdir(''));
  changes.removeSurplus(new Set(wanted.map(({ path }) => path)));
  changes.keepOrder(config);
  for (const entry of wanted) if (!isThere(files, entry)) changes.make(entry);
  return changes.done;
}

/** Removes an unbound gadget's directory and everything in it. @throws KernelError the errno of configfs */
export function removeGadget(files: ConfigFiles): void {
  if (!files.exists('')) return;
  const changes = new Changes(files);
  changes.removeSurplus(new Set());
  files.rmdir('');
}

class Changes {
  readonly done: string[] = [];
  readonly #files: ConfigFiles;
  readonly #pretending: boolean;

  /** @param pretending if true, steps are recorded but not carried out */
  constructor(files: ConfigFiles, pretending = false) {
    this.#files = files;
    this.#pretending = pretending;
  }

  step(words: string, action: () => void): void {
    if (!this.#pretending) action();
    this.done.push(words);
  }

  removeSurplus(wanted: ReadonlySet<string>): void {
    for (const path of contents(this.#files)) {
      if (wanted.has(path)) continue;
      // The kernel would keep using what is removed from a function in use.
      const [functionDirectory, inside] = splitFunction(path);
      if (inside !== undefined && wanted.has(functionDirectory!)) this.#takeOut(functionDirectory!);
      this.#remove(path);
    }
  }

  /**
   * The order of the links numbers the interfaces. To insert a function, those behind it are unlinked and linked again.
   */
  keepOrder({ configurations }: GadgetConfig): void {
    for (const configuration of configurations) {
      const links = configuration.functions.map(
        (one) => `${configurationPath(configuration)}/${functionPath(one).slice('functions/'.length)}`,
      );
      const first = links.findIndex((path) => !this.#files.isLink(path));
      for (const path of first < 0 ? [] : links.slice(first)) if (this.#files.isLink(path)) this.#remove(path);
    }
  }

  make(entry: TreeEntry): void {
    try {
      this.#put(entry);
    } catch (error) {
      if (!isKernelError(error, 'EBUSY') || !this.#release(entry)) throw error;
      this.#put(entry);
    }
  }

  #put(entry: TreeEntry): void {
    const { path } = entry;
    if (entry.kind === 'directory') this.step(`mkdir ${path}`, () => this.#files.mkdir(path));
    else if (entry.kind === 'link') this.step(`link ${path}`, () => this.#files.link(path, entry.target));
    else this.step(`write ${path}`, () => this.#files.write(path, entry.value));
  }

  /** Makes an entry of a function writable again. @returns true if that took a step */
  #release({ kind, path }: TreeEntry): boolean {
    const [functionDirectory, inside] = splitFunction(path);
    if (inside === undefined || this.#isBound()) return false;
    const lun = /^(.*\/lun\.\d+)\/(?!file$)/.exec(path)?.[1];
    if (kind === 'attribute' && lun !== undefined && this.#eject(`${lun}/file`)) return true;
    return this.#takeOut(functionDirectory!);
  }

  /** Ejects a LUN: its attributes are locked while its file is open (storage_common.c, _fsg_store_ro). */
  #eject(path: string): boolean {
    if (!this.#files.exists(path) || this.#files.read(path).trim() === '') return false;
    this.step(`eject ${path}`, () => this.#files.write(path, '\n'));
    return true;
  }

  /** Empties the configurations that have the function, and removes the links inside the function. */
  #takeOut(functionDirectory: string): boolean {
    const name = functionDirectory.slice('functions/'.length);
    const users = configurationsOf(this.#files).filter((path) => this.#files.isLink(`${path}/${name}`));
    const inner = users.length > 0 ? innerLinks(this.#files, functionDirectory) : [];
    for (const path of [...users.flatMap((user) => linksIn(this.#files, user)), ...inner]) this.#remove(path);
    return users.length > 0;
  }

  #remove(path: string): void {
    if (this.#files.isLink(path)) this.step(`unlink ${path}`, () => this.#files.unlink(path));
    else if (this.#files.exists(path)) this.step(`rmdir ${path}`, () => this.#files.rmdir(path));
  }

  #isBound(): boolean {
    return this.#files.exists('UDC') && this.#files.read('UDC').trim() !== '';
  }
}

function isThere(files: ConfigFiles, entry: TreeEntry): boolean {
  if (!files.exists(entry.path)) return false;
  return entry.kind !== 'attribute' || showsSame(entry.rule, files.readBytes(entry.path), entry.value);
}

/** Splits a path into the directory of its function and the rest. */
function splitFunction(path: string): readonly [directory?: string, inside?: string] {
  const [, directory, inside] = /^(functions\/[^/]+)\/(.+)$/.exec(path) ?? [];
  return directory === undefined || inside === undefined ? [] : [directory, inside];
}

const configurationsOf = (files: ConfigFiles): string[] => files.children('configs').map((name) => `configs/${name}`);

function linksIn(files: ConfigFiles, path: string): string[] {
  return files
    .children(path)
    .map((name) => `${path}/${name}`)
    .filter((inner) => files.isLink(inner));
}

/** Lists directories and links that were not made by the kernel, in an order in which they can be removed. */
function contents(files: ConfigFiles): string[] {
  const configurations = configurationsOf(files);
  const links = ['os_desc', ...configurations].flatMap((path) => linksIn(files, path));
  const texts = configurations.flatMap((path) =>
    files.children(`${path}/strings`).map((name) => `${path}/strings/${name}`),
  );
  const languages = files.children('strings').map((name) => `strings/${name}`);
  const extra = languages.flatMap((path) => files.children(path).map((name) => `${path}/${name}`));
  const functions = files.children('functions').map((name) => `functions/${name}`);
  const inside = functions.flatMap((path) => [...innerLinks(files, path), ...innerDirectories(files, path)]);
  return [...links, ...texts, ...configurations, ...inside, ...functions, ...extra, ...languages].filter(
    (path) => !OWN_GROUPS.includes(path),
  );
}

/** Lists the links in a function, in an order in which they can be removed. */
function innerLinks(files: ConfigFiles, path: string): string[] {
  return walk(files, path)
    .filter((inner) => files.isLink(inner))
    .sort((a, b) => rank(b) - rank(a));
}

/** A camera's classes link to its headers, which link to its formats. */
const rank = (path: string): number => (path.includes('/class/') ? 2 : path.includes('/header/') ? 1 : 0);

/** Lists directories in a function, the deepest first, without those that the kernel makes. */
function innerDirectories(files: ConfigFiles, path: string): string[] {
  const type = path.slice('functions/'.length).split('.')[0]!;
  return walk(files, path)
    .filter((inner) => {
      if (files.isLink(inner)) return false;
      const entry = kernelFunctionEntry(type, inner.slice(path.length + 1));
      return entry?.kind === 'directory' && !entry.made;
    })
    .reverse();
}

/** Lists directories and links below a directory, from the top. */
function walk(files: ConfigFiles, path: string): string[] {
  return files.children(path).flatMap((name) => {
    const inner = `${path}/${name}`;
    return files.isLink(inner) ? [inner] : [inner, ...walk(files, inner)];
  });
}
