import { dwc3 } from '@gadgetloom/backend-dwc3';
import { piecesTarget, playScenario } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { describe, it } from 'vitest';
import {
  Explanations,
  operation,
  type Reason,
  readScenarios,
  SCENARIO_FILES,
  withoutSuspend,
} from '../test/explained-differences.ts';

const isCount = (text: string): boolean => /^\d+\b/.test(text);

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
    row: 'Bytes that an OUT request has no room for',
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
    row: 'Cancelling a request',
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

describe('scenarios of the real kernel, on the simulated DWC3', () => {
  const explanations = new Explanations(REASONS);
  const target = piecesTarget('dwc3', () => composePieces({ backends: [dwc3({ speed: 'high' })], backend: 'dwc3' }));

  it.each(SCENARIO_FILES)('%s: what differs has a reason', { timeout: 120_000 }, async (file) => {
    for (const scenario of readScenarios(file)) {
      const outcomes = await playScenario(scenario, target);
      let free = false;
      for (const [at, step] of scenario.steps.entries()) {
        const actual = outcomes[at] ?? 'not reached';
        if (free || step.expected === undefined || step.expected === actual) continue;
        free = explanations.explain(scenario.name, step.line, {
          operation: step.operation,
          expected: step.expected,
          actual,
        });
      }
    }
    explanations.expectAllExplained();
  });

  it('has no reason that explains nothing, and each is in the README', () => {
    explanations.expectReasonsInReadme('backend-dwc3');
  });
});
