import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shell } from './shell.ts';

export const root = join(import.meta.dirname, '../../..');

/** A package that is published. */
export interface Release {
  readonly name: string;
  /** Path relative to the repository. */
  readonly folder: string;
  readonly manifest: {
    readonly version: string;
    readonly exports: Readonly<Record<string, unknown>>;
    readonly bin?: Readonly<Record<string, string>>;
    readonly scripts: Readonly<Record<string, string>>;
    readonly dependencies?: Readonly<Record<string, string>>;
  };
}

export const releases: readonly Release[] = ['packages', 'apps'].flatMap((kind) =>
  readdirSync(join(root, kind))
    .filter((short) => existsSync(join(root, kind, short, 'package.json')))
    .map((short) => {
      const folder = `${kind}/${short}`;
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      return { name: manifest.name, folder, manifest };
    })
    .filter(({ manifest }) => manifest.private !== true),
);

/** Returns the names of the modules that people import: `@gadgetloom/udc`, `@gadgetloom/udc/model`. */
export const entryPointsOf = ({ name, manifest }: Release): string[] =>
  Object.keys(manifest.exports)
    .filter((subpath) => !subpath.endsWith('.json'))
    .map((subpath) => name + subpath.slice(1));

/**
 * Returns releases and all packages of ours that their package.json files depend on, in the order of {@link releases}.
 */
export function withDependencies(wanted: readonly Release[]): Release[] {
  const names = new Set(wanted.map(({ name }) => name));
  // Iterating a set also visits the entries that are added meanwhile.
  for (const name of names) {
    const dependencies = releases.find((release) => release.name === name)?.manifest.dependencies ?? {};
    for (const dependency of Object.keys(dependencies)) names.add(dependency);
  }
  return releases.filter(({ name }) => names.has(name));
}

export interface Tarball {
  readonly file: string;
  /** Paths of the files in the tarball, relative to the package. */
  readonly paths: readonly string[];
}

/** Builds and packs releases into a folder; all releases by default. */
export async function packAll(folder: string, wanted = releases): Promise<Map<Release, Tarball>> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const libraries = wanted.map((release) => `${release.folder}/tsconfig.lib.json`);
  await shell(process.execPath, [tsc, '-b', ...libraries], root);
  for (const { folder: built, manifest } of wanted) {
    const onlyCompiles = manifest.scripts['build'] === 'tsc -b tsconfig.lib.json';
    if (!onlyCompiles) await shell('npm', ['run', 'build'], join(root, built));
  }
  const workspaces = wanted.flatMap((release) => ['-w', release.folder]);
  const packed = JSON.parse(await shell('npm', ['pack', '--json', '--pack-destination', folder, ...workspaces], root));
  return new Map(
    wanted.map((release) => {
      const { filename, files } = packed.find(({ name }: { name: string }) => name === release.name);
      return [release, { file: join(folder, filename), paths: files.map(({ path }: { path: string }) => path) }];
    }),
  );
}
