import { readFileSync } from 'node:fs';

/**
 * What is wrong with a version of Node, in one sentence; nothing if it is new enough.
 *
 * @param {string} version such as `20.19.0`
 * @param {string} range the repository's `engines.node`, of the form `>=20.19`
 * @returns {string | undefined}
 */
export function nodeProblem(version, range) {
  const floor = range.replace('>=', '');
  const have = version.split('.').map(Number);
  const need = floor.split('.').map(Number);
  const newer = need.map((part, index) => (have[index] ?? 0) - part).find((difference) => difference !== 0) ?? 0;
  return newer >= 0
    ? undefined
    : `Gadgetloom needs Node ${floor} or later, and this is Node ${version}: install a newer one from https://nodejs.org.`;
}

/** Ends the program with a sentence if its Node is too old for everything else. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const problem = nodeProblem(process.versions.node, engines.node);
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}
