import { install } from './install.mjs';
import { root, run, tool } from './run.mjs';
import { runVitest } from './vitest.mjs';

/** @typedef {import('./vitest.mjs').Count} Count */

/**
 * Matches the vitest projects whose tests take minutes, because they pack, install, generate and cross-compile packages, or
 * need Chromium. It is one pattern, because vitest runs a project that any of several patterns matches.
 */
const SLOW = 'slow-*';

/**
 * The tests that `npm test` runs, and before them types, format and lint, and the rules of the house; or the slow tests,
 * which are all others. A step that fails does not keep the next ones from running. Ends with one line,
 * `N passed, N failed`.
 *
 * @param {{ slow: boolean }} options
 */
export async function runAllTests({ slow }) {
  try {
    await install();
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    console.log('0 passed, 1 failed');
    process.exitCode = 1;
    return;
  }
  const counts = slow
    ? [await runVitest([SLOW])]
    : [
        await step('types', tool('typescript/bin/tsc', '-b')),
        await step('format and lint', tool('@biomejs/biome/bin/biome', 'check', '.')),
        await rules(),
        await runVitest([`!${SLOW}`]),
      ];
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/**
 * A check that passes or fails as a whole.
 *
 * @param {string} name
 * @param {string[]} command
 * @returns {Promise<Count>}
 */
async function step(name, command) {
  const start = performance.now();
  console.log(`… ${name}`);
  const passes = (await run(command, { stdio: ['ignore', 'inherit', 'inherit'] })) === 0;
  console.log(`${passes ? '✓' : '✗'} ${name} (${secondsSince(start)})`);
  return { passed: passes ? 1 : 0, failed: passes ? 0 : 1 };
}

/** @param {number} start */
const secondsSince = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** @returns {Promise<Count>} */
async function rules() {
  const { check } = await import('../check.mjs');
  const count = check(root, console.log);
  console.log(`${count.failed === 0 ? '✓' : '✗'} ${count.passed} of ${count.passed + count.failed} rules of the house`);
  return count;
}
