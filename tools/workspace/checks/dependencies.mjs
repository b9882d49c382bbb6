import { isBuiltin } from 'node:module';
import { packageOf } from '../source-file.mjs';
import { lineOf, runtimeDependencies } from '../workspace.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Package} Package
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

/**
 * What a package imports is what its package.json declares: no more, no less.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkDependencies(workspace) {
  return workspace.packages.flatMap((one) => [
    ...undeclared(workspace, one),
    ...unused(one),
    ...ranges(workspace, one),
  ]);
}

/**
 * Tests may also use what the repository itself has for development.
 *
 * @param {Workspace} workspace
 * @param {Package} one
 * @returns {Violation[]}
 */
function undeclared(workspace, one) {
  const installed = { ...runtimeDependencies(one), [one.name]: '' };
  const present = { ...installed, ...one.manifest.devDependencies, ...workspace.manifest.devDependencies };
  return one.sources.flatMap(({ file, imports, shipped }) => {
    const declared = shipped && !one.manifest.private ? installed : present;
    return imports.flatMap(({ specifier, line }) => {
      const name = isBuiltin(specifier) ? undefined : packageOf(specifier)?.name;
      if (name === undefined || name in declared) return [];
      return [{ file, line, message: `${name} is not among the dependencies of ${one.folder}/package.json.` }];
    });
  });
}

/**
 * @param {Package} one
 * @returns {Violation[]}
 */
function unused(one) {
  const imported = new Set(
    one.sources
      .filter(({ shipped }) => shipped || one.manifest.private)
      .flatMap(({ imports }) => imports.map(({ specifier }) => packageOf(specifier)?.name)),
  );
  return Object.keys(one.manifest.dependencies ?? {})
    .filter((name) => !imported.has(name))
    .map((name) => ({
      file: `${one.folder}/package.json`,
      line: lineOf(one.manifestText, `"${name}"`),
      message: `${name} is a dependency, but nothing imports it.`,
    }));
}

/**
 * npm has no `workspace:*`: a range that leaves out the version beside it would install a published one over it.
 *
 * @param {Workspace} workspace
 * @param {Package} one
 * @returns {Violation[]}
 */
function ranges({ byName }, one) {
  return Object.entries({ ...runtimeDependencies(one), ...one.manifest.devDependencies }).flatMap(([name, range]) => {
    const wanted = `^${byName.get(name)?.manifest.version}`;
    if (!byName.has(name) || range === wanted) return [];
    const line = lineOf(one.manifestText, `"${name}"`);
    return [{ file: `${one.folder}/package.json`, line, message: `${name} must be "${wanted}", is "${range}".` }];
  });
}
