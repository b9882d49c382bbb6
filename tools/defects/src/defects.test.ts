import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFECTS } from './catalogue.ts';
import { examine } from './examine.ts';
import { bundleSuspects, type Suspects } from './suspects.ts';
import { judge } from './verdict.ts';

let suspects: Suspects | undefined;

beforeAll(async () => {
  suspects = await bundleSuspects(DEFECTS);
}, 60_000);
afterAll(() => suspects?.[Symbol.dispose]());

describe('the conformance suite', () => {
  it('has nothing against the sound model', async () => {
    expect(await examine(suspects!.program, {})).toEqual([]);
  }, 60_000);

  it.concurrent.each(DEFECTS)(
    'finds $id: $sentence',
    async (defect) => {
      const failures = await examine(suspects!.program, { defect: defect.id, requirement: defect.foundBy });
      expect(judge(defect, failures)).toEqual({ defect, failed: expect.any(Array), fault: undefined });
    },
    60_000,
  );
});
