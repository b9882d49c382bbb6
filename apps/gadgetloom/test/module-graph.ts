import { join, sep } from 'node:path';
import { build } from 'vite';

const SOURCES = join(import.meta.dirname, '../src');

/** What importing a module makes Node load. */
export interface Loaded {
  /** Every file. */
  readonly files: readonly string[];
  /** Names of the packages that the files are in, sorted. */
  readonly packages: readonly string[];
}

/** The modules that a module of this package imports statically, itself included, and theirs; nothing that is imported later. */
export async function loadedWith(module: string): Promise<Loaded> {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [{ name: 'later', resolveDynamicImport: (id) => ({ id: String(id), external: true }) }],
    ssr: { noExternal: true, external: ['@gadgetloom/linux-native'], resolve: { conditions: ['@gadgetloom/source'] } },
    build: {
      ...{ ssr: join(SOURCES, module), write: false, minify: false, target: 'node20' },
      // Node also loads modules that nobody uses.
      rolldownOptions: { treeshake: false },
    },
  });
  if (!('output' in result)) throw new Error('A build that watches nothing gives its output.');
  const modules = result.output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  // Modules that the bundler makes up itself are no files.
  const files = modules.filter((id) => id.startsWith(sep));
  return { files, packages: [...new Set(files.map(packageOf))].sort() };
}

function packageOf(file: string): string {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
  return installed ?? /\/(?:packages|apps)\/([^/]+)\//.exec(file)?.[1] ?? file;
}
