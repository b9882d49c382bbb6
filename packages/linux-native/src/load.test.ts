import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Host, loadFrom } from './load.ts';

const packageFolder = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-native-'));
afterAll(() => rmSync(folder, { recursive: true }));

const here: Host = { platform: 'linux', arch: process.arch, glibc: true };

describe('loading the addon', () => {
  it('gives the functions of the binary for this architecture', () => {
    expect(loadFrom(packageFolder, here).requests).toContain('DMA_BUF_IOCTL_SYNC');
  });

  it('says what it is for on a machine that is no Linux', () => {
    const load = () => loadFrom(packageFolder, { ...here, platform: 'darwin', arch: 'arm64' });
    expect(load).toThrow(/for Linux, and this is darwin on arm64\. The simulated backends \(mock, dwc3, musb\)/);
  });

  it('names the architecture and the command that builds it, where the package brings none', () => {
    const load = () => loadFrom('/app/native', { ...here, arch: 's390x' });
    expect(load).toThrow(/for s390x cannot be loaded: the package brings none for this architecture/);
    expect(load).toThrow(/`node \/app\/native\/build\.mjs` \(needs a C compiler .* The simulated backends/);
  });

  it('says so where the binary does not load, and that musl is no glibc', () => {
    const binary = join(folder, 'prebuilds/linux-riscv64');
    mkdirSync(binary, { recursive: true });
    writeFileSync(join(binary, 'addon.node'), 'no program');
    const load = () => loadFrom(folder, { platform: 'linux', arch: 'riscv64', glibc: false });
    expect(load).toThrow(/for riscv64 without glibc cannot be loaded: .*addon\.node.* Build it for this machine/);
  });
});

describe('building the addon', { timeout: 60_000 }, () => {
  const built = (name: string): string => {
    const copy = join(folder, name);
    cpSync(join(packageFolder, 'native'), join(copy, 'native'), { recursive: true });
    copyFileSync(join(packageFolder, 'build.mjs'), join(copy, 'build.mjs'));
    execFileSync(process.execPath, [join(copy, 'build.mjs')]);
    return copy;
  };

  it('needs one command, and gives a binary that loads, with the same bytes wherever it is built', () => {
    const [one, another] = [built('one'), built('another/folder')];
    expect(loadFrom(one, here).requests).toContain('DMA_BUF_IOCTL_SYNC');
    const bytes = (copy: string): Buffer => readFileSync(join(copy, `prebuilds/linux-${process.arch}/addon.node`));
    expect(bytes(one).equals(bytes(another))).toBe(true);
  });
});
