import { layerOf, layers } from '../checks/layers.mjs';

/**
 * @typedef {object} Tree the part of nx's virtual file tree that is used here
 * @property {(path: string) => boolean} exists
 * @property {(path: string, encoding: 'utf-8') => string | null} read
 * @property {(path: string, content: string) => void} write
 */

/**
 * `npx nx g @gadgetloom/workspace:package NAME`: writes a package in which every rule of the house holds.
 *
 * @param {Tree} tree
 * @param {{ name: string, description?: string }} options
 * @returns {() => void} what to do once the files are written
 */
export default function generatePackage(tree, { name, description = 'A plugin for Gadgetloom.' }) {
  const folder = `packages/${name}`;
  if (tree.exists(`${folder}/package.json`)) throw new Error(`There is a package ${folder} already.`);
  if (layerOf(name) < 0)
    throw new Error(
      `"${name}" has no place in the house. Its layers are ${layers.join(', ')}; a new one is added in tools/workspace/checks/layers.mjs.`,
    );
  const core = readJson(tree, 'packages/core/package.json');
  const files = {
    'package.json': json(manifest(name, description, core)),
    'tsconfig.json': json({ extends: '../../tsconfig.tests.json', references: [{ path: './tsconfig.lib.json' }] }),
    'tsconfig.lib.json': compactJson({
      extends: '../../tsconfig.base.json',
      compilerOptions: { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'out/lib.tsbuildinfo' },
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts'],
      references: [{ path: '../core/tsconfig.lib.json' }],
    }),
    'vitest.config.ts': vitestConfig(name),
    'README.md': readme(name, description),
    LICENSE: tree.read('LICENSE', 'utf-8') ?? '',
    'src/index.ts': `export { ${camel(name)} } from './${name}.ts';\n`,
    [`src/${name}.ts`]: plugin(name, description),
    [`src/${name}.test.ts`]: test(name),
  };
  for (const [path, content] of Object.entries(files)) tree.write(`${folder}/${path}`, content);

  const root = readJson(tree, 'tsconfig.json');
  root.references.push({ path: folder });
  tree.write('tsconfig.json', json(root));
  return () => console.log('Next: `npm install`, which links the package.');
}

/** @param {string} name `backend-acme` becomes `backendAcme` */
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

/** @param {unknown} value */
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

/**
 * As the formatter has all JSON but package.json: a list of one stands on one line.
 *
 * @param {unknown} value
 */
const compactJson = (value) => json(value).replace(/\[\s+("[^"]*")\s+\]/g, '[$1]');

/** @param {Tree} tree @param {string} path */
const readJson = (tree, path) => JSON.parse(tree.read(path, 'utf-8') ?? '{}');

/**
 * @param {string} name
 * @param {string} description
 * @param {{ version: string, license: string, engines: object }} core
 */
const manifest = (name, description, { version, license, engines }) => ({
  name: `@gadgetloom/${name}`,
  version,
  description,
  keywords: ['gadgetloom', 'gadgetloom-plugin', 'usb'],
  license,
  type: 'module',
  sideEffects: false,
  engines,
  exports: {
    '.': { '@gadgetloom/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  files: ['dist', 'src', '!src/**/*.test.ts'],
  scripts: { build: 'tsc -b tsconfig.lib.json', test: 'vitest run' },
  publishConfig: { access: 'public', provenance: true },
  dependencies: { '@gadgetloom/core': `^${version}` },
});

/** @param {string} name */
const vitestConfig = (name) => `import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@gadgetloom/source'] } },
  test: { name: '${name}', include: ['src/**/*.test.ts'] },
});
`;

/** @param {string} name @param {string} description */
const readme = (name, description) => `# @gadgetloom/${name}

${description}

\`\`\`sh
npm install @gadgetloom/${name}
\`\`\`

\`\`\`ts
import { ${camel(name)} } from '@gadgetloom/${name}';

console.log(${camel(name)}().name); // => ${name}
\`\`\`

## License

Apache-2.0
`;

/** @param {string} name @param {string} description */
const plugin = (name, description) => `import type { Plugin } from '@gadgetloom/core';

/** ${description} */
export function ${camel(name)}(): Plugin {
  return {
    name: '${name}',
    provides: [],
    probe: () => ({ ok: true }),
    register: () => undefined,
  };
}
`;

/** @param {string} name */
const test = (name) => `import { describe, expect, it } from 'vitest';
import { ${camel(name)} } from './${name}.ts';

describe('${name}', () => {
  it('is usable everywhere', () => {
    expect(${camel(name)}()).toMatchObject({ name: '${name}', provides: [] });
    expect(${camel(name)}().probe()).toEqual({ ok: true });
  });
});
`;
