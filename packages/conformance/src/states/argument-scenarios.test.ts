import { readFileSync } from 'node:fs';
import { mock } from '@gadgetloom/backend-mock';
import { composePieces } from '@gadgetloom/gadget';
import { describe, expect, it } from 'vitest';
import { checkScenario, formatDifferences } from '../scenario/check.ts';
import { parseScenarios } from '../scenario/parse.ts';
import { piecesTarget } from '../scenario/pieces-target.ts';
import { argumentScenarioText } from './argument-scenarios.ts';

const generated = parseScenarios(argumentScenarioText(), 'generated');
const file = new URL('../../scenarios/wrong-arguments.txt', import.meta.url);
const recorded = parseScenarios(readFileSync(file, 'utf8'), 'wrong-arguments');

describe('every operation with every kind of argument', () => {
  it('is recorded as it is generated, each step with what the kernel answered', () => {
    const words = ({ name, steps }: (typeof recorded)[number]) => [name, steps.map(({ operation }) => operation)];
    expect(recorded.map(words)).toEqual(generated.map(words));
    for (const { name, steps } of recorded)
      for (const { operation, expected } of steps) expect(expected, `${name}: ${operation}`).toMatch(/\S/);
  });

  it('is asked of no kernel without a controller, where that would dereference NULL', () => {
    const unbound = generated.filter(({ name }) => name.startsWith('unbound'));
    expect(unbound).not.toEqual([]);
    const harmful = unbound
      .flatMap(({ steps }) => steps)
      .filter(({ verb, args }) => verb === 'detach' && args[0] !== 'ep3');
    expect(harmful).toEqual([]);
  });

  it('comes out in the simulation as in the kernel', async () => {
    const target = piecesTarget('mock', () => composePieces({ plugins: [mock({ speed: 'high' })] }));
    const wrong: string[] = [];
    for (const scenario of recorded) {
      const verdict = await checkScenario(scenario, target);
      if (verdict.differences.length > 0) wrong.push(formatDifferences(verdict));
    }
    expect(wrong).toEqual([]);
  });
});
