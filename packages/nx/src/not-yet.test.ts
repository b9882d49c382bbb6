import { readFileSync } from 'node:fs';
import { piecesTarget, runSuite } from '@gadgetloom/conformance';
import { composePieces } from '@gadgetloom/gadget';
import { expect, it } from 'vitest';
import { acmeUdc } from '../templates/backend/src/acme-udc.ts';

const folder = new URL('../templates/backend/src/', import.meta.url);

const report = await runSuite(piecesTarget('acme-udc', () => composePieces({ plugins: [acmeUdc()] })));
const failed = report.groups.flatMap(({ results }) => results.filter(({ verdict }) => verdict === 'failed'));
const ids = failed.map(({ requirement }) => requirement.id);

// Newly generated backends fail new requirements. `npx vitest run --project nx -u` adds them to the list.
it('a new backend lists what it fails (to update: npx vitest run --project nx -u)', async () => {
  const lines = ids.map((id) => `  '${id}',\n`).join('');
  await expect(
    '/** Requirements that the backend does not meet yet. The test fails until those that it meets are taken off. */\n' +
      `export const NOT_YET: readonly string[] = [\n${lines}];\n`,
  ).toMatchFileSnapshot('../templates/backend/src/not-yet.ts');
});

it.each(['acme-udc-controller.ts'])('%s names requirements that fail without it', (file) => {
  const calls = [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(/notImplemented\('(\w+)\.(\w+)', '([a-z-]+)'\)/g),
  ];
  expect(calls.length).toBeGreaterThan(4);
  for (const [, , method, id] of calls) expect(ids, method).toContain(id);
});

it('says of nearly every failure what is to be done', () => {
  const explained = failed.filter(
    (result) => 'difference' in result && /ENOSYS: not implemented yet/.test(result.difference),
  );
  expect(explained.length / failed.length).toBeGreaterThan(0.9);
});
