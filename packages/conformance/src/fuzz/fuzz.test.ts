import { mock } from '@gadgetloom/backend-mock';
import { composePieces } from '@gadgetloom/gadget';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScenarios } from '../scenario/parse.ts';
import { piecesTarget } from '../scenario/pieces-target.ts';
import type { ScenarioTarget } from '../scenario/target.ts';
import { type Divergence, formatDivergence } from './compare.ts';
import { fuzz } from './fuzz.ts';
import { randomWalk } from './random-walk.ts';
import { shorten } from './shorten.ts';

const good = piecesTarget('mock', () => composePieces({ plugins: [mock()] }));
/** Attaches nothing: as a controller without scatter-gather. */
const bad = piecesTarget('bad', () => composePieces({ plugins: [mock({ scatterGather: false })] }));
const pair: readonly [ScenarioTarget, ScenarioTarget] = [good, bad];

describe('a random walk', () => {
  it('is in the language, and always the same for a seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.boolean(), (seed, anyController) => {
        const walk = randomWalk(seed, { anyController });
        expect(walk.steps.length).toBeGreaterThanOrEqual(60);
        expect(randomWalk(seed, { anyController })).toEqual(walk);
      }),
    );
  });

  it('does nothing that depends on the controller, if asked to', () => {
    for (let seed = 0; seed < 50; seed++)
      for (const { operation } of randomWalk(seed, { anyController: true }).steps)
        expect(operation).not.toMatch(/hostout|hosthalt|clear_halt|fifo_status|epioctl \w+ desc/);
  });
});

describe('fuzzing', () => {
  it('finds no difference between a backend and itself', async () => {
    const walked: number[] = [];
    const result = await fuzz([good, good], { seeds: [1, 2, 3], onWalk: (seed) => walked.push(seed) });
    expect(result).toEqual({ walks: 3, divergence: undefined });
    expect(walked).toEqual([1, 2, 3]);
  });

  it('finds a difference, and the shortest scenario that shows it', async () => {
    const { divergence } = await fuzz(pair, { seeds: [1, 2, 3] });
    const text = formatDivergence(divergence!, ['mock', 'bad']);
    expect(text).toMatch(/^# The last step: mock answers .+, bad answers EPERM\.\nscenario walk-\d\n/);
    const [scenario] = parseScenarios(text);
    expect(scenario!.steps.length).toBeLessThanOrEqual(3);
    expect(scenario!.steps.at(-1)!.verb).toMatch(/attach|xfer|detach/);
  });

  it('ends a walk where its judge says so', async () => {
    const met: string[] = [];
    const judge = (_: unknown, [, other]: readonly [string, string]) => {
      met.push(other);
      return 'end' as const;
    };
    expect(await fuzz(pair, { seeds: [1], judge })).toEqual({ walks: 1, divergence: undefined });
    expect(met).toEqual(['EPERM']);
  });

  it('goes on where its judge says that both mean the same', async () => {
    let met = 0;
    const judge = () => {
      met++;
      return 'same' as const;
    };
    expect(await fuzz(pair, { seeds: [1], judge })).toEqual({ walks: 1, divergence: undefined });
    expect(met).toBeGreaterThan(1);
  });
});

describe('shortening', () => {
  it('leaves exactly the steps that the difference needs', async () => {
    const [scenario] = parseScenarios(
      `scenario s\n${Array.from({ length: 40 }, (_, at) => `  sleep ${at}\n`).join('')}`,
    );
    const needed = ['sleep 3', 'sleep 17', 'sleep 30'];
    const differs = async (one: typeof scenario): Promise<Divergence | undefined> => {
      const operations = one!.steps.map(({ operation }) => operation);
      if (!needed.every((operation) => operations.includes(operation))) return undefined;
      const step = operations.indexOf('sleep 30');
      return { scenario: one!, step, operation: 'sleep 30', outcomes: ['0', '1'], history: [] };
    };
    const short = await shorten((await differs(scenario))!, differs);
    expect(short.scenario.steps.map(({ operation }) => operation)).toEqual(needed);
  });
});
