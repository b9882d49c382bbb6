import { describe, expect, it } from 'vitest';
import { rules } from './rules.mjs';
import { entryPoint, manifest, packageFiles, references, violations } from './sample-tree.ts';

const core = { '@gadgetloom/core': '^0.1.0' };
const udc = { '@gadgetloom/udc': '^0.1.0' };

it.each(Object.keys(rules) as (keyof typeof rules)[])('%s holds in a sound tree', (rule) => {
  expect(violations(rule)).toEqual([]);
});

describe('package-boundary', () => {
  it('refuses an import that goes up', () => {
    expect(violations('package-boundary', { 'packages/core/src/clock.ts': "\nimport '@gadgetloom/udc';\n" })).toEqual([
      expect.stringMatching(/^packages\/core\/src\/clock\.ts:2 core must not import udc: arrows point down/),
    ]);
  });

  it('refuses it in tests and in types, too', () => {
    const test = { 'packages/core/src/clock.test.ts': "type Endpoint = import('@gadgetloom/udc').Endpoint;\n" };
    expect(violations('package-boundary', test)).toEqual([expect.stringContaining('clock.test.ts:1 core must not')]);
  });

  it('refuses an import of a neighbour', () => {
    const found = violations('package-boundary', {
      ...packageFiles('packages/backend-mock', '@gadgetloom/backend-mock'),
      ...packageFiles('packages/backend-musb', '@gadgetloom/backend-musb'),
      'packages/backend-musb/src/index.ts': "export * from '@gadgetloom/backend-mock';\n",
    });
    expect(found).toEqual([expect.stringContaining('backend-musb must not import backend-mock')]);
  });

  it('refuses entry points that are not exported, also in apps', () => {
    const found = violations('package-boundary', {
      'apps/gadgetloom/src/main.ts': "await import('@gadgetloom/core/src/clock.ts');\n",
    });
    expect(found).toEqual(['apps/gadgetloom/src/main.ts:1 @gadgetloom/core does not export "./src/clock.ts".']);
  });

  it('refuses paths into another package', () => {
    const found = violations('package-boundary', {
      'packages/udc/src/endpoint.ts': "export * from '../../core/src/clock.ts';\n",
    });
    expect(found).toEqual([
      expect.stringContaining('packages/udc/src/endpoint.ts:1 ../../core/src/clock.ts leaves the package'),
    ]);
  });

  it('refuses apps and tools to packages', () => {
    const found = violations('package-boundary', { 'packages/udc/src/endpoint.ts': "import 'gadgetloom';\n" });
    expect(found).toEqual([expect.stringContaining('packages never import apps')]);
  });

  it('refuses a model, and a backend, to those who see contracts only', () => {
    const streams = packageFiles('packages/streams', '@gadgetloom/streams', udc);
    const mock = {
      ...packageFiles('packages/backend-mock', '@gadgetloom/backend-mock'),
      'packages/backend-mock/src/index.ts': '',
    };
    const imports = "import '@gadgetloom/udc/model';\nimport '@gadgetloom/backend-mock';\n";
    expect(violations('package-boundary', { ...streams, ...mock, 'packages/streams/src/pump.ts': imports })).toEqual([
      'packages/streams/src/pump.ts:1 streams sees contracts only, never a model.',
      'packages/streams/src/pump.ts:2 streams sees contracts only, never a backend.',
    ]);
    expect(
      violations('package-boundary', { ...streams, ...mock, 'packages/streams/src/pump.test.ts': imports }),
    ).toEqual([]);
  });

  it('keeps a reserved package for the one that it is there for', () => {
    const native = packageFiles('packages/linux-native', '@gadgetloom/linux-native');
    const use = "import '@gadgetloom/linux-native';\n";
    const found = violations('package-boundary', {
      ...native,
      ...packageFiles('packages/backend-linux', '@gadgetloom/backend-linux'),
      'packages/backend-linux/src/call.ts': use,
      'packages/udc/src/endpoint.ts': use,
    });
    expect(found).toEqual([
      'packages/udc/src/endpoint.ts:1 linux-native is there for backend-linux and vhost-device alone.',
    ]);
  });

  it('refuses tsyringe below gadget', () => {
    const gadget = packageFiles('packages/gadget', '@gadgetloom/gadget');
    const use = "import type { InjectionToken } from 'tsyringe';\n";
    const found = violations('package-boundary', {
      ...gadget,
      'packages/gadget/src/stack.ts': use,
      'packages/udc/src/endpoint.ts': use,
    });
    expect(found).toEqual(['packages/udc/src/endpoint.ts:1 nothing below gadget imports tsyringe.']);
  });

  it('wants a place for every package', () => {
    expect(violations('package-boundary', packageFiles('packages/attic', '@gadgetloom/attic'))).toEqual([
      expect.stringContaining('packages/attic/package.json:1 "attic" has no place in the house'),
    ]);
  });
});

describe('references', () => {
  it('misses the reference of a dependency', () => {
    expect(violations('references', { 'packages/udc/tsconfig.lib.json': references() })).toEqual([
      expect.stringContaining('packages/udc/tsconfig.lib.json:1 a reference to ../core/tsconfig.lib.json is missing'),
    ]);
  });

  it('misses the dependency of a reference', () => {
    expect(violations('references', { 'packages/udc/package.json': manifest('@gadgetloom/udc') })).toEqual([
      expect.stringContaining('the reference to ../core/tsconfig.lib.json has no dependency'),
    ]);
  });

  it('wants what tests depend on in the tsconfig of the tests', () => {
    const found = violations('references', {
      'packages/udc/package.json': manifest('@gadgetloom/udc', core, { devDependencies: { gadgetloom: '^0.1.0' } }),
    });
    expect(found).toEqual([
      expect.stringContaining('packages/udc/tsconfig.json:1 a reference to ../../apps/gadgetloom/'),
    ]);
  });

  it('wants every package in the tsconfig of the repository, and nothing else', () => {
    expect(violations('references', { 'tsconfig.json': references('packages/core', 'packages/udc', 'attic') })).toEqual(
      [
        expect.stringContaining('tsconfig.json:1 a reference to apps/gadgetloom is missing'),
        expect.stringContaining('tsconfig.json:1 the reference to attic'),
      ],
    );
  });

  it('reads tsconfigs with comments', () => {
    const commented = '// why\n{ "references": [{ "path": "../core/tsconfig.lib.json" }], }';
    expect(violations('references', { 'packages/udc/tsconfig.lib.json': commented })).toEqual([]);
  });
});

describe('dependencies', () => {
  it('finds what is imported but not declared', () => {
    expect(violations('dependencies', { 'packages/core/src/clock.ts': "import 'rxjs/operators';\n" })).toEqual([
      'packages/core/src/clock.ts:1 rxjs is not among the dependencies of packages/core/package.json.',
    ]);
  });

  it('gives what the repository has for development to tests alone', () => {
    expect(violations('dependencies', { 'packages/core/src/clock.ts': "import 'vitest';\n" })).toEqual([
      expect.stringContaining('clock.ts:1 vitest is not among'),
    ]);
  });

  it('finds what is declared but never imported', () => {
    const found = violations('dependencies', {
      'packages/core/package.json': manifest('@gadgetloom/core', { rxjs: '^7.8.2' }),
    });
    expect(found).toEqual([
      expect.stringMatching(/^packages\/core\/package\.json:\d+ rxjs is a dependency, but nothing imports it/),
    ]);
  });

  it('wants the ranges of its own packages to be their version', () => {
    const found = violations('dependencies', {
      'packages/udc/package.json': manifest('@gadgetloom/udc', { '@gadgetloom/core': '^0.0.9' }),
    });
    expect(found).toEqual([expect.stringContaining('@gadgetloom/core must be "^0.1.0", is "^0.0.9"')]);
  });
});

describe('import-cycle', () => {
  it('finds files that need each other, and says the way', () => {
    const found = violations('import-cycle', {
      'packages/core/src/timer.ts': "import './clock.ts';\n",
      'packages/core/src/clock.ts': "export { x } from './alarm.ts';\n",
      'packages/core/src/alarm.ts': "\nimport { type Timer } from './timer.ts';\n",
    });
    expect(found).toEqual([expect.stringContaining('this import closes a cycle: ')]);
    expect(found[0]).toMatch(
      /(clock\.ts > alarm\.ts > timer\.ts|alarm\.ts > timer\.ts > clock\.ts|timer\.ts > clock\.ts > alarm\.ts) > /,
    );
  });

  it('finds a file that needs itself', () => {
    expect(violations('import-cycle', { 'packages/core/src/clock.ts': "import './clock.ts';\n" })).toEqual([
      'packages/core/src/clock.ts:1 this import closes a cycle: clock.ts > clock.ts.',
    ]);
  });
});

describe('file-length', () => {
  it('allows 400 lines and no more', () => {
    expect(violations('file-length', { 'packages/core/src/clock.ts': '//\n'.repeat(400) })).toEqual([]);
    expect(violations('file-length', { 'packages/core/src/clock.ts': '//\n'.repeat(401) })).toEqual([
      'packages/core/src/clock.ts:401 401 lines are too many for one subject; 400 is the limit.',
    ]);
  });
});

describe('file-name', () => {
  it.each(['utils.ts', 'string-util.ts', 'helpers/text.ts', 'common/index.ts', 'misc.md', 'gadget-manager.ts'])(
    'refuses %s',
    (name) => {
      expect(violations('file-name', { [`packages/core/src/${name}`]: '' })).toEqual([
        expect.stringContaining('does not say what this is about'),
      ]);
    },
  );

  it('does not mind such words inside others', () => {
    expect(
      violations('file-name', { 'packages/core/src/management.ts': '', 'packages/core/src/utility.ts': '' }),
    ).toEqual([]);
  });
});

describe('index-exports', () => {
  it.each(['export const x = 1;', "import './clock.ts';", 'export {};', 'export default 1;'])(
    'refuses %s',
    (statement) => {
      const index = `export * from './clock.ts';\n${statement}\n`;
      expect(violations('index-exports', { 'packages/core/src/index.ts': index })).toEqual([
        'packages/core/src/index.ts:2 an index.ts only exports from other files.',
      ]);
    },
  );
});

describe('tests-run', () => {
  it.each(['it.only', 'describe.skip', 'test.todo', 'it.each([1]).skip', 'it.skipIf(true)'])('refuses %s', (call) => {
    expect(violations('tests-run', { 'packages/core/src/clock.test.ts': `\n${call}('x', () => {});\n` })).toEqual([
      expect.stringContaining('packages/core/src/clock.test.ts:2 '),
    ]);
  });
});

describe('browser', () => {
  it.each([
    "import { readFileSync } from 'node:fs';",
    "import type { Stats } from 'fs';",
    'export const bytes = Buffer.alloc(1);',
    'export let bytes: Buffer;',
    'export const now = () => process.hrtime();',
    'export class Clock { process = process.pid; }',
    'export const run = (job) => setImmediate(job);',
  ])('refuses %s', (line) => {
    expect(violations('browser', { 'packages/core/src/clock.ts': `\n${line}\n` })).toEqual([
      expect.stringMatching(/^packages\/core\/src\/clock\.ts:2 .* is not there in a browser\.$/),
    ]);
  });

  it('allows asking whether there is one, and names of its own', () => {
    const asks = [
      'const buffer = (globalThis as { Buffer?: unknown }).Buffer;',
      'export const later = ({ setImmediate }: Globals) => setImmediate;',
      'export const copy = { Buffer: buffer, process() {} };',
    ];
    expect(violations('browser', { 'packages/core/src/clock.ts': asks.join('\n') })).toEqual([]);
  });

  it('allows everything in what needs Node anyway', () => {
    const native = packageFiles('packages/backend-linux', '@gadgetloom/backend-linux');
    const open = "import { open } from 'node:fs/promises';\n";
    expect(violations('browser', { ...native, 'packages/backend-linux/src/open.ts': open })).toEqual([]);
  });
});

describe('manifest', () => {
  it.each([
    ['name', '@gadgetloom/kernel'],
    ['license', 'MIT'],
    ['type', 'commonjs'],
    ['engines', { node: '>=18' }],
    ['publishConfig', { access: 'restricted' }],
  ])('wants the right %s', (field, value) => {
    const found = violations('manifest', {
      'packages/udc/package.json': manifest('@gadgetloom/udc', core, { [field]: value }),
    });
    expect(found).toContainEqual(
      expect.stringMatching(new RegExp(`^packages/udc/package.json:\\d+ "${field}" must be `)),
    );
  });

  it('wants a description', () => {
    const found = violations('manifest', {
      'packages/core/package.json': manifest('@gadgetloom/core', {}, { description: '' }),
    });
    expect(found).toEqual(['packages/core/package.json:1 "description" is missing.']);
  });

  it.each([
    ['must have the conditions', { types: './dist/index.d.ts', default: './dist/index.js' }],
    [
      'must have the conditions',
      { default: './dist/index.js', types: './dist/index.d.ts', '@gadgetloom/source': './src/index.ts' },
    ],
    ['has no file ./src/gone.ts', entryPoint('gone')],
    ['must give ./dist/index.d.ts and ./dist/index.js', { ...entryPoint('index'), default: './dist/main.js' }],
  ])('wants entry points that work: %s', (message, entry) => {
    const changed = manifest('@gadgetloom/core', {}, { exports: { '.': entry } });
    expect(violations('manifest', { 'packages/core/package.json': changed })).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it.each([
    ['"./x.js" must be a JSON file that "files" names', './x.js', ['x.js']],
    ['"./x.json" must be a JSON file that "files" names', './x.json', []],
    ['"./x.json" has no file ./x.json', './x.json', ['x.json']],
  ])('wants files that are published as they stand to be there: %s', (message, target, files) => {
    const entries = { '.': entryPoint('index'), [target]: target };
    const changed = manifest('@gadgetloom/core', {}, { exports: entries, files });
    expect(violations('manifest', { 'packages/core/package.json': changed })).toEqual([
      expect.stringContaining(message),
    ]);
  });

  it('lets a package publish JSON beside its code', () => {
    const entries = { '.': entryPoint('index'), './x.json': './x.json' };
    const changed = manifest('@gadgetloom/core', {}, { exports: entries, files: ['x.json'] });
    const tree = { 'packages/core/package.json': changed, 'packages/core/x.json': '{}' };
    expect(violations('manifest', tree)).toEqual([]);
  });

  it.each([
    ['packages/core/README.md', undefined, 'every package has a README'],
    ['packages/core/README.md', '# Something\n\nApache-2.0\n', 'must begin with "# @gadgetloom/core"'],
    ['packages/core/README.md', '# @gadgetloom/core\n', 'must name its license'],
    ['packages/core/LICENSE', undefined, 'must be the LICENSE of the repository'],
    ['packages/core/LICENSE', 'Another license.', 'must be the LICENSE of the repository'],
  ])('wants %s to be right', (file, content, message) => {
    expect(violations('manifest', { [file]: content })).toEqual([expect.stringContaining(`${file}:1 ${message}`)]);
  });
});

describe('changesets', () => {
  const config = (changes: Record<string, unknown>) => ({
    '.changeset/config.json': {
      fixed: [['@gadgetloom/*', 'gadgetloom']],
      access: 'public',
      baseBranch: 'main',
      privatePackages: { version: false, tag: false },
      ignore: [],
      ...changes,
    },
  });

  it.each([
    ['access', 'restricted'],
    ['baseBranch', 'master'],
    ['ignore', ['@gadgetloom/core']],
    ['privatePackages', { version: true, tag: true }],
  ])('wants the right %s', (field, value) => {
    expect(violations('changesets', config({ [field]: value }))).toEqual([
      expect.stringContaining(`"${field}" must be `),
    ]);
  });

  it('wants every package in one fixed group', () => {
    expect(violations('changesets', config({ fixed: [['@gadgetloom/*']] }))).toEqual([
      expect.stringContaining('gadgetloom is not in the fixed group'),
    ]);
    expect(violations('changesets', config({ fixed: [['@gadgetloom/*', 'gadgetloom'], ['gadgetloom']] }))).toEqual([
      expect.stringContaining('there is one fixed group'),
    ]);
    expect(
      violations('changesets', { '.changeset/config.json': undefined, '.changeset/quick-fox.md': undefined }),
    ).toEqual(['.changeset/config.json:1 this file is missing.']);
  });

  it.each([
    ['---\n"@gadgetloom/attic": patch\n---\n\nText.\n', ':2 no package is released by "@gadgetloom/attic": patch'],
    ['---\n"@gadgetloom/core": huge\n---\n\nText.\n', ':2 no package is released by'],
    ['---\n"@gadgetloom/core": patch\n---\n', ':1 a changeset has packages'],
    ['Text.\n', ':1 a changeset has packages'],
  ])('wants changesets about packages that there are', (text, message) => {
    expect(violations('changesets', { '.changeset/quick-fox.md': text })).toEqual([
      expect.stringContaining(`.changeset/quick-fox.md${message}`),
    ]);
  });
});

describe('lock-file', () => {
  it.each(['http://mirror.internal:4873/x/-/x-1.0.0.tgz', 'https://npm.example.com/x.tgz', 'git+ssh://git@host/x.git'])(
    'refuses %s',
    (url) => {
      expect(violations('lock-file', { 'package-lock.json': `{\n"resolved": "${url}"\n}` })).toEqual([
        expect.stringMatching(/^package-lock\.json:2 .* is not the public registry\.$/),
      ]);
    },
  );

  it('wants one', () => {
    expect(violations('lock-file', { 'package-lock.json': undefined })).toEqual([
      'package-lock.json:1 this file is missing.',
    ]);
  });
});
