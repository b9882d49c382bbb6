import { expect, it } from 'vitest';
import { gadgetJsonSchema } from './schema.ts';

it('is published as gadget.schema.json, as the checks have it (vitest -u writes it anew)', async () => {
  await expect(`${JSON.stringify(gadgetJsonSchema(), null, 2)}\n`).toMatchFileSnapshot('../../gadget.schema.json');
});
