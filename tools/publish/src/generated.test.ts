import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packAll, releases, root, type Tarball, withDependencies } from './release.ts';
import { shell } from './shell.ts';

/** The dependencies of the generated packages, and the generators. */
const needed = withDependencies(
  releases.filter(({ name }) =>
    ['nx', 'conformance', 'gadget', 'streams', 'backend-dwc3', 'backend-mock', 'backend-musb'].some(
      (short) => name === `@gadgetloom/${short}`,
    ),
  ),
);
const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-generated-'));
const backend = join(folder, 'packages/gadgetloom-backend-acme-usb');
const own = join(folder, 'own/echo');
const npm = (...args: string[]) => shell('npm', ['--loglevel=error', ...args], folder);
const nx = (...args: string[]) =>
  shell(process.execPath, [join(folder, 'node_modules/nx/dist/bin/nx.js'), ...args], folder);

/** The number of tests that passed in `vitest`, and the names of the tests that failed. */
async function test(packageFolder: string): Promise<{ passed: number; failed: string[] }> {
  const results = join(packageFolder, 'results.json');
  await npm('test', '-w', packageFolder, '--', '--reporter=json', `--outputFile=${results}`).catch(() => {});
  const { numPassedTests, testResults } = JSON.parse(readFileSync(results, 'utf8')) as Results;
  const assertions = testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: numPassedTests,
    failed: assertions.filter(({ status }) => status === 'failed').map(({ title }) => title),
  };
}

interface Results {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

/**
 * A workspace outside the repository, as the README of the generators describes it, with tarballs instead of a
 * registry.
 */
beforeAll(async () => {
  const packed = join(folder, 'packed');
  mkdirSync(packed, { recursive: true });
  const tarballs = await packAll(packed, needed);
  const devDependencies = Object.fromEntries(
    [...tarballs].map(([{ name }, { file }]: [{ name: string }, Tarball]) => [name, `file:${file}`]),
  );
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, workspaces: ['packages/*'], devDependencies }),
  );
  // A workspace may configure its own tests elsewhere, as this repository does.
  writeFileSync(join(folder, 'vitest.config.mjs'), "export default { test: { projects: ['elsewhere/*'] } };");
  writeFileSync(join(folder, 'nx.json'), '{ "analytics": false, "useDaemonProcess": false }');
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
  await npm('install', ...quietly);
  symlinkSync(join(root, 'node_modules/nx'), join(folder, 'node_modules/nx'));
  await nx('g', '@gadgetloom/nx:backend', 'acme-usb');
  await nx('g', '@gadgetloom/nx:function', 'echo', '--package=@acme/usb-echo', '--directory=own/echo');
  await npm('install', ...quietly);
  await npm('run', 'build', '--workspaces');
}, 480_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a generated backend', { timeout: 120_000 }, () => {
  it('fails exactly the requirements on its list', async () => {
    const { passed, failed } = await test(backend);
    expect(failed).toEqual([]);
    expect(passed).toBeGreaterThan(100);
  });

  it('does not let a requirement on the list that it meets, nor one off the list that it does not', async () => {
    const file = join(backend, 'src/not-yet.ts');
    const list = readFileSync(file, 'utf8');
    expect(list).toContain("  'transfer-in',\n");
    writeFileSync(file, list.replace("  'transfer-in',\n", "  'heap-pages',\n  'no-such-thing',\n"));
    expect((await test(backend)).failed.sort()).toEqual([
      'not met yet: heap-pages: A heap gives whole pages.',
      'not met yet: no-such-thing',
      'transfer-in: The content of the buffer arrives at the host.',
    ]);
    writeFileSync(file, list);
  });

  it('can be used as any other', async () => {
    const { AcmeUsbController, acmeUsb } = await import(join(backend, 'dist/index.js'));
    expect(acmeUsb()).toMatchObject({ name: 'acme-usb', probe: expect.any(Function) });
    const cable = { maxSpeed: 'high', connect() {}, disconnect() {}, ready() {} };
    const controller = new AcmeUsbController({ bus: cable, clock: {}, trace: undefined });
    expect(() => controller.pullup(true)).toThrow('AcmeUsbController.pullup: ENOSYS: not implemented yet');
  });
});

describe('a generated function', { timeout: 120_000 }, () => {
  it('works at once', async () => {
    expect(await test(own)).toEqual({ passed: expect.any(Number), failed: [] });
  });

  it('has the name and the place that it was given', () => {
    expect(JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')).name).toBe('@acme/usb-echo');
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).workspaces).toEqual([
      'packages/*',
      'own/echo',
    ]);
  });
});
