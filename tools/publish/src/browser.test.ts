import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runInBrowser } from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-browser-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(name: string, code: string, lines: number): Promise<string> {
  writeFileSync(join(folder, `${name}.js`), code);
  return runInBrowser(folder, name, lines);
}

describe('as in a browser', { timeout: 60_000 }, () => {
  it('runs what needs a browser only, until it printed what it should', async () => {
    const code = "const { port1, port2 } = new MessageChannel();\nport1.onmessage = () => console.log('later');\n";
    expect(await run('sound', `${code}port2.postMessage(0);\nconsole.log('now');\n`, 2)).toBe('now\nlater\n');
  });

  it.each([
    ['a global of Node', 'console.log(Buffer.from([1]));'],
    ['a module of Node', "import { readFileSync } from 'node:fs';\nconsole.log(readFileSync('/dev/null').length);"],
  ])('fails with %s', async (name, code) => {
    await expect(run(name.replaceAll(' ', '-'), code, 1)).rejects.toThrow();
  });
});
