import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { examplesOf } from '@gadgetloom/readme';
import { nodeOnly } from '@gadgetloom/workspace/layers';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Consumer } from './consumer.ts';
import { entryPointsOf, packAll, type Release, releases, root, type Tarball, withDependencies } from './release.ts';

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-publish-'));
let tarballs: Map<Release, Tarball>;

beforeAll(async () => {
  tarballs = await packAll(folder);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const tarballOf = (release: Release): Tarball => tarballs.get(release)!;
const needsNode = ({ folder }: Release): boolean => folder.startsWith('apps/') || nodeOnly.includes(basename(folder));

/** Each set of packages is installed once with its dependencies, in a folder of its own. */
const installed = new Map<string, Promise<Consumer>>();
function install(wanted: Release[]): Promise<Consumer> {
  const needed = withDependencies(wanted);
  const name = needed.map(({ folder }) => basename(folder)).join('+');
  const consumer = installed.get(name) ?? Consumer.install(join(folder, name), needed, tarballs);
  installed.set(name, consumer);
  return consumer;
}

const linesOf = (printed: string): string[] => printed.trimEnd().split('\n');

describe.concurrent.each(releases)('$name, packed,', { timeout: 120_000 }, (release) => {
  it('has its code, types, sources and documents, and nothing else', () => {
    const { paths } = tarballOf(release);
    const needed = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'];
    expect(needed.filter((path) => !paths.includes(path))).toEqual([]);
    // Packages that are generated from a template have their own tests.
    const own = paths.filter((path) => !path.startsWith('templates/'));
    expect(own.filter((path) => /\.test\.|tsbuildinfo|^(out|test|node_modules)\/|vitest/.test(path))).toEqual([]);
  });

  it('can be installed alone, imported and compiled against', async () => {
    const consumer = await install([release]);
    const entries = entryPointsOf(release);
    const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
    const list = entries.map((_, index) => `entry${index}`).join(', ');
    const code = `${imports.join('\n')}\nfor (const entry of [${list}]) console.log(typeof entry);\n`;
    consumer.compile('imports', code, { forNode: needsNode(release) });
    expect(await consumer.run('imports')).toBe('object\n'.repeat(entries.length));
    for (const bin of Object.keys(release.manifest.bin ?? {}))
      expect(await consumer.runBin(bin, '--help')).toMatch(/\w/);
  });

  it('has a README whose example works with what it says to install', async () => {
    const readme = readFileSync(join(root, release.folder, 'README.md'), 'utf8');
    const words = /^npm install (.*)$/m.exec(readme)?.[1]?.split(' ') ?? [];
    expect(words, 'the README says what to install').toContain(release.name);
    const wanted = releases.filter((other) => words.includes(other.name));
    const consumer = await install(wanted);
    for (const { line, code, prints } of examplesOf(readme)) {
      const program = `example-${line}`;
      const forNode = needsNode(release) || code.includes("'node:");
      consumer.compile(program, code, { forNode });
      expect(linesOf(await consumer.run(program))).toEqual(prints);
      if (!forNode)
        expect(linesOf(await consumer.runInBrowser(program, prints.length)), 'in a browser').toEqual(prints);
    }
  });

  it('has nothing that publint finds', async () => {
    const { file } = tarballOf(release);
    const bytes = readFileSync(file);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([]);
  });

  it('has no wrong types', async () => {
    const checked = await checkPackage(
      createPackageFromTarballData(new Uint8Array(readFileSync(tarballOf(release).file))),
    );
    if (checked.types === false) throw new Error('It has no types.');
    // CommonJS is not supported, so the results of `require` and of old resolvers do not matter.
    const problems = checked.problems.filter(
      (problem) => !('resolutionKind' in problem && /^node10$|^node16-cjs$/.test(problem.resolutionKind)),
    );
    expect(problems).toEqual([]);
  });
});
