import { readFileSync } from 'node:fs';
import { KERNEL_SELF_TESTS, REQUIREMENTS, type SuiteReport } from '@gadgetloom/conformance';
import { describe, expect, it } from 'vitest';
import { gadgetloom } from '../../../test/captured-output.ts';
import { workFolder } from '../../../test/work-folder.ts';
import { junitReport } from '../../conformance/junit-report.ts';

const [group] = REQUIREMENTS;

describe('gadgetloom conform', () => {
  it('says that the simulated backend does what the kernel does', { timeout: 60_000 }, async () => {
    const { status, out } = await gadgetloom('conform', '--backend', 'mock');
    expect([status, out]).toEqual([0, expect.stringMatching(/^mock: \d+ passed, 0 failed, \d+ not applicable$/m)]);
  });

  it('prints it machine-readable, and of one group', async () => {
    const { out } = await gadgetloom('conform', '--backend', 'mock', '--group', group!.name, '--json');
    const report = JSON.parse(out);
    expect(Object.keys(report)).toEqual(['format', 'backend', 'passed', 'failed', 'notApplicable', 'requirements']);
    expect(report.format).toBe(1);
    expect(report.requirements).toHaveLength(group!.requirements.length);
    expect(report.requirements[0]).toEqual({
      id: group!.requirements[0]!.id,
      group: group!.name,
      sentence: expect.any(String),
      source: expect.any(String),
      verdict: 'passed',
    });
  });

  it('writes what CI systems read', async () => {
    const path = workFolder({})('report.xml');
    await gadgetloom('conform', '--backend', 'mock', '--group', group!.name, '--junit', path);
    expect(readFileSync(path, 'utf8')).toMatch(
      /^<\?xml [\s\S]*<testsuites name="conformance of mock" tests="\d+" failures="0" errors="0">/,
    );
  });

  it('lists the requirements', async () => {
    const { status, out } = await gadgetloom('conform', '--list');
    expect(status).toBe(0);
    for (const { requirements } of REQUIREMENTS) for (const { id } of requirements) expect(out).toContain(`  ${id}: `);
  });

  it("lists the kernel's self-tests with what covers them, and how many there are", async () => {
    const { status, out } = await gadgetloom('conform', '--coverage');
    expect(status).toBe(0);
    for (const { name, tests } of KERNEL_SELF_TESTS) {
      expect(out).toContain(`\n| \`${name}\` (`);
      for (const test of tests) expect(out).toContain(`\n  ${test.name} `);
    }
    const { out: plain } = await gadgetloom('conform', '--coverage', '--json');
    expect(JSON.parse(plain)).toEqual(KERNEL_SELF_TESTS);
  });

  it('lists them machine-readable, too', async () => {
    const { out } = await gadgetloom('conform', '--list', '--json', '--only', 'attach-unbound');
    expect(JSON.parse(out)).toEqual([
      {
        ...{ id: 'attach-unbound', group: 'attach', sentence: expect.any(String), source: expect.any(String) },
        needs: ['scatter-gather'],
      },
    ]);
  });

  it('checks a single requirement', async () => {
    const { out } = await gadgetloom('conform', '--backend', 'mock', '--only', 'attach-twice');
    expect(out).toBe('Attaching buffers to an endpoint: 1 of 1\nmock: 1 passed, 0 failed, 0 not applicable');
    const { status, err } = await gadgetloom('conform', '--only', 'attach-twise');
    expect([status, err]).toEqual([
      2,
      expect.stringContaining('--only is "attach-twise"; did you mean "attach-twice"'),
    ]);
  });

  it('takes ids with commas between them, and says which group leaves one out', async () => {
    const { out } = await gadgetloom('conform', '--backend', 'mock', '--only', 'attach-twice,heap-pages');
    expect(out).toMatch(/^mock: 2 passed, 0 failed/m);
    const { status, err } = await gadgetloom('conform', '--group', 'buffers', '--only', 'attach-twice');
    expect([status, err]).toEqual([
      2,
      '--only is "attach-twice", which is in the group attach; --group leaves that out.',
    ]);
  });

  it('goes on where a backend throws and nobody catches it, and says where to begin', async () => {
    const folder = workFolder({
      'acme.mjs': `
        let stacks = 0;
        import { mock } from ${JSON.stringify(import.meta.resolve('@gadgetloom/backend-mock'))};
        export function acme() {
          const plugin = mock();
          return { ...plugin, name: 'acme', register(container) {
            if (++stacks > 1) queueMicrotask(() => { throw new TypeError('ring is undefined'); });
            plugin.register(container);
          } };
        }`,
    });
    const caught = process.listeners('uncaughtException');
    // The test runner has listeners as well.
    process.removeAllListeners('uncaughtException');
    const { status, out } = await gadgetloom('conform', '--plugin', folder('acme.mjs'), '--group', 'buffers');
    for (const listener of caught) process.on('uncaughtException', listener);
    expect(status).toBe(1);
    expect(out).toMatch(/^Buffers: 0 of \d+\n {2}failed {2}heap-pages: /);
    expect(out).toMatch(/Source: .*\n {4}Thrown where nobody catches it: TypeError: ring is undefined\n +at /);
    expect(out).toMatch(/acme: 0 passed, \d+ failed, 0 not applicable\nBegin with the first: --only heap-pages$/);
  });

  it('checks a plugin that it does not know', async () => {
    const module = '@gadgetloom/backend-mock#mock';
    const { status, out } = await gadgetloom('conform', '--plugin', module, '--only', 'bind-configured');
    expect([status, out]).toEqual([0, expect.stringMatching(/^mock: 1 passed, 0 failed/m)]);
  });

  it('checks a backend some of whose pieces are those of a plugin', async () => {
    const plugin = '@gadgetloom/backend-mock#mockHeap';
    const options = ['--backend', 'mock', '--plugin', plugin, '--only', 'bind-configured'];
    const { status, out } = await gadgetloom('conform', ...options);
    expect([status, out]).toEqual([0, expect.stringMatching(/^mock \+ mock-heap: 1 passed, 0 failed/m)]);
  });

  it('says what a plugin lacks that a stack needs', async () => {
    const { status, err } = await gadgetloom('conform', '--plugin', '@gadgetloom/backend-mock#mockHeap');
    expect([status, err]).toEqual([1, expect.stringContaining('Nothing provides FunctionFs: none of mock-heap')]);
  });

  it('names the groups that there are', async () => {
    const { status, err } = await gadgetloom('conform', '--group', 'everything');
    expect([status, err]).toEqual([2, expect.stringMatching(/^--group is "everything"\. Allowed are buffers, /)]);
  });
});

describe('a JUnit report', () => {
  it('has failures with their difference, and says what was not applicable', () => {
    const requirement = { ...group!.requirements[0]!, id: 'some', sentence: 'It <holds>.', source: 'f_fs.c' };
    const report: SuiteReport = {
      target: 'acme',
      groups: [
        {
          group: group!,
          results: [
            { requirement, verdict: 'failed', difference: '-0\n+"EPERM" & \u0007' },
            { requirement, verdict: 'not applicable', reason: 'no udmabuf' },
          ],
        },
      ],
      ...{ passed: 0, failed: 1, notApplicable: 1 },
    };
    const text = junitReport(report);
    expect(text).toContain(`<testcase classname="acme.${group!.name}" name="some: It &lt;holds>.">`);
    expect(text).toMatch(/<failure message="Source: f_fs.c">-0\n\+"EPERM" &amp; \?<\/failure>/);
    expect(text).toContain('<skipped message="no udmabuf"/>');
  });
});
