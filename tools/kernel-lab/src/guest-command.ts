import { GUEST_PROGRAMS } from './guest-bundle.ts';
import type { Machine } from './machine/machine.ts';

/**
 * Shell text that runs a program of `src/guest` in a guest: in the repository, with the C programs of `guest/` at
 * `/tmp/programs`, and on request with real-time priority.
 */
export function guestCommand(
  { architecture, node }: Machine,
  program: string,
  words: readonly string[],
  { realTime = false }: { realTime?: boolean } = {},
): string {
  const line = [node, `${GUEST_PROGRAMS}/${program}.js`, ...words];
  if (realTime) line.unshift('/tmp/programs/real-time');
  return [
    `ln -s /repository/tools/kernel-lab/out/${architecture} /tmp/programs`,
    'cd /repository',
    line.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' '),
  ].join(' && ');
}
