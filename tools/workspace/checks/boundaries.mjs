import { posix } from 'node:path';
import { packageOf } from '../source-file.mjs';
import { chain, contractsOnly, fits, layerOf, modulesFrom, reservedFor, testedWith } from './layers.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Package} Package
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

/**
 * Imports between packages go down the layers, through entry points that are exported.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkBoundaries(workspace) {
  return workspace.packages.flatMap((from) => [
    ...checkLayer(from),
    ...from.sources.flatMap(({ file, imports, shipped }) =>
      imports.flatMap(({ specifier, line }) => {
        const message = specifier.startsWith('.')
          ? relativeImport(from, file, specifier)
          : packageImport(workspace, from, specifier, shipped);
        return message === undefined ? [] : [{ file, line, message }];
      }),
    ),
  ]);
}

/**
 * @param {Package} one
 * @returns {Violation[]}
 */
function checkLayer({ kind, short, folder }) {
  if (kind !== 'packages' || layerOf(short) >= 0) return [];
  const message = `"${short}" has no place in the house: add it to tools/workspace/checks/layers.mjs.`;
  return [{ file: `${folder}/package.json`, line: 1, message }];
}

/**
 * @param {Package} from
 * @param {string} file
 * @param {string} specifier
 */
function relativeImport(from, file, specifier) {
  const target = posix.join(posix.dirname(file), specifier);
  return target.startsWith(`${from.folder}/`)
    ? undefined
    : `${specifier} leaves the package; import what a package exports, by its name.`;
}

/**
 * @param {Workspace} workspace
 * @param {Package} from
 * @param {string} specifier
 * @param {boolean} shipped
 */
function packageImport(workspace, from, specifier, shipped) {
  const imported = packageOf(specifier);
  if (imported === undefined) return undefined;
  const to = workspace.byName.get(imported.name);
  if (to === undefined) return from.kind === 'packages' ? moduleFrom(from, imported.name) : undefined;
  if (to.manifest.exports?.[imported.subpath] === undefined) return `${to.name} does not export "${imported.subpath}".`;
  if (from.kind !== 'packages' || to === from) return undefined;
  if (to.kind !== 'packages') return `packages never import ${to.kind}: ${to.name} is not for them.`;
  if (layerOf(to.short) <= layerOf(from.short) && (shipped || !isTestedWith(from.short, to.short)))
    return `${from.short} must not import ${to.short}: arrows point down (${chain}).`;
  const owners = Object.entries(reservedFor).find(([short]) => short === to.short)?.[1];
  if (owners !== undefined && !owners.includes(from.short))
    return `${to.short} is there for ${owners.join(' and ')} alone.`;
  if (shipped && contractsOnly.includes(from.short)) {
    if (/\/model(\/|$)/.test(imported.subpath)) return `${from.short} sees contracts only, never a model.`;
    if (to.short.startsWith('backend-')) return `${from.short} sees contracts only, never a backend.`;
  }
  return undefined;
}

/** @param {string} from @param {string} to */
const isTestedWith = (from, to) =>
  Object.entries(testedWith).some(([layer, above]) => fits(layer, from) && above.includes(to));

/**
 * @param {Package} from
 * @param {string} module
 */
function moduleFrom(from, module) {
  const layer = Object.entries(modulesFrom).find(([name]) => name === module)?.[1];
  return layer !== undefined && layerOf(from.short) > layerOf(layer)
    ? `nothing below ${layer} imports ${module}.`
    : undefined;
}
