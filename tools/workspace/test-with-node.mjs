// `npm run test:node24`: runs the tests with another version of Node, installed from npm in a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { npm, run } from './setup/run.mjs';

const [version = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), `gadgetloom-node-${version}-`));
const binaries = `node-${process.platform}-${process.arch}`;
try {
  console.error(`Installing Node ${version} (${binaries}).`);
  const installed = await run(
    npm('install', `--prefix=${folder}`, '--no-audit', '--no-fund', '--loglevel=error', `${binaries}@${version}`),
    { cwd: folder },
  );
  if (installed !== 0) throw new Error(`There is no Node ${version} for this machine on npm; npm says why above.`);
  const bin = join(folder, 'node_modules', binaries, 'bin');
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
  process.exitCode = await run([join(bin, 'node'), 'tools/workspace/test.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env,
  });
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
