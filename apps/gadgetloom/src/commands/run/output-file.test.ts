import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { workFolder } from '../../../test/work-folder.ts';
import { openOutput } from './output-file.ts';

async function folder() {
  const path = workFolder({ input: 'input', old: 'an older file' });
  return { path, input: await open(path('input')), names: () => readdirSync(dirname(path('input'))).sort() };
}

it('a file has its name only when it is finished', async () => {
  const { path, input, names } = await folder();
  await using _ = input;
  await using output = await openOutput(path('new'), input);
  await output.write(new TextEncoder().encode('what came back'));
  expect(existsSync(path('new'))).toBe(false);
  await output.finish();
  expect(readFileSync(path('new'), 'utf8')).toBe('what came back');
  expect(names()).toEqual(['input', 'new', 'old']);
});

it('a file that is not finished leaves nothing behind, and an older one as it was', async () => {
  const { path, input, names } = await folder();
  await using _ = input;
  for (const name of ['new', 'old']) {
    await using output = await openOutput(path(name), input);
    await output.write(new Uint8Array(100));
  }
  expect(names()).toEqual(['input', 'old']);
  expect(readFileSync(path('old'), 'utf8')).toBe('an older file');
});

it('a file keeps its permissions, and a link stays a link', async () => {
  const { path, input } = await folder();
  await using _ = input;
  chmodSync(path('old'), 0o640);
  symlinkSync('old', path('link'));
  await using output = await openOutput(path('link'), input);
  await output.write(new TextEncoder().encode('new'));
  await output.finish();
  expect([readFileSync(path('old'), 'utf8'), statSync(path('old')).mode & 0o777]).toEqual(['new', 0o640]);
  expect(readFileSync(path('link'), 'utf8')).toBe('new');
});
