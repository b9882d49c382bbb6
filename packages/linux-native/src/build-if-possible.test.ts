import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const build = (compiler: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../build.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, CC: compiler },
  });

describe('npm run build', () => {
  it('leaves the addon out where there is no compiler, and says so', () => {
    const { status, stderr } = build('no-such-compiler', '--if-possible');
    expect(stderr).toContain('Left out: the addon of @gadgetloom/linux-native.');
    expect(stderr).toContain('There is no C compiler "no-such-compiler" here.');
    expect(status).toBe(0);
  });

  it('fails where a compiler fails', () => {
    expect(build('false', '--if-possible')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('false failed'),
    });
  });

  it('fails without a compiler where the addon is wanted', () => {
    expect(build('no-such-compiler')).toMatchObject({ status: 1, stderr: expect.stringContaining('no such program') });
  });
});
