import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf, published } from '../workspace.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

/**
 * All packages are released together, publicly, from main; private ones are not; and every changeset is about
 * packages that there are.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkChangesets(workspace) {
  const file = '.changeset/config.json';
  const path = join(workspace.root, file);
  if (!existsSync(path)) return [{ file, line: 1, message: 'this file is missing.' }];
  const text = readFileSync(path, 'utf8');
  const config = JSON.parse(text);
  /** @param {string} field @param {string} message */
  const wrong = (field, message) => ({ file, line: lineOf(text, `"${field}"`), message });

  const wanted = { access: 'public', baseBranch: 'main', ignore: [], privatePackages: { version: false, tag: false } };
  const settings = Object.entries(wanted)
    .filter(([field, value]) => JSON.stringify(config[field]) !== JSON.stringify(value))
    .map(([field, value]) => wrong(field, `"${field}" must be ${JSON.stringify(value)}.`));

  const [group = [], ...others] = /** @type {string[][]} */ (config.fixed ?? []);
  const groups = others.length > 0 ? [wrong('fixed', 'there is one fixed group: all versions are the same.')] : [];
  const left = published(workspace)
    .filter(({ name }) => !group.some((glob) => matches(glob, name)))
    .map(({ name }) => wrong('fixed', `${name} is not in the fixed group.`));
  return [...settings, ...groups, ...left, ...checkEntries(workspace)];
}

/** @param {string} glob @param {string} name */
const matches = (glob, name) => (glob.endsWith('*') ? name.startsWith(glob.slice(0, -1)) : name === glob);

/**
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
function checkEntries(workspace) {
  const names = new Set(published(workspace).map(({ name }) => name));
  const entries = readdirSync(join(workspace.root, '.changeset')).filter((name) => /^(?!README).*\.md$/.test(name));
  return entries.flatMap((entry) => {
    const file = `.changeset/${entry}`;
    const text = readFileSync(join(workspace.root, file), 'utf8');
    const [, head, body = ''] = /^---\n(.*?)---\n(.*)$/s.exec(text) ?? [];
    if (head === undefined || body.trim() === '')
      return [{ file, line: 1, message: 'a changeset has packages between --- lines, and a sentence for users.' }];
    return head
      .split('\n')
      .filter((row) => row.trim() !== '')
      .flatMap((row) => {
        const [, name = ''] = /^["']?([^"':]+)["']?: (?:major|minor|patch)$/.exec(row) ?? [];
        return names.has(name) ? [] : [{ file, line: lineOf(text, row), message: `no package is released by ${row}.` }];
      });
  });
}

/**
 * The lock file names the public registry or none: what one machine installs from is not everyone's business.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkLockFile({ root }) {
  const file = 'package-lock.json';
  if (!existsSync(join(root, file))) return [{ file, line: 1, message: 'this file is missing.' }];
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((text, index) => {
      const [, url] = /"resolved": "([a-z+]+:\/\/[^"]*)"/.exec(text) ?? [];
      if (url === undefined || url.startsWith('https://registry.npmjs.org/')) return [];
      return [{ file, line: index + 1, message: `${new URL(url).host} is not the public registry.` }];
    });
}
