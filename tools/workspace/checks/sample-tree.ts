import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { readWorkspace, type Violation } from '../workspace.mjs';
import { chain } from './layers.mjs';
import { rules } from './rules.mjs';

type Fields = Record<string, unknown>;
/** Paths and contents. Objects become JSON, and `undefined` leaves a file out. */
export type Tree = Record<string, string | Fields | undefined>;

const engines = { node: '>=20.19' };

export function manifest(name: string, dependencies: Fields = {}, fields: Fields = {}): Fields {
  return {
    name,
    version: '0.1.0',
    description: 'A package.',
    license: 'Apache-2.0',
    type: 'module',
    engines,
    exports: { '.': entryPoint('index'), './package.json': './package.json' },
    publishConfig: { access: 'public', provenance: true },
    dependencies,
    ...fields,
  };
}

export const entryPoint = (file: string): Fields => ({
  '@gadgetloom/source': `./src/${file}.ts`,
  types: `./dist/${file}.d.ts`,
  default: `./dist/${file}.js`,
});

export const references = (...paths: string[]): Fields => ({ references: paths.map((path) => ({ path })) });

/** The files of a package except its sources. */
export function packageFiles(folder: string, name: string, dependencies: Fields = {}, libs: string[] = []): Tree {
  return {
    [`${folder}/package.json`]: manifest(name, dependencies),
    [`${folder}/tsconfig.json`]: references('./tsconfig.lib.json'),
    [`${folder}/tsconfig.lib.json`]: references(...libs),
    [`${folder}/README.md`]: `# ${name}\n\n## License\n\nApache-2.0\n`,
    [`${folder}/LICENSE`]: 'The license.',
  };
}

/** A small repository that follows every rule. */
export const soundTree: Tree = {
  'package.json': { name: 'root', license: 'Apache-2.0', engines, devDependencies: { vitest: '^4.1.0' } },
  'package-lock.json':
    '{\n  "resolved": "packages/core",\n  "resolved": "https://registry.npmjs.org/x/-/x-1.0.0.tgz"\n}\n',
  LICENSE: 'The license.',
  'CONTRIBUTING.md': `# Rules\n\n${chain}\n`,
  'tsconfig.json': references('packages/core', 'packages/udc', 'apps/gadgetloom'),
  '.changeset/config.json': {
    fixed: [['@gadgetloom/*', 'gadgetloom']],
    access: 'public',
    baseBranch: 'main',
    privatePackages: { version: false, tag: false },
    ignore: [],
  },
  '.changeset/quick-fox.md': '---\n"@gadgetloom/core": minor\n---\n\nA sentence for users.\n',
  ...packageFiles('packages/core', '@gadgetloom/core'),
  'packages/core/src/index.ts': "export { clock } from './clock.ts';\nexport type { Timer } from './timer.ts';\n",
  'packages/core/src/clock.ts': "import { timer } from './timer.ts';\n/** Ticks. */\nexport const clock = timer;\n",
  'packages/core/src/timer.ts':
    "import type { clock } from './clock.ts';\n/** A timer. */\nexport type Timer = typeof clock;\nexport const timer = 1;\n",
  'packages/core/src/clock.test.ts': "import { readFileSync } from 'node:fs';\nimport { it } from 'vitest';\n",
  ...packageFiles('packages/udc', '@gadgetloom/udc', { '@gadgetloom/core': '^0.1.0' }, ['../core/tsconfig.lib.json']),
  'packages/udc/package.json': manifest(
    '@gadgetloom/udc',
    { '@gadgetloom/core': '^0.1.0' },
    { exports: { '.': entryPoint('index'), './model': entryPoint('model/index') } },
  ),
  'packages/udc/src/index.ts': "export * from './endpoint.ts';\n",
  'packages/udc/src/endpoint.ts':
    "import { clock } from '@gadgetloom/core';\n/** An endpoint. */\nexport const endpoint = clock;\n",
  'packages/udc/src/model/index.ts': "export { endpoint } from '../endpoint.ts';\n",
  ...packageFiles('apps/gadgetloom', 'gadgetloom', { '@gadgetloom/udc': '^0.1.0' }, [
    '../../packages/udc/tsconfig.lib.json',
  ]),
  'apps/gadgetloom/src/index.ts': "export { main } from './main.ts';\n",
  'apps/gadgetloom/src/main.ts':
    "import { argv } from 'node:process';\nimport { endpoint } from '@gadgetloom/udc/model';\n/** The program. */\nexport const main = [argv, endpoint];\n",
};

const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-checks-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let trees = 0;

/** Writes the sound tree with changes, and returns its folder. */
export function writeTree(changes: Tree = {}): string {
  const root = join(folder, `${trees++}`);
  for (const [path, content] of Object.entries({ ...soundTree, ...changes })) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  }
  return root;
}

/** Returns the violations of a rule in the sound tree with changes, as `file:line message`. */
export function violations(rule: keyof typeof rules, changes: Tree = {}): string[] {
  const found: Violation[] = rules[rule](readWorkspace(writeTree(changes)));
  return found.map(({ file, line, message }) => `${file}:${line} ${message}`);
}
