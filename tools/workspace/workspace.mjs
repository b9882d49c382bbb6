import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseSource } from './source-file.mjs';

/**
 * @typedef {import('./source-file.mjs').SourceFile} SourceFile
 *
 * @typedef {object} Manifest the fields of a package.json that the checks look at
 * @property {string} [name]
 * @property {string} [version]
 * @property {boolean} [private]
 * @property {string} [description]
 * @property {string} [license]
 * @property {string} [type]
 * @property {Record<string, string>} [engines]
 * @property {Record<string, unknown>} [exports]
 * @property {string[]} [files]
 * @property {{ access?: string, provenance?: boolean }} [publishConfig]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [devDependencies]
 *
 * @typedef {object} Package
 * @property {'packages' | 'apps' | 'tools' | 'examples'} kind the folder of the repository that it lives in
 * @property {string} short its folder's name, such as `udc`
 * @property {string} name
 * @property {string} folder relative to the repository, such as `packages/udc`
 * @property {Manifest} manifest
 * @property {string} manifestText
 * @property {SourceFile[]} sources
 *
 * @typedef {object} Workspace
 * @property {string} root
 * @property {Manifest} manifest
 * @property {Package[]} packages
 * @property {Map<string, Package>} byName
 *
 * @typedef {object} Violation something that a check found
 * @property {string} file relative to the repository
 * @property {number} line from 1
 * @property {string} message
 */

const kinds = /** @type {const} */ (['packages', 'apps', 'tools', 'examples']);
const generated = new Set(['node_modules', 'dist', 'out', '.nx']);

/** @param {string} file */
export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * Everything that is written by hand under a folder, as paths relative to `root`.
 *
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
export function filesUnder(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return generated.has(entry.name) ? [] : filesUnder(root, path);
  });
}

/**
 * Reads a repository: its packages, with their sources parsed.
 *
 * @param {string} root
 * @returns {Workspace}
 */
export function readWorkspace(root) {
  const packages = kinds.flatMap((kind) => {
    if (!existsSync(join(root, kind))) return [];
    return readdirSync(join(root, kind))
      .filter((short) => existsSync(join(root, kind, short, 'package.json')))
      .map((short) => readPackage(root, kind, short));
  });
  return {
    root,
    manifest: readJson(join(root, 'package.json')),
    packages,
    byName: new Map(packages.map((one) => [one.name, one])),
  };
}

/**
 * @param {string} root
 * @param {Package['kind']} kind
 * @param {string} short
 * @returns {Package}
 */
function readPackage(root, kind, short) {
  const folder = `${kind}/${short}`;
  const manifestText = readFileSync(join(root, folder, 'package.json'), 'utf8');
  /** @type {Manifest} */
  const manifest = JSON.parse(manifestText);
  const sources = filesUnder(root, folder)
    .filter((file) => /\.(ts|mts|mjs|cjs|js)$/.test(basename(file)))
    .map((file) => parseSource(file, readFileSync(join(root, file), 'utf8')));
  return { kind, short, name: manifest.name ?? folder, folder, manifest, manifestText, sources };
}

/**
 * The line of a text on which something first stands; 1 if it stands nowhere.
 *
 * @param {string} text
 * @param {string} what
 */
export function lineOf(text, what) {
  const at = text.indexOf(what);
  return at < 0 ? 1 : text.slice(0, at).split('\n').length;
}

/**
 * What a package needs when it is installed.
 *
 * @param {Package} one
 * @returns {Record<string, string>}
 */
export const runtimeDependencies = ({ manifest }) => ({ ...manifest.dependencies, ...manifest.peerDependencies });

/**
 * Packages that are published: those that are not private.
 *
 * @param {Workspace} workspace
 */
export const published = ({ packages }) => packages.filter(({ manifest }) => !manifest.private);
