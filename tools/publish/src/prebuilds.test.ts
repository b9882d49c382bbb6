import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './release.ts';
import { shell } from './shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-prebuilds-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Values of e_machine in an ELF file, by Node's names. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, arm: 40, riscv64: 243 };

describe('@gadgetloom/linux-native, packed,', { timeout: 120_000 }, () => {
  it('has a binary for each architecture that can be built here', async () => {
    const native = join(folder, 'linux-native');
    for (const path of ['native', 'build.mjs', 'package.json', 'LICENSE', 'README.md'])
      cpSync(join(root, 'packages/linux-native', path), join(native, path), { recursive: true });
    const { buildable } = (await import(join(native, 'build.mjs'))) as { buildable: readonly string[] };
    if (process.platform === 'linux') expect(buildable).toContain(process.arch);
    await shell(process.execPath, ['build.mjs', ...buildable], native);

    const [packed] = JSON.parse(await shell('npm', ['pack', '--json'], native));
    await shell('tar', ['-xzf', packed.filename], native);

    const paths = packed.files.map(({ path }: { path: string }) => path);
    const binaries = paths.filter((path: string) => path.startsWith('prebuilds/'));
    expect(binaries.sort()).toEqual(buildable.map((arch) => `prebuilds/linux-${arch}/addon.node`).sort());
    for (const arch of buildable) {
      const binary = readFileSync(join(native, `package/prebuilds/linux-${arch}/addon.node`));
      expect(binary.readUInt16LE(18), arch).toBe(MACHINES[arch]);
    }
  });
});
