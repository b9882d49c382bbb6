import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineOf } from '../workspace.mjs';
import { chain } from './layers.mjs';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

/**
 * CONTRIBUTING.md shows the layers as layers.mjs lists them.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export function checkLayerChain({ root }) {
  const file = 'CONTRIBUTING.md';
  const path = join(root, file);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text.split('\n').includes(chain)) return [];
  return [{ file, line: lineOf(text, ' > '), message: `the layers are written down as: ${chain}` }];
}
