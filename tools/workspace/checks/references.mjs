import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { runtimeDependencies } from '../workspace.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Package} Package
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

/**
 * The references of the tsconfigs are exactly the dependencies of the package.json files. tsc does not notice one that
 * is missing: a package in node_modules counts as foreign, though it is a link.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkReferences(workspace) {
  /** @param {Record<string, string> | undefined} dependencies @param {Package} from */
  const libs = (dependencies, from) =>
    Object.keys(dependencies ?? {}).flatMap((name) => {
      const to = workspace.byName.get(name);
      return to ? [`${posix.relative(from.folder, to.folder)}/tsconfig.lib.json`] : [];
    });
  const projects = workspace.packages.filter(({ folder }) => existsSync(join(workspace.root, folder, 'tsconfig.json')));
  const built = projects.filter(({ folder }) => existsSync(join(workspace.root, folder, 'tsconfig.lib.json')));
  return [
    ...compare(
      workspace,
      'tsconfig.json',
      projects.map(({ folder }) => folder),
    ),
    ...built.flatMap((one) => [
      ...compare(workspace, `${one.folder}/tsconfig.lib.json`, libs(runtimeDependencies(one), one)),
      ...compare(workspace, `${one.folder}/tsconfig.json`, [
        './tsconfig.lib.json',
        ...libs(one.manifest.devDependencies, one),
      ]),
    ]),
  ];
}

/**
 * @param {Workspace} workspace
 * @param {string} file
 * @param {string[]} wanted
 * @returns {Violation[]}
 */
function compare({ root }, file, wanted) {
  const path = join(root, file);
  if (!existsSync(path)) return [{ file, line: 1, message: 'this file is missing.' }];
  const { config = {} } = ts.parseConfigFileTextToJson(file, readFileSync(path, 'utf8'));
  /** @type {string[]} */
  const found = (config.references ?? []).map((/** @type {{ path: string }} */ { path }) => path);
  return [
    ...wanted
      .filter((path) => !found.includes(path))
      .map((path) => ({ file, line: 1, message: `a reference to ${path} is missing, as package.json has it.` })),
    ...found
      .filter((path) => !wanted.includes(path))
      .map((path) => ({ file, line: 1, message: `the reference to ${path} has no dependency in package.json.` })),
  ];
}
