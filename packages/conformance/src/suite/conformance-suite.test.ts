import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mock } from '@gadgetloom/backend-mock';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import { REQUIREMENTS } from '../catalogue.ts';
import { readRequirements } from '../requirements/requirement.ts';
import { piecesTarget } from '../scenario/pieces-target.ts';
import { conformanceSuite, type TestRunner } from './conformance-suite.ts';
import { formatReport } from './report-text.ts';
import { runSuite } from './run-suite.ts';

conformanceSuite({ describe, it }, 'mock', () => composePieces({ plugins: [mock()] }), {
  features: ['scatter-gather', 'udmabuf', 'host-end', 'suspend'],
});

const target = (scatterGather = true) =>
  piecesTarget('mock', () => composePieces({ plugins: [mock({ scatterGather })] }));

const WRONG = readRequirements(
  'wrong',
  'What no kernel does',
  `
requirement binds It binds.
source nowhere
  bind                                     => 0

requirement binds-not Binding is refused.
source nowhere
  bind                                     => EPERM

requirement without It applies without scatter-gather.
source nowhere
needs no-scatter-gather
  bind                                     => 0
`,
);

/** Collects the tests of a suite instead of running them. */
function collected(): {
  readonly runner: TestRunner;
  readonly tests: Map<string, (context?: unknown) => Promise<void>>;
  readonly described: string[];
} {
  const tests = new Map<string, (context?: unknown) => Promise<void>>();
  const described: string[] = [];
  const describe: TestRunner['describe'] = (name, body) => {
    described.push(name);
    body();
  };
  return { tests, described, runner: { describe, it: (name, body) => void tests.set(name, body) } };
}

describe('the suite', () => {
  it('has a test per requirement, which fails with the difference and the source', async () => {
    const { runner, tests } = collected();
    conformanceSuite(runner, 'mock', target(), { groups: [WRONG] });
    expect([...tests.keys()]).toEqual(WRONG.requirements.map(({ id, sentence }) => `${id}: ${sentence}`));
    const [good, bad] = [...tests.values()];
    await good!();
    await expect(bad!()).rejects.toThrow(/-\s+bind +=> EPERM\n\+\s+bind +=> 0[\s\S]*Source: nowhere/);
  });

  it('skips what does not apply, with the reason', async () => {
    const { runner, tests } = collected();
    conformanceSuite(runner, 'mock', target(), { groups: [WRONG] });
    const reasons: string[] = [];
    await tests.get('without: It applies without scatter-gather.')!({ skip: (reason: string) => reasons.push(reason) });
    expect(reasons).toEqual(['only with a controller without scatter-gather']);
  });

  it('leaves out what the declared features exclude, and holds to the declaration', async () => {
    const { runner, tests } = collected();
    conformanceSuite(runner, 'mock', target(), { groups: [WRONG], features: ['udmabuf', 'no-scatter-gather'] });
    expect(tests.size).toBe(4);
    await expect(tests.get('has the features that it is said to have')!()).rejects.toThrow(
      'The backend has host-end, scatter-gather, suspend, udmabuf, but the option `features` lists no-scatter-gather, udmabuf. Correct the list.',
    );
  });

  it('holds to the list of what is not met yet: neither more nor less', async () => {
    const { runner, tests } = collected();
    conformanceSuite(runner, 'mock', target(), { groups: [WRONG], notYet: ['binds', 'binds-not', 'without', 'gone'] });
    const outcome = (name: string) =>
      tests.get(name)!().then(
        () => 'passed',
        (failure: Error) => failure.message,
      );
    expect(await outcome('not met yet: binds-not: Binding is refused.')).toBe('passed');
    expect(await outcome('not met yet: binds: It binds.')).toBe(
      '"binds" is met. Take it off the list of requirements that are not met yet.',
    );
    expect(await outcome('not met yet: without: It applies without scatter-gather.')).toBe(
      '"without" does not apply. Take it off the list of requirements that are not met yet.',
    );
    expect(await outcome('not met yet: gone')).toBe(
      'No requirement that applies is called "gone". Take it off the list, or correct its name.',
    );
  });

  it('says why a step was refused, in the words of the backend', async () => {
    const unbinds = `
requirement unbinds It unbinds.
source nowhere
  unbind                                   => 0
`;
    const report = await runSuite(target(), { groups: [readRequirements('unbinds', 'Unbinding', unbinds)] });
    expect(formatReport(report)).toMatch(/\+ {2}unbind +=> ENODEV\n +unbind scenario: ENODEV: the gadget is not bound/);
  });

  it('has no group of which nothing applies', () => {
    const { runner, described } = collected();
    const groups = [{ ...WRONG, requirements: WRONG.requirements.slice(2) }];
    conformanceSuite(runner, 'mock', target(), { groups, features: ['scatter-gather'] });
    expect(described).toEqual(['mock conforms']);
  });

  it('makes a report without any runner', async () => {
    const report = await runSuite(target(), { groups: [WRONG] });
    expect(report).toMatchObject({ passed: 1, failed: 1, notApplicable: 1 });
    expect(formatReport(report)).toBe(
      [
        'What no kernel does: 1 of 2',
        '  failed  binds-not: Binding is refused.',
        '    Source: nowhere',
        '    -  bind                                     => EPERM',
        '    +  bind                                     => 0',
        '  n/a     without: only with a controller without scatter-gather',
        'mock: 1 passed, 1 failed, 1 not applicable',
      ].join('\n'),
    );
  });

  it('applies to a controller without scatter-gather as far as it goes', { timeout: 60_000 }, async () => {
    const report = await runSuite(target(false));
    expect(report.failed).toBe(0);
    expect(report.notApplicable).toBeGreaterThan(0);
  });

  it('runs under node:test too', { timeout: 60_000 }, () => {
    const file = fileURLToPath(new URL('../../test/under-node-test.mjs', import.meta.url));
    const env = { ...process.env, SCATTER_GATHER: 'false', NODE_OPTIONS: '' };
    const out = execFileSync(process.execPath, ['--test', '--test-reporter=tap', file], { encoding: 'utf8', env });
    expect(out).toMatch(/^# fail 0$/m);
    expect(out).toMatch(/ok \d+ - attach-unbound: .* # SKIP only with a controller with scatter-gather/);
    expect(out).toMatch(/ok \d+ - one-gadget-per-controller: [^#]*$/m);
  });
});

describe('the requirements', () => {
  const all = REQUIREMENTS.flatMap(({ requirements }) => requirements);

  it('have each an id of their own, that can be named in a report', () => {
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  it('say what has to be so, and who says it', () => {
    for (const { sentence, source } of all) {
      expect(sentence).toMatch(/^[A-Z0-9].*\.$/);
      expect(source).toMatch(/\w+\.[ch]|\d\.\d|usb|USB/);
    }
  });
});
