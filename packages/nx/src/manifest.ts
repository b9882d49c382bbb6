import type { TemplateKind } from './template-kind.ts';

/** Versions of the tools that build and test the generated packages. */
export const TOOLCHAIN = { '@types/node': '^20.19.0', typescript: '^6.0.3', vitest: '^4.1.0' } as const;

/** The version of Node that all packages of Gadgetloom need. */
export const ENGINES = { node: '>=20.19' } as const;

/**
 * Makes the package.json of a generated package.
 *
 * @param version version of Gadgetloom, which all its packages share
 */
export function manifest(kind: TemplateKind, packageName: string, version: string): object {
  const ours = (names: readonly string[]) => names.map((name) => [`@gadgetloom/${name}`, `^${version}`] as const);
  const sorted = (entries: Iterable<readonly [string, string]>) =>
    Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    name: packageName,
    version: '0.1.0',
    description: kind.description,
    keywords: ['gadgetloom', 'gadgetloom-plugin', 'usb', 'usb-gadget'],
    type: 'module',
    sideEffects: false,
    engines: ENGINES,
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './package.json': './package.json',
    },
    files: ['dist', 'src', '!**/*.test.*', '!**/not-yet.*'],
    scripts: { build: 'tsc -p .', test: 'vitest run' },
    dependencies: sorted([...ours(kind.uses), ...Object.entries(kind.usesOthers)]),
    devDependencies: sorted([...ours(kind.testedWith), ...Object.entries(TOOLCHAIN)]),
  };
}
