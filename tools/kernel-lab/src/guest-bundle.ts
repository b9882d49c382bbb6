import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The programs of `src/guest/programs` as the guest runs them, inside the repository. */
export const GUEST_PROGRAMS = 'tools/kernel-lab/out/guest';

/** Names in the folder {@link GUEST_PROGRAMS}, without `.js`. */
interface Bundle {
  readonly folder: string;
  readonly input: Readonly<Record<string, string>>;
}

/** Finds its binaries beside itself. */
const EXTERNAL = ['@gadgetloom/linux-native'];

/** Modules that others import by name: the addon's tests, and `gadgetloom`, which loads one as a plugin. */
const IMPORTED = ['small-vitest', 'outside-host'];

/** The file beside a bundle that lists its inputs. */
const LIST = 'modules.json';

/**
 * Packs what guests run into few files: loading some hundred modules one by one takes an emulated processor half a minute,
 * for each program that is started. Nothing is done if no module is newer.
 */
export async function bundleGuestPrograms(repository: string): Promise<void> {
  const compiled = join(repository, 'tools/kernel-lab/dist/guest');
  const programs = readdirSync(join(repository, 'tools/kernel-lab/src/guest/programs')).map((file) =>
    join(compiled, 'programs', `${basename(file, '.ts')}.js`),
  );
  const entries = [...programs, ...IMPORTED.map((module) => join(compiled, 'shared', `${module}.js`))];
  await bundle({
    folder: join(repository, GUEST_PROGRAMS),
    input: Object.fromEntries(entries.map((file) => [basename(file, '.js'), file])),
  });
  // One level below its package, as the original: it reads files of the package.
  const application = join(repository, 'apps/gadgetloom');
  await bundle({ folder: join(application, 'out'), input: { gadgetloom: join(application, 'dist/main.js') } });
}

async function bundle({ folder, input }: Bundle): Promise<void> {
  const list = join(folder, LIST);
  if (isNewest(list, Object.values(input))) return;
  const { build } = await import('vite');
  await mkdir(folder, { recursive: true });
  await rm(list, { force: true });
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: EXTERNAL },
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      // The oldest Node that the repository runs on.
      target: 'node20',
      rolldownOptions: {
        input: { ...input },
        output: { entryFileNames: '[name].js', chunkFileNames: '[name].js', comments: false },
      },
    },
  });
  if (!('output' in result)) throw new Error('A build that watches nothing gives its output.');
  const modules = result.output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  await writeFile(list, JSON.stringify({ entries: Object.values(input), modules: modules.filter(existsSync) }));
}

/** Whether the bundle has these entries, and nothing that it was made of was changed or removed since. */
function isNewest(list: string, entries: readonly string[]): boolean {
  if (!existsSync(list)) return false;
  const made = JSON.parse(readFileSync(list, 'utf8')) as { entries: string[]; modules: string[] };
  const { mtimeMs } = statSync(list);
  return (
    made.entries.join() === entries.join() &&
    made.modules.every((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat !== undefined && stat.mtimeMs <= mtimeMs;
    })
  );
}
