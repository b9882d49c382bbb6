import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { install } from './install.mjs';
import { root, run, tool } from './run.mjs';

/** @typedef {{ passed: number, failed: number }} Count */

/** The vitest projects whose tests pack, install, generate and cross-compile packages, which takes minutes. */
const SLOW = ['publish'];

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
    ? [await tests(SLOW)]
    : [
        await step('types', tool('typescript/bin/tsc', '-b')),
        await step('format and lint', tool('@biomejs/biome/bin/biome', 'check', '.')),
        await rules(),
        await tests(SLOW.map((project) => `!${project}`)),
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

/**
 * @param {readonly string[]} projects names of vitest projects; with a `!` in front, all but these
 * @returns {Promise<Count>}
 */
async function tests(projects) {
  const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-tests-'));
  const file = join(folder, 'count.json');
  try {
    const options = [
      ...projects.map((project) => `--project=${project}`),
      // Modules keep no state that could change, so test files share a process. It loads each module once, not 280 times.
      '--no-isolate',
      // On a busy machine a test may take its time; one that waits for nothing must end.
      '--testTimeout=60000',
      '--reporter=./tools/workspace/test-progress.ts',
      '--reporter=./tools/workspace/test-count.ts',
    ];
    const status = await run(tool('vitest/vitest.mjs', 'run', ...options), {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, GADGETLOOM_TEST_COUNT: file },
    });
    /** @type {Count & { skipped: number, pending: number }} */
    const { passed, failed, skipped, pending } = JSON.parse(readFileSync(file, 'utf8'));
    if (skipped + pending > 0) console.log(`${skipped} tests were skipped, ${pending} did not end.`);
    return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
  } catch (error) {
    console.error(`The tests did not come to their end: ${/** @type {Error} */ (error).message}`);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
