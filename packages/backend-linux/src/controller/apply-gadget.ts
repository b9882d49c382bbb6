import { isKernelError } from '@gadgetloom/core';
import type { GadgetConfig } from '@gadgetloom/udc';
import { kernelFunctionEntry, showsSame } from '@gadgetloom/udc/kernel-functions';
import type { ConfigFiles } from './config-files.ts';
import { configurationPath, functionPath, gadgetTree, type TreeEntry } from './gadget-tree.ts';

/** Groups that configfs makes itself, and with which it removes them. */
const OWN_GROUPS: readonly string[] = ['functions', 'configs', 'strings', 'os_desc', 'webusb'];

/**
 * Makes a gadget's directory what the description says, and touches only what differs: applied a second time it does
 * nothing. What the kernel does not let go of while a function is in a configuration is changed by taking the functions
 * of that configuration out, and linking them anew in their order.
 *
 * @returns what was done, in order: `'mkdir functions/ffs.data'`, `'write idVendor'`
 * @throws KernelError as configfs; what was done by then stays
 */
export function applyGadget(files: ConfigFiles, config: GadgetConfig): string[] {
  return carryOut(new Changes(files), files, config);
}

/** What {@link applyGadget} would do. Nothing is changed. @throws KernelError as configfs, where it cannot be read */
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

/** Removes a gadget's directory and everything in it. It must not be bound. @throws KernelError as configfs */
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

  /** @param pretending nothing is done, only noted */
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
      // The kernel would keep using what is taken out of a function that is in use.
      const [functionDirectory, inside] = splitFunction(path);
      if (inside !== undefined && wanted.has(functionDirectory!)) this.#takeOut(functionDirectory!);
      this.#remove(path);
    }
  }

  /** Interfaces are numbered as the functions were linked: one that goes in between takes out those behind it. */
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

  /** Makes something of a function free to be changed. @returns whether there was something to do */
  #release({ kind, path }: TreeEntry): boolean {
    const [functionDirectory, inside] = splitFunction(path);
    if (inside === undefined || this.#isBound()) return false;
    const lun = /^(.*\/lun\.\d+)\/(?!file$)/.exec(path)?.[1];
    if (kind === 'attribute' && lun !== undefined && this.#eject(`${lun}/file`)) return true;
    return this.#takeOut(functionDirectory!);
  }

  /** A LUN stays as it is while its file is open (storage_common.c, _fsg_store_ro). */
  #eject(path: string): boolean {
    if (!this.#files.exists(path) || this.#files.read(path).trim() === '') return false;
    this.step(`eject ${path}`, () => this.#files.write(path, '\n'));
    return true;
  }

  /** Empties the configurations that have the function, and takes off its own links. */
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

/** Directory of the function that a path is in, and the rest of the path. */
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

/** Directories and links that somebody made, those that use others first. */
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

/** Links in a function, the last that were made first. */
function innerLinks(files: ConfigFiles, path: string): string[] {
  return walk(files, path)
    .filter((inner) => files.isLink(inner))
    .sort((a, b) => rank(b) - rank(a));
}

/** A camera's classes link to its headers, which link to its formats. */
const rank = (path: string): number => (path.includes('/class/') ? 2 : path.includes('/header/') ? 1 : 0);

/** Directories that were made in a function, the deepest first. Those that the kernel made stay. */
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

/** Everything below a directory but attributes, from the top. */
function walk(files: ConfigFiles, path: string): string[] {
  return files.children(path).flatMap((name) => {
    const inner = `${path}/${name}`;
    return files.isLink(inner) ? [inner] : [inner, ...walk(files, inner)];
  });
}
