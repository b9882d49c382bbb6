import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { piecesTarget, playScenario } from '@gadgetloom/conformance';
import type { Plugin } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import {
  Explanations,
  operation,
  type Reason,
  readScenarios,
  SCENARIO_FILES,
  withoutSuspend,
} from '../test/explained-differences.ts';

const isCount = (text: string): boolean => /^\d+$/.test(text);

const REASONS: readonly Reason[] = [
  {
    row: 'An OUT FIFO takes packets',
    hasConsequences: true,
    explains: operation(/^hostout/, (expected, actual) => expected === 'ETIMEDOUT' && isCount(actual)),
  },
  {
    row: 'Bytes that do not fit into a request',
    hasConsequences: true,
    explains: operation(/^hostout/, (expected, actual) => Number(actual) > Number(expected)),
  },
  {
    row: 'IN requests complete when their last packet',
    hasConsequences: true,
    explains: operation(/^epwrite \S+ (0|10 7)$/, (expected, actual) => isCount(expected) && actual === 'HUNG'),
  },
  {
    row: 'After babble',
    hasConsequences: true,
    explains: operation(/^join/, (expected, actual) => expected === '100' && actual === 'HUNG'),
  },
  {
    row: 'An endpoint with queued requests',
    hasConsequences: true,
    explains: operation(/^join/, (expected, actual) => expected === 'EPIPE' && isCount(actual)),
  },
  {
    row: 'Removing the pull-up causes no SUSPEND',
    explains: ({ operation: name, expected, actual }) =>
      (name === 'events' && (withoutSuspend(expected) === actual || actual === 'EAGAIN')) ||
      (/^ep0read 12$/.test(name) && expected === '12' && actual === 'EAGAIN'),
  },
  {
    row: 'After unbinding the state',
    explains: operation(/^state$/, (expected, actual) => expected === 'configured' && actual === 'not attached'),
  },
  {
    row: 'Endpoints have the numbers',
    explains: operation(/^epioctl \S+ desc$/, (expected, actual) => /^addr=/.test(expected) && /^addr=/.test(actual)),
  },
  {
    row: 'FIFO_STATUS',
    explains: operation(/^epioctl \S+ fifo_status$/, (expected) => expected === 'EOPNOTSUPP'),
  },
  {
    row: 'The driver stalls features',
    explains: operation(/^hostctrl 0x(00|01|02|80) [013] /, (_, actual) => actual === 'EPIPE'),
  },
  {
    row: 'Requests of endpoint 0 complete early',
    explains: operation(/^join/, (expected, actual) => /^(E\w+|0|4)$/.test(expected) && isCount(actual)),
  },
];

const target = (backend: Plugin) =>
  piecesTarget(backend.name, () => composePieces({ backends: [backend], backend: backend.name }));

describe('scenarios of the real kernel, on musb', () => {
  const explanations = new Explanations(REASONS);

  // A mock without scatter-gather shows the differences that follow from EPERM alone.
  it.each(SCENARIO_FILES)('%s: what differs has a reason', { timeout: 60_000 }, async (file) => {
    const copying = target(mock({ scatterGather: false }));
    const simulated = target(musb());
    let attachments = 0;
    for (const scenario of readScenarios(file)) {
      const expected = await playScenario(scenario, copying);
      const actual = await playScenario(scenario, simulated);
      let free = false;
      let attached = false;
      for (const [at, step] of scenario.steps.entries()) {
        const difference = {
          operation: step.operation,
          expected: expected[at] ?? 'not reached',
          actual: actual[at] ?? 'not reached',
        };
        if (/^attach/.test(step.operation) && difference.actual === 'EPERM') attachments++;
        attached ||= /attach/.test(step.operation);
        // Before anything is attached, that mock answers like the recorded kernel.
        if (!attached && step.expected !== undefined) expect(difference.expected).toBe(step.expected);
        // A packet of a transfer that the host gave up may be in a FIFO.
        free ||= /^hostout/.test(step.operation) && difference.actual === 'ETIMEDOUT';
        if (free || difference.expected === difference.actual) continue;
        free = explanations.explain(scenario.name, step.line, difference);
      }
    }
    explanations.expectAllExplained();
    expect(attachments).toBeGreaterThan(0);
  });

  it('has no reason that explains nothing, and each is in the README', () => {
    explanations.expectReasonsInReadme('backend-musb');
  });
});
