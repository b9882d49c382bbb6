import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf, published } from '../workspace.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Package} Package
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

const source = '@gadgetloom/source';

/**
 * Everything that is published can be: it has its README, its license, and a package.json with the fields that users
 * and registries rely on.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkManifests(workspace) {
  return published(workspace).flatMap((one) => [
    ...fields(workspace, one),
    ...entryPoints(workspace, one),
    ...documents(workspace, one),
  ]);
}

/**
 * @param {Workspace} workspace
 * @param {Package} one
 * @returns {Violation[]}
 */
function fields({ manifest: root }, { kind, short, folder, manifest, manifestText }) {
  const wanted = {
    name: kind === 'packages' ? `@gadgetloom/${short}` : short,
    license: root.license,
    type: 'module',
    engines: root.engines,
    publishConfig: { access: 'public', provenance: true },
  };
  const file = `${folder}/package.json`;
  const wrong = Object.entries(wanted).flatMap(([field, value]) => {
    const found = manifest[/** @type {keyof typeof wanted} */ (field)];
    if (JSON.stringify(found) === JSON.stringify(value)) return [];
    const line = lineOf(manifestText, `"${field}"`);
    return [{ file, line, message: `"${field}" must be ${JSON.stringify(value)}.` }];
  });
  return manifest.description ? wrong : [...wrong, { file, line: 1, message: '"description" is missing.' }];
}

/**
 * Each entry point offers its source (to this repository), its types and its code, in this order; or it is a JSON file
 * that is published as it stands.
 *
 * @param {Workspace} workspace
 * @param {Package} one
 * @returns {Violation[]}
 */
function entryPoints({ root }, { folder, manifest, manifestText }) {
  return Object.entries(manifest.exports ?? { '.': undefined }).flatMap(([subpath, target]) => {
    if (subpath === './package.json') return [];
    /** @param {string} message */
    const wrong = (message) => [
      { file: `${folder}/package.json`, line: lineOf(manifestText, `"${subpath}"`), message },
    ];
    if (typeof target === 'string') {
      const shipped = manifest.files?.some((file) => `./${file}` === target);
      if (!target.endsWith('.json') || !shipped) return wrong(`"${subpath}" must be a JSON file that "files" names.`);
      return existsSync(join(root, folder, target)) ? [] : wrong(`"${subpath}" has no file ${target}.`);
    }
    const conditions = /** @type {Record<string, string>} */ (target ?? {});
    if (Object.keys(conditions).join() !== `${source},types,default`)
      return wrong(`"${subpath}" must have the conditions ${source}, types and default, in this order.`);
    const path = conditions[source] ?? '';
    if (!existsSync(join(root, folder, path))) return wrong(`"${subpath}" has no file ${path}.`);
    const built = path.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '');
    if (conditions.types !== `${built}.d.ts` || conditions.default !== `${built}.js`)
      return wrong(`"${subpath}" must give ${built}.d.ts and ${built}.js for ${path}.`);
    return [];
  });
}

/**
 * @param {Workspace} workspace
 * @param {Package} one
 * @returns {Violation[]}
 */
function documents({ root, manifest }, { folder, name }) {
  /** @param {string} path */
  const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
  const [readme, license] = [`${folder}/README.md`, `${folder}/LICENSE`];
  const text = read(readme);
  const violations = [];
  if (text === undefined) violations.push({ file: readme, line: 1, message: 'every package has a README.' });
  else {
    if (!text.startsWith(`# ${name}\n`))
      violations.push({ file: readme, line: 1, message: `must begin with "# ${name}".` });
    if (!text.includes(`\n${manifest.license}\n`))
      violations.push({ file: readme, line: 1, message: `must name its license, ${manifest.license}, on a line.` });
  }
  if (read(license) !== read('LICENSE'))
    violations.push({ file: license, line: 1, message: 'must be the LICENSE of the repository.' });
  return violations;
}
