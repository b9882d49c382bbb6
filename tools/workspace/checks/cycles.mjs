import { posix } from 'node:path';

/**
 * @typedef {import('../workspace.mjs').Workspace} Workspace
 * @typedef {import('../workspace.mjs').Package} Package
 * @typedef {import('../workspace.mjs').Violation} Violation
 */

/**
 * No file of a package needs itself to be loaded. Imports of types alone load nothing and do not count.
 *
 * @param {Workspace} workspace
 * @returns {Violation[]}
 */
export const checkCycles = ({ packages }) => packages.flatMap(cyclesOf);

/**
 * Depth first, each file once: a file that is met again while it is being visited closes a cycle.
 *
 * @param {Package} one
 * @returns {Violation[]}
 */
function cyclesOf({ sources }) {
  const files = new Map(sources.map((source) => [source.file, source]));
  const done = new Set();
  /** @type {string[]} */
  const path = [];
  /** @type {Violation[]} */
  const violations = [];

  /** @param {string} file */
  const visit = (file) => {
    if (done.has(file)) return;
    path.push(file);
    for (const { specifier, typeOnly, line } of files.get(file)?.imports ?? []) {
      if (typeOnly || !specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(file), specifier);
      if (!files.has(target)) continue;
      const start = path.indexOf(target);
      if (start < 0) visit(target);
      else {
        const cycle = [...path.slice(start), target].map((file) => posix.basename(file)).join(' > ');
        violations.push({ file, line, message: `this import closes a cycle: ${cycle}.` });
      }
    }
    path.pop();
    done.add(file);
  };
  for (const { file } of sources) visit(file);
  return violations;
}
