import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.mjs';
import { runVitest } from './vitest.mjs';

/** The packages whose tests load the addon. */
const PROJECTS = ['linux-native', 'backend-linux', 'vhost-device'];

/**
 * The tests of {@link PROJECTS} with an addon that aborts when it touches memory that is not its own, or does what C
 * leaves undefined. Leaks are not looked for: Node itself frees little when it exits.
 */
export async function runSanitizedTests() {
  const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-sanitized-'));
  const [addon, loads] = [join(folder, 'addon.node'), join(folder, 'loads')];
  let count = { passed: 0, failed: 1 };
  try {
    const { buildSanitized } = await import(`${root}/packages/linux-native/build.mjs`);
    const preload = buildSanitized(addon);
    count = await runVitest(PROJECTS, {
      LD_PRELOAD: preload,
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:abort_on_error=1',
      NODE_OPTIONS: `--require=${root}/tools/workspace/setup/load-sanitized.cjs`,
      GADGETLOOM_SANITIZED_ADDON: addon,
      GADGETLOOM_SANITIZED_LOADS: loads,
    });
    const processes = existsSync(loads) ? new Set(readFileSync(loads, 'utf8').trim().split('\n')).size : 0;
    console.log(`The sanitized addon was loaded in ${processes} processes.`);
    if (processes === 0) count.failed++;
  } catch (error) {
    console.error(`The sanitized tests did not come to their end: ${/** @type {Error} */ (error).message}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`\n${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed > 0 ? 1 : 0;
}
