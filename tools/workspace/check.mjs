// Checks the repository against the rules of the house: `node tools/workspace/check.mjs [ROOT]`.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rules } from './checks/rules.mjs';
import { readWorkspace } from './workspace.mjs';

/**
 * Runs every rule; prints each violation as `file:line  rule  message`.
 *
 * @param {string} root
 * @param {(line: string) => void} print
 * @returns {{ passed: number, failed: number }} how many rules hold
 */
export function check(root, print) {
  const workspace = readWorkspace(root);
  const count = { passed: 0, failed: 0 };
  for (const [name, rule] of Object.entries(rules)) {
    const violations = rule(workspace);
    for (const { file, line, message } of violations) print(`${file}:${line}  ${name}  ${message}`);
    count[violations.length === 0 ? 'passed' : 'failed']++;
  }
  return count;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
  const { passed, failed } = check(root, console.log);
  console.log(`${passed} rules hold, ${failed} do not`);
  process.exitCode = failed > 0 ? 1 : 0;
}
