import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { releases, root } from './release.ts';
import { shell } from './shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-versions-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const tracked = (
  await shell('git', ['ls-files', '.changeset/config.json', '*package.json', '*CHANGELOG.md'], root)
).split('\n');

it('a changeset gives all packages the next version, with its sentence in the changelogs', {
  timeout: 120_000,
}, async () => {
  for (const file of tracked.filter((file) => existsSync(join(root, file)) && file !== ''))
    cpSync(join(root, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await shell('git', ['init', '-q', '-b', 'main'], folder);
  const sentence = 'Fences can be merged.';
  writeFileSync(join(folder, '.changeset/test.md'), `---\n"@gadgetloom/core": minor\n---\n\n${sentence}\n`);

  const changeset = join(root, 'node_modules/@changesets/cli/bin.js');
  await shell(process.execPath, [changeset, 'version'], folder);

  const [major, minor] = releases[0]!.manifest.version.split('.').map(Number) as [number, number];
  const next = `${major}.${minor + 1}.0`;
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  for (const { folder: changed, manifest } of releases) {
    const { version, dependencies = {} } = JSON.parse(read(`${changed}/package.json`));
    expect(version, changed).toBe(next);
    for (const name of Object.keys(manifest.dependencies ?? {}))
      if (releases.some((release) => release.name === name))
        expect(dependencies[name], `${changed}: ${name}`).toBe(`^${next}`);
    expect(read(`${changed}/CHANGELOG.md`), changed).toContain(`\n## ${next}\n`);
  }
  expect(read('packages/core/CHANGELOG.md')).toContain(sentence);
  expect(JSON.parse(read('tools/publish/package.json')).version).toBe('0.0.0');
  expect(existsSync(join(folder, '.changeset/test.md'))).toBe(false);
});
