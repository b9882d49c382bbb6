import { execFile, execFileSync } from 'node:child_process';
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

const YAML = 'vendorId: 1\nproductId: 2\nfunctions: { data: { endpoints: { up: { type: bulk, direction: in } } } }\n';

it('a folder is no gadget file', async () => {
  const path = workFolder({ 'folder/file': '' });
  await expect(readGadget(path('folder'))).rejects.toThrow(
    `The gadget file "${path('folder')}" cannot be read (EISDIR: is a directory).`,
  );
});

it('a file that is not there cannot be read', async () => {
  const path = workFolder({});
  await expect(readGadget(path('none'))).rejects.toThrow(
    `The gadget file "${path('none')}" cannot be read (ENOENT: no such file or directory).`,
  );
});

it('a file that never ends is read up to the limit', async () => {
  await expect(readGadget('/dev/zero')).rejects.toThrow(
    'The gadget file "/dev/zero" has more than 1 MiB; allowed are 1 MiB. Give a gadget file, YAML or JSON.',
  );
});

it('a pipe is read until its writer closes it, however late it writes', async () => {
  const pipe = workFolder({})('pipe.yaml');
  execFileSync('mkfifo', [pipe]);
  // The writer opens the pipe, and writes after the reader has begun to read.
  const writer = execFile('sh', ['-c', 'exec > "$0"; read -r line; printf "%s\\n" "$1"', pipe, YAML]);
  const read = readGadget(pipe);
  writer.stdin!.end('now\n');
  expect(await read).toMatchObject({ name: 'pipe', definition: { vendorId: 1, productId: 2 } });
});
