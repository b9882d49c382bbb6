import { mock } from '@gadgetloom/backend-mock';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bulk } from '../definition/endpoints.ts';
import { parseGadget } from '../definition/parse-gadget.ts';
import { describeGadget } from '../describe/describe-gadget.ts';
import { composeStack } from '../stack/compose-stack.ts';
import { defineFunction } from './define-function.ts';
import { useFunctions } from './use-functions.ts';

const scope = defineFunction({
  kind: 'scope',
  options: z.strictObject({ range: z.enum(['1 V', '10 V']) }),
  describe: () => ({ endpoints: { samples: bulk.in() } }),
  start: (_, { range }) => ({ range }),
});

const text = (fields: string): string => `vendorId: 0x1d6b\nproductId: 0x0104\nfunctions:\n  probe: ${fields}\n`;
const gadget = (fields: string) => parseGadget(text(fields), { file: 'bench.yaml' });
const load = async (module: string) => {
  if (module === './scope.js') return { scope, other: 1 };
  if (module === './two.js') return { scope, second: scope };
  if (module === './common.cjs') return { default: { scope, other: 1 } };
  if (module === './main.js') return { default: scope, second: scope };
  throw new Error(`Cannot find module '${module}'`);
};

describe('a function that a gadget file takes from a module', () => {
  it('is loaded, gets its options and runs', async () => {
    const file = gadget('{ use: ./scope.js, range: 10 V }');
    await using stack = await composeStack({ gadget: file, backends: [mock()], load });
    expect(stack.function('probe')).toEqual({ range: '10 V' });
    expect(stack.endpoint('probe.samples').direction).toBe('in');
  });

  it('is the default export before any other', async () => {
    const used = await useFunctions(gadget('{ use: ./main.js, range: 1 V }'), load);
    expect((await describeGadget(used)).endpoints.map(({ name }) => name)).toEqual(['probe.samples']);
  });

  it('may be in a CommonJS module, which Node imports as a default export', async () => {
    const used = await useFunctions(gadget('{ use: ./common.cjs, range: 1 V }'), load);
    expect((await describeGadget(used)).endpoints.map(({ name }) => name)).toEqual(['probe.samples']);
  });

  it.each([
    [
      '{ use: ./scope.js, range: 5 V }',
      'bench.yaml:4:36  functions.probe.range: Invalid option: expected one of "1 V"|"10 V".',
    ],
    ['{ use: ./scope.js }', 'bench.yaml:4:10  functions.probe.range: Invalid option: expected one of "1 V"|"10 V".'],
    ['{ use: ./scope.js, range: 1 V, rnage: 2 }', 'bench.yaml:4:10  functions.probe: Unrecognized key: "rnage".'],
    ['{ use: ./none.js }', `bench.yaml:4:17  the module "./none.js" cannot be loaded: Cannot find module './none.js'.`],
    [
      '{ use: ./two.js }',
      'bench.yaml:4:17  the module "./two.js" exports no function of a gadget. Export one that defineFunction made: by ' +
        'default, or as the only one.',
    ],
  ])('%s is refused where it is written', async (fields, message) => {
    const composing = composeStack({ gadget: gadget(fields), backends: [mock()], load });
    await expect(composing).rejects.toThrow(message);
  });

  it('needs somebody who loads modules', async () => {
    const unloaded = gadget('{ use: ./scope.js, range: 1 V }');
    await expect(composeStack({ gadget: unloaded, backends: [mock()] })).rejects.toThrow(
      'function "probe" uses the module "./scope.js", which nobody can load: pass `load: (module) => import(module)`.',
    );
    await expect(describeGadget(unloaded)).rejects.toThrow(
      'function "probe" uses the module "./scope.js", which is not loaded: pass the gadget through useFunctions first.',
    );
  });
});
