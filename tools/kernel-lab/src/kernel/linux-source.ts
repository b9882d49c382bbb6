import { join } from 'node:path';
import { cached } from '../cache.ts';
import { command } from '../command.ts';
import { unpackPackage } from '../debian-packages.ts';

/** The distribution's source of Linux 6.12, as it ships it. Gives the archive. */
export async function fetchLinuxSource(say: (line: string) => void): Promise<string> {
  const root = await cached('linux-source-6.12', async (directory) => {
    say('fetching linux-source-6.12');
    await unpackPackage('linux-source-6.12', directory, ['./usr/src/linux-source-6.12.tar.xz']);
  });
  return join(root, 'usr/src/linux-source-6.12.tar.xz');
}

/** Unpacks the archive, or the files of it that match, into `directory`. */
export async function unpackLinuxSource(
  archive: string,
  directory: string,
  patterns: readonly string[] = [],
): Promise<void> {
  const selection = patterns.length > 0 ? ['--wildcards', ...patterns] : [];
  await command('tar', ['-xJf', archive, '-C', directory, '--strip-components=1', ...selection]);
}
