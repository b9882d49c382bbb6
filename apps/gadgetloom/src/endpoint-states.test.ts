import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import {
  checkScenario,
  ENDPOINT_OPERATIONS,
  ENDPOINT_STATES,
  parseScenarios,
  piecesTarget,
  stateScenarios,
  stateScenarioText,
} from '@gadgetloom/conformance';
import type { Plugin } from '@gadgetloom/core';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';

interface HostOptions {
  readonly delays?: boolean;
  readonly autoConfigure?: boolean;
}

const HOSTS: Readonly<Record<'patient' | 'passive' | 'desktop', HostOptions>> = {
  desktop: {},
  patient: { delays: true },
  passive: { autoConfigure: false },
};

const backends: readonly (readonly [driver: string, make: (host: HostOptions) => Plugin])[] = [
  ['dummy_udc', (host) => mock({ host })],
  ['dwc3-gadget', (host) => dwc3({ speed: 'high', host })],
  ['musb-hdrc', (host) => musb({ host })],
];

describe.each(backends)('on %s', (driver, make) => {
  const cells = stateScenarios(driver);

  it.each(ENDPOINT_STATES.map(({ name }) => name))(
    '%s: every operation on an endpoint',
    { timeout: 60_000 },
    async (name) => {
      const wrong: string[] = [];
      for (const { state, operation, scenario } of cells.filter((cell) => cell.state.name === name)) {
        const backend = make(HOSTS[state.host ?? 'desktop']);
        const target = piecesTarget(driver, () => composePieces({ backends: [backend], backend: backend.name }));
        const { outcomes, differences } = await checkScenario(scenario, target);
        if (outcomes.length !== scenario.steps.length) wrong.push(`${operation}: stopped with ${outcomes.at(-1)}`);
        for (const { expected, actual } of differences) wrong.push(`${operation}: ${actual} instead of ${expected}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  it('the table is complete', () => {
    expect(cells).toHaveLength(ENDPOINT_STATES.length * ENDPOINT_OPERATIONS.length);
    expect(new Set(cells.map(({ scenario }) => scenario.name)).size).toBe(cells.length);
    for (const { scenario } of cells) expect(scenario.steps.at(-1)!.expected).toMatch(/\S/);
    const real = parseScenarios(stateScenarioText(driver, { realKernel: true }), 'real');
    expect(real).toHaveLength((ENDPOINT_STATES.length - 2) * ENDPOINT_OPERATIONS.length - 3);
  });
});
