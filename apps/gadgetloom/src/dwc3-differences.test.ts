import { readFileSync } from 'node:fs';
import { dwc3 } from '@gadgetloom/backend-dwc3';
import { parseScenarios, piecesTarget, playScenario, type Scenario } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';

/** A step that came out otherwise than on dummy_hcd. */
interface Difference {
  readonly operation: string;
  readonly expected: string;
  readonly actual: string;
}

/** Why something may differ. */
interface Reason {
  /** First words of the row in the README of the package. */
  readonly row: string;
  /** What comes behind it in a scenario may differ as well: what is under way is something else. */
  readonly hasConsequences?: boolean;
  explains(difference: Difference): boolean;
}

const operation =
  (pattern: RegExp, outcomes?: (expected: string, actual: string) => boolean) => (difference: Difference) =>
    pattern.test(difference.operation) && (outcomes?.(difference.expected, difference.actual) ?? true);
const isCount = (text: string): boolean => /^\d+\b/.test(text);
const withoutSuspend = (text: string): string => text.replace(/SUSPEND ?/, '');

const REASONS: readonly Reason[] = [
  {
    row: 'No SUSPEND',
    explains: operation(/^events$/, (expected, actual) => [actual, ''].includes(withoutSuspend(expected))),
  },
  {
    row: 'Endpoints have other numbers',
    explains: operation(/^epioctl \S+ desc$/, (expected, actual) => /^addr=/.test(expected) && /^addr=/.test(actual)),
  },
  {
    row: 'The state after',
    explains: operation(/^state$/, (_, actual) => actual === 'addressed'),
  },
  {
    row: 'SET_ADDRESS',
    explains: operation(/^hostctrl 0x00 5 /, (_, actual) => actual === 'EPIPE'),
  },
  {
    row: 'What a request has no room for',
    hasConsequences: true,
    explains: operation(
      /^(hostout|ep0read|join)/,
      (expected, actual) => expected === 'EOVERFLOW' || Number(actual) > Number(expected) || actual === 'ETIMEDOUT',
    ),
  },
  {
    row: 'A small IN request',
    hasConsequences: true,
    explains: operation(
      /^(fence|poll|join|xfer|hostin|crc|epwrite)/,
      (expected, actual) =>
        (/signaled|OUT/.test(expected) && !/EOVERFLOW/.test(expected)) ||
        actual === 'HUNG' ||
        actual === 'EBUSY' ||
        expected === 'EBUSY' ||
        (expected === 'ETIMEDOUT' && (isCount(actual) || actual === 'EOVERFLOW')),
    ),
  },
  {
    row: 'Cancelling one request',
    hasConsequences: true,
    explains: operation(
      /^(hostin|hostout|fence|poll|epwrite|epread|join)/,
      (expected, actual) =>
        /ECONNRESET|ESHUTDOWN/.test(actual) ||
        actual === 'ETIMEDOUT' ||
        actual === 'EBADMSG' ||
        (/active|ESHUTDOWN|none/.test(expected) && /signaled|IN/.test(actual)),
    ),
  },
  {
    row: 'An endpoint whose requests',
    hasConsequences: true,
    explains: operation(/^ep(read|write)/, (expected, actual) => expected === 'EBADMSG' && actual === 'EAGAIN'),
  },
  {
    row: 'A SETUP packet that a function has not answered',
    hasConsequences: true,
    explains: operation(
      /^(hostctrl|hostsetcfg|hostreset|ep0write|ep0read|events|join)/,
      (expected, actual) =>
        ['ETIMEDOUT', 'HUNG', 'ECONNRESET', 'EAGAIN', 'SETUP'].includes(actual) || expected === 'EL2HLT',
    ),
  },
];

const files = ['functionfs-dmabuf', 'corner-cases', 'random-walks', 'blocking-walks', 'wide-walks', 'wrong-arguments'];
const scenarios = (file: string): readonly Scenario[] => {
  const path = new URL(`../../../packages/conformance/scenarios/${file}.txt`, import.meta.url);
  return parseScenarios(readFileSync(path, 'utf8'), file);
};

describe('scenarios of the real kernel, on the simulated DWC3', () => {
  const used = new Set<Reason>();
  const target = piecesTarget('dwc3', () => composePieces({ backends: [dwc3({ speed: 'high' })], backend: 'dwc3' }));

  it.each(files)('%s: what differs has a reason', { timeout: 120_000 }, async (file) => {
    const unexplained: string[] = [];
    for (const scenario of scenarios(file)) {
      const outcomes = await playScenario(scenario, target);
      let free = false;
      for (const [at, step] of scenario.steps.entries()) {
        const actual = outcomes[at] ?? 'not reached';
        if (free || step.expected === undefined || step.expected === actual) continue;
        const difference = { operation: step.operation, expected: step.expected, actual };
        const reason = REASONS.find((candidate) => candidate.explains(difference));
        if (reason !== undefined) used.add(reason);
        free ||= reason?.hasConsequences === true;
        if (reason === undefined)
          unexplained.push(`${scenario.name}, line ${step.line}: ${JSON.stringify(difference)}`);
      }
    }
    expect(unexplained).toEqual([]);
  });

  it('has no reason that explains nothing, and each is in the README', () => {
    const readme = readFileSync(new URL('../../../packages/backend-dwc3/README.md', import.meta.url), 'utf8');
    expect(REASONS.filter((reason) => !used.has(reason)).map(({ row }) => row)).toEqual([]);
    expect(REASONS.filter(({ row }) => !readme.includes(`| ${row}`)).map(({ row }) => row)).toEqual([]);
  });
});
