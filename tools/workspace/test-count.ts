import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Writes how many tests passed, failed and were skipped to the file that the environment names. A failure outside a
 * test, such as a file that cannot be loaded, counts as one failure.
 */
export default class TestCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      for (const state of states) count[state]++;
      if (module.state() === 'failed' && !states.includes('failed')) count.failed++;
    }
    writeFileSync(process.env['GADGETLOOM_TEST_COUNT'] ?? '/dev/null', JSON.stringify(count));
  }
}
