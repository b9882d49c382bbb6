import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError, type Plugin } from '@gadgetloom/core';

/**
 * Loads the plugins of modules: `./dist/index.js`, `@acme/usb`, or one export of several with `@acme/usb#acme`. The
 * export is a plugin, or a function that makes one without arguments.
 *
 * @param folder start of relative paths, and of the search for packages
 * @throws InputError there is no such module or export, or it is no plugin
 */
export function loadPlugins(names: readonly string[], folder: string = process.cwd()): Promise<Plugin[]> {
  return Promise.all(names.map((name) => loadPlugin(name, folder)));
}

async function loadPlugin(name: string, folder: string): Promise<Plugin> {
  const [module = '', wanted] = name.split('#', 2);
  const exported = await load(module, folder);
  const choice = wanted ?? onlyExport(module, exported);
  const value: unknown = exported[choice];
  if (value === undefined) throw wrong(`"${module}" has no export "${choice}"; ${listOf(exported)}.`);
  const plugin: unknown = typeof value === 'function' ? await made(name, value) : value;
  if (!isPlugin(plugin))
    throw wrong(`The export "${choice}" of "${module}" is no plugin, nor a function that makes one.`);
  return plugin;
}

async function load(module: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const path = createRequire(join(folder, 'package.json')).resolve(module);
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    // Node appends the list of the modules that required it.
    const hint = /^\.{0,2}\//.test(module) ? '' : ' The path of a file begins with "./".';
    throw wrong(`"${module}" cannot be loaded: ${(cause as Error).message.split('\n', 1)[0]}.${hint}`, cause);
  }
}

function onlyExport(module: string, exported: Readonly<Record<string, unknown>>): string {
  if ('default' in exported) return 'default';
  const candidates = Object.keys(exported).filter((name) => isPlugin(exported[name]) || isMaker(exported[name]));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw wrong(`Say which export of "${module}" is the plugin, as in "${module}#acme"; ${listOf(exported)}.`);
}

async function made(name: string, make: unknown): Promise<unknown> {
  try {
    return await (make as () => unknown)();
  } catch (cause) {
    throw wrong(`"${name}" does not make a plugin without arguments: ${(cause as Error).message}`, cause);
  }
}

const isMaker = (value: unknown): boolean => typeof value === 'function' && !/^class\b/.test(String(value));

function isPlugin(value: unknown): value is Plugin {
  const plugin = value as Partial<Plugin> | null | undefined;
  return typeof plugin === 'object' && typeof plugin?.probe === 'function' && typeof plugin.register === 'function';
}

const listOf = (exported: object): string => `it exports ${Object.keys(exported).sort().join(', ') || 'nothing'}`;

const wrong = (message: string, cause?: unknown): InputError => new InputError(message, { field: 'plugin' }, { cause });
