import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const initScript = join(import.meta.dirname, '../../guest/init');

/** Directories of a guest's root. */
export const guestDirectories: readonly string[] = [
  ...['bin', 'dev', 'proc', 'sys', 'modules', 'usr', 'lab', 'repository', 'node', 'tmp', 'run', 'etc', 'root', 'mnt'],
];

/** Debian keeps these inside /usr, which a guest mounts from the host. */
export const guestLinks: readonly { readonly path: string; readonly target: string }[] = ['lib', 'lib64', 'sbin'].map(
  (path) => ({ path, target: `usr/${path}` }),
);

export interface GuestFile {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/**
 * Files that every guest has, whatever its kernel.
 *
 * @param busybox a static one, for the guest's architecture
 */
export async function guestFiles(busybox = '/bin/busybox'): Promise<GuestFile[]> {
  return [
    { path: 'bin/busybox', content: await readFile(busybox), executable: true },
    { path: 'init', content: await readFile(initScript), executable: true },
    {
      path: 'etc/passwd',
      content: Buffer.from('root:x:0:0::/root:/bin/sh\nlab:x:1000:1000::/tmp:/bin/sh\n'),
      executable: false,
    },
    { path: 'etc/group', content: Buffer.from('root:x:0:\nlab:x:1000:\n'), executable: false },
  ];
}
