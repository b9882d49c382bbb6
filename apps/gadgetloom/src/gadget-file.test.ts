import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { gadgetJsonSchema } from '@gadgetloom/gadget';
import { expect, it } from 'vitest';
import { workFolder } from '../test/work-folder.ts';
import { defaultGadget, readGadget } from './gadget-file.ts';

it('the gadget that is run by default tells editors where its schema is', () => {
  const [, schema] = /^# yaml-language-server: \$schema=(.*)$/m.exec(readFileSync(defaultGadget, 'utf8'))!;
  // Goes up to the folder that has this package installed: the repository, or a project that depends on it.
  const installed = resolve(dirname(defaultGadget), schema!);
  expect(JSON.parse(readFileSync(installed, 'utf8'))).toEqual(gadgetJsonSchema());
});

it('a gadget file that is far too large is not read', async () => {
  const path = workFolder({ 'film.mp4': new Uint8Array(1024 * 1024 + 1) });
  await expect(readGadget(path('film.mp4'))).rejects.toThrow(
    `The gadget file "${path('film.mp4')}" has 1.00 MiB; allowed are 1 MiB. Give a gadget file, YAML or JSON.`,
  );
});
