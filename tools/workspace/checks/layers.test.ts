import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chain, fits, layers } from './layers.mjs';
import { packageFiles, violations } from './sample-tree.ts';

const packages = readdirSync(join(import.meta.dirname, '../../../packages'));

it.each(layers)('layer %s has a package', (layer) => {
  expect(packages.some((short) => fits(layer, short))).toBe(true);
});

it('CONTRIBUTING.md must show the layers', () => {
  const message = `the layers are written down as: ${chain}`;
  expect(violations('layer-chain', { 'CONTRIBUTING.md': '# Rules\n\nattic > core\n' })).toEqual([
    `CONTRIBUTING.md:3 ${message}`,
  ]);
  expect(violations('layer-chain', { 'CONTRIBUTING.md': undefined })).toEqual([`CONTRIBUTING.md:1 ${message}`]);
});

it('lets the tests of a backend use the conformance suite, and nothing else of it', () => {
  const use = "import '@gadgetloom/conformance';\n";
  const tree = {
    ...packageFiles('packages/conformance', '@gadgetloom/conformance'),
    'packages/conformance/src/index.ts': '',
    ...packageFiles('packages/backend-mock', '@gadgetloom/backend-mock'),
  };
  expect(violations('package-boundary', { ...tree, 'packages/backend-mock/src/mock.test.ts': use })).toEqual([]);
  expect(violations('package-boundary', { ...tree, 'packages/backend-mock/src/mock.ts': use })).toEqual([
    expect.stringContaining('backend-mock must not import conformance'),
  ]);
  expect(violations('package-boundary', { ...tree, 'packages/udc/src/udc.test.ts': use })).toEqual([
    expect.stringContaining('udc must not import conformance'),
  ]);
});
