import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gadgetJsonSchema } from '@gadgetloom/gadget';
import { expect, it } from 'vitest';
import { defaultGadget } from './gadget-file.ts';

it('the gadget that is run by default tells editors where its schema is', () => {
  const [, schema] = /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(defaultGadget, 'utf8'))!;
  // Up to the folder that has this package installed: the repository, or whoever depends on it.
  const installed = resolve(dirname(defaultGadget), schema!);
  expect(JSON.parse(readFileSync(installed, 'utf8'))).toEqual(gadgetJsonSchema());
});
