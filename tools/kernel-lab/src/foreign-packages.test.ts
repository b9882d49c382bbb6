import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const cache = mkdtempSync(join(tmpdir(), 'gadgetloom-apt-'));
beforeAll(() => {
  vi.stubEnv('GADGETLOOM_LAB_CACHE', cache);
  // Modules read it when they are loaded, which other tests of this process may have done.
  vi.resetModules();
});
afterAll(() => rmSync(cache, { recursive: true }));

describe('packages for another architecture', () => {
  const settings = async (...wanted: [architecture: string, release?: string]): Promise<string> => {
    const { foreignPackages } = await import('./debian-packages.ts');
    const { env } = await foreignPackages(...wanted);
    return readFileSync(env['APT_CONFIG']!, 'utf8');
  };

  it('have lists of their own, and no package of this machine counts as installed', async () => {
    const text = await settings('arm64');
    expect(text).toContain('APT::Architectures { "arm64"; };');
    for (const directory of ['State', 'State::status', 'Cache'])
      expect(text).toMatch(new RegExp(`Dir::${directory} "${cache}/apt-arm64[/"]`));
    expect(text).not.toContain('sourcelist');
  });

  it('may come from another release of Debian, and from nowhere else then', async () => {
    const text = await settings('riscv64', 'trixie');
    const list = /Dir::Etc::sourcelist "(.*)";/.exec(text)?.[1] ?? '';
    expect(readFileSync(list, 'utf8')).toMatch(
      /^deb \[signed-by=.*\] http:\/\/deb\.debian\.org\/debian trixie main\n$/,
    );
    expect(text).toContain(`Dir::Etc::sourceparts "${cache}/apt-riscv64-trixie/none";`);
  });
});
