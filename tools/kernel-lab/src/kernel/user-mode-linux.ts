import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { command } from '../command.ts';
import { fetchLinuxSource, unpackLinuxSource } from './linux-source.ts';
import { CONTROLLER_SOURCE, controllerPatch } from './virtual-controller.ts';

const configurations = join(import.meta.dirname, '../../uml');

/** The changes to the distribution's source: each file, and its patch. */
const PATCHES: readonly (readonly [file: string, patch: string])[] = [
  [CONTROLLER_SOURCE, controllerPatch],
  ['arch/um/drivers/virt-pci.c', join(configurations, 'virt-pci.patch')],
];

/** Which User-Mode Linux: as it is, or watched by KASAN and lockdep. */
export type UmlVariant = 'uml' | 'kasan';

const FRAGMENTS: Readonly<Record<UmlVariant, readonly string[]>> = {
  uml: ['base.config', 'functions.config'],
  kasan: ['base.config', 'functions.config', 'virtual-time.config', 'sanitizers.config'],
};

/** Builds User-Mode Linux from the distribution's source, once; some minutes on two cores. Gives the program. */
export async function buildUserModeLinux(variant: UmlVariant, say: (line: string) => void): Promise<string> {
  const fragments = FRAGMENTS[variant].map((name) => join(configurations, name));
  const digest = createHash('sha256');
  for (const file of [...PATCHES.map(([, patch]) => patch), ...fragments]) digest.update(await readFile(file));
  const root = await cached(
    `${variant}-6.12-${digest.digest('hex').slice(0, 12)}`,
    async (directory) => {
      const archive = await fetchLinuxSource(say);
      say(`building User-Mode Linux (${variant}); this takes some minutes, once`);
      const [source, build] = [join(directory, 'source'), join(directory, 'build')];
      for (const path of [source, build]) await mkdir(path);
      await unpackLinuxSource(archive, source);
      for (const [file, patch] of PATCHES) await command('patch', ['--quiet', file, patch], { cwd: source });
      const make = (...args: string[]): Promise<Buffer> =>
        command('make', ['-s', 'ARCH=um', `O=${build}`, ...args], { cwd: source });
      await make('tinyconfig');
      await command('scripts/kconfig/merge_config.sh', ['-O', build, '-m', join(build, '.config'), ...fragments], {
        cwd: source,
      });
      await make('olddefconfig');
      await make(`-j${availableParallelism()}`, 'linux');
      await copyFile(join(build, 'linux'), join(directory, 'linux'));
      await chmod(join(directory, 'linux'), 0o755);
      for (const path of [source, build]) await rm(path, { recursive: true });
    },
    { say, room: 4096 },
  );
  return join(root, 'linux');
}
