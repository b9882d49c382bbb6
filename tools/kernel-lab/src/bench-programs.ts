import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { ensurePrograms } from './debian-packages.ts';
import { LabError } from './lab-error.ts';
import type { Machine } from './machine/machine.ts';

const PROGRAMS = ['functionfs-dmabuf', 'usbfs-pump'] as const;

/** In the repository: the C program that makes the system calls of a gadget, and nothing else. */
export const BENCH_RIVAL = 'tools/bench/out/functionfs-dmabuf';

/** Builds the C programs of the kernel benchmark, as `tools/bench/out/NAME`, and what it measures. */
export async function buildBench(
  repository: string,
  { architecture }: Machine,
  say: (line: string) => void,
): Promise<void> {
  await ensurePrograms([{ program: 'strace', debianPackage: 'strace' }], say);
  if (architecture !== process.arch) throw new LabError('The benchmark is run on kernels of this machine only.');
  const bench = join(repository, 'tools/bench');
  await mkdir(join(bench, 'out'), { recursive: true });
  for (const name of PROGRAMS) {
    const source = join(bench, 'native', `${name}.c`);
    await command('cc', ['-O2', '-Wall', '-Wextra', '-o', join(bench, 'out', name), source]);
  }
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  await command(process.execPath, [compiler, '-b', join(bench, 'tsconfig.lib.json')]);
}

/** Shell text that runs it in a guest: all of it, or with `words` for the first program, that alone. */
export function benchCommand({ node }: Machine, words: readonly string[]): string {
  const [rival, pump] = PROGRAMS.map((name) => `tools/bench/out/${name}`) as [string, string];
  const line = (program: string, ...more: readonly string[]): string =>
    [node, `tools/bench/dist/kernel/${program}.js`, '--pump', pump, ...more].map((word) => `'${word}'`).join(' ');
  const compared = line('main', '--rival', rival, ...words);
  // Strace stops a thread at every call. The addon would notice, and ask the endpoint again.
  const counted = `GLIBC_TUNABLES=glibc.pthread.rseq=0 ${line('calls')}`;
  const all = [compared, line('loop', '--rival', rival), counted];
  return `cd /repository && ${words.length > 0 ? compared : all.join(' && ')}`;
}
