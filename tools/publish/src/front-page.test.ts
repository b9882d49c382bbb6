import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examplesOf } from '@gadgetloom/readme';
import { expect, it, onTestFinished } from 'vitest';
import { Consumer } from './consumer.ts';
import { packAll, releases, root, withDependencies } from './release.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

it('the front page tells everything that its program takes', { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-front-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tsconfig = /^```json\n([\s\S]*?)^```$/m.exec(readme)?.[1];
  expect(JSON.parse(tsconfig!)).toHaveProperty('compilerOptions');
  for (const line of ['npm pkg set type=module', 'npm install --save-dev typescript @types/node'])
    expect(readme).toContain(`\n${line}\n`);
  const words = /^npm install (@gadgetloom.*)$/m.exec(readme)?.[1]?.split(' ') ?? [];
  const [{ code, prints } = { code: '', prints: [''] }] = examplesOf(readme);
  for (const [, module] of code.matchAll(/ from '([^']+)'/g)) expect(words).toContain(module);
  const wanted = withDependencies(releases.filter(({ name }) => words.includes(name)));
  const consumer = await Consumer.install(join(folder, 'project'), wanted, await packAll(folder, wanted));
  await consumer.compileProject(tsconfig!, 'program', code);
  expect((await consumer.run('program')).trimEnd().split('\n')).toEqual(prints);
});
