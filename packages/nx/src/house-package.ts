import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ENGINES } from './manifest.ts';
import { filesOf, json, type ScaffoldOptions, VERSION } from './scaffold.ts';
import type { TemplateKind } from './template-kind.ts';
import type { AfterWriting, Tree } from './tree.ts';

const LAYERS = 'tools/workspace/checks/layers.mjs';

/** Whether the workspace is Gadgetloom's own repository, whose packages follow its rules. */
export const isHouse = (tree: Tree): boolean => tree.exists(LAYERS);

/**
 * Writes `packages/KIND-NAME`, published as `@gadgetloom/KIND-NAME`, so that it follows every rule of Gadgetloom's
 * repository.
 *
 * @throws TypeError the name is invalid
 * @throws Error there is a package already
 */
export function writeHousePackage(tree: Tree, kind: TemplateKind, { name }: ScaffoldOptions): AfterWriting {
  const short = `${kind.kind}-${name}`;
  const folder = `packages/${short}`;
  const { files } = filesOf(kind, { name, package: `@gadgetloom/${short}` });
  if (tree.exists(`${folder}/package.json`))
    throw new Error(`${folder} already has a package. Choose another name or folder.`);
  const written = new Map([
    ...files,
    ['package.json', json(manifest(kind, short))],
    ['tsconfig.json', json(testConfig(kind))],
    ['tsconfig.lib.json', json(libConfig(kind))],
    ['vitest.config.ts', vitestConfig(short)],
    ['LICENSE', read(tree, 'LICENSE')],
    ['README.md', `${files.get('README.md')}\n## License\n\nApache-2.0\n`],
  ]);
  for (const [path, text] of written) tree.write(`${folder}/${path}`, text);
  const root = JSON.parse(read(tree, 'tsconfig.json')) as { references: { path: string }[] };
  tree.write('tsconfig.json', json({ ...root, references: [...root.references, { path: folder }] }));
  if (kind.kind === 'function') addFunctionLayer(tree);
  return () => {
    // The order of names in a line or a list of imports depends on their letters.
    const biome = join(process.cwd(), 'node_modules/@biomejs/biome/bin/biome');
    execFileSync(process.execPath, [biome, 'check', '--write', folder, 'tsconfig.json'], { stdio: 'ignore' });
    console.log(`Next: npm install && npx vitest run --project ${short}`);
  };
}

const read = (tree: Tree, path: string): string => tree.read(path, 'utf-8') ?? '';

const ranges = (names: readonly string[]): [string, string][] =>
  names.map((name) => [`@gadgetloom/${name}`, `^${VERSION}`]);

function manifest(kind: TemplateKind, short: string): object {
  return {
    name: `@gadgetloom/${short}`,
    version: VERSION,
    description: kind.description,
    keywords: ['gadgetloom', 'gadgetloom-plugin', 'usb', 'usb-gadget'],
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: ENGINES,
    exports: {
      '.': { '@gadgetloom/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'src', '!**/*.test.*', '!**/not-yet.*'],
    scripts: { build: 'tsc -b tsconfig.lib.json', test: 'vitest run' },
    publishConfig: { access: 'public', provenance: true },
    dependencies: Object.fromEntries([...ranges(kind.uses), ...Object.entries(kind.usesOthers)]),
    devDependencies: Object.fromEntries(ranges(kind.testedWith)),
  };
}

const references = (names: readonly string[]): { path: string }[] =>
  names.map((name) => ({ path: `../${name}/tsconfig.lib.json` }));

const testConfig = (kind: TemplateKind): object => ({
  extends: '../../tsconfig.tests.json',
  references: [{ path: './tsconfig.lib.json' }, ...references(kind.testedWith)],
});

const libConfig = (kind: TemplateKind): object => ({
  extends: '../../tsconfig.base.json',
  compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'out/lib.tsbuildinfo' },
  include: ['src/**/*.ts'],
  exclude: ['src/**/*.test.ts'],
  references: references(kind.uses),
});

const vitestConfig = (short: string): string => `import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: '${short}', include: ['src/**/*.test.ts'] },
});
`;

/**
 * Adds the layer of functions above the packages that they use. It is missing before the first function, because a
 * layer needs a package.
 */
function addFunctionLayer(tree: Tree): void {
  const [layers, page] = [read(tree, LAYERS), read(tree, 'CONTRIBUTING.md')];
  if (layers.includes("'function-*'")) return;
  tree.write(LAYERS, layers.replace("\n  'streams',\n", "\n  'function-*',\n  'streams',\n"));
  tree.write('CONTRIBUTING.md', page.replace(' > streams > ', ' > function-* > streams > '));
}
