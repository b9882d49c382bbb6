import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, tool } from './run.mjs';

/** @typedef {{ passed: number, failed: number }} Count */

/**
 * Runs vitest once, and counts what passed and failed. A run that does not come to its end counts as one failure.
 *
 * @param {readonly string[]} projects patterns of the names of vitest projects; one with a `!` in front matches all others
 * @param {Readonly<Record<string, string>>} [environment] what differs from ours
 * @returns {Promise<Count>}
 */
export async function runVitest(projects, environment = {}) {
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
      env: { ...process.env, ...environment, GADGETLOOM_TEST_COUNT: file },
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
