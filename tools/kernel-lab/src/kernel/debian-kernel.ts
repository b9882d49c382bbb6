import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { command } from '../command.ts';
import { unpackPackage, updateLists } from '../debian-packages.ts';
import { LabError } from '../lab-error.ts';

/** A kernel of the distribution, unpacked but not installed. */
export interface DebianKernel {
  /** As `uname -r` says: `6.12.117+deb12-amd64`. */
  readonly release: string;
  /** The kernel as an ELF file, which QEMU starts directly (PVH): no BIOS, no decompression. */
  readonly vmlinux: string;
  /** Directory that holds `lib/modules/RELEASE`. */
  readonly moduleRoot: string;
}

/** Release of the newest 6.12 kernel that the distribution offers for this machine. @throws LabError none */
export async function newestRelease(): Promise<string> {
  await updateLists();
  const listing = (await command('apt-cache', ['pkgnames', 'linux-image-6.12.'])).toString();
  const releases = listing
    .split('\n')
    .map((name) => /^linux-image-(6\.12\.\d+\+deb\d+-amd64)$/.exec(name)?.[1])
    .filter((release) => release !== undefined)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const newest = releases.at(-1);
  if (newest === undefined) {
    throw new LabError(
      'No linux-image-6.12 package can be found. The lab takes its kernel from Debian 12 with security updates, or later.',
    );
  }
  return newest;
}

/** Fetches the kernel, once. */
export async function fetchDebianKernel(release: string, say: (line: string) => void): Promise<DebianKernel> {
  const root = await cached(`debian-${release}`, async (directory) => {
    say(`fetching linux-image-${release}`);
    await unpackPackage(`linux-image-${release}`, directory, ['./boot/vmlinuz*', './lib/modules/*']);
    const image = await readFile(join(directory, 'boot', `vmlinuz-${release}`));
    await writeFile(join(directory, 'vmlinux'), await extractElf(image));
    await rm(join(directory, 'boot'), { recursive: true });
    await command('depmod', ['-b', directory, release]);
  });
  return { release, vmlinux: join(root, 'vmlinux'), moduleRoot: root };
}

/** Compressions that a bzImage may carry its kernel in, by their magic numbers. */
const compressions = [
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), program: 'zstd', args: ['-dcq'] },
  { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), program: 'xz', args: ['-dcq', '--single-stream'] },
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), program: 'gzip', args: ['-dcq'] },
];

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

async function extractElf(image: Buffer): Promise<Buffer> {
  for (const { magic, program, args } of compressions) {
    for (let at = image.indexOf(magic); at >= 0; at = image.indexOf(magic, at + 1)) {
      // What follows the compressed kernel in the image makes the program complain after it has done its work.
      const output = await command('sh', ['-c', `${program} ${args.join(' ')} 2>/dev/null || true`], {
        input: image.subarray(at),
      });
      if (output.subarray(0, 4).equals(ELF)) return output;
    }
  }
  throw new LabError('The kernel image is compressed in a way that the lab does not know (zstd, xz and gzip are).');
}

/** Fetches the headers that modules for `release` are built with. Gives the build directory. */
export async function fetchHeaders(release: string, say: (line: string) => void): Promise<string> {
  const root = await cached(`headers-${release}`, async (directory) => {
    say(`fetching linux-headers-${release}`);
    const version = release.replace(/-amd64$/, '');
    for (const name of [`linux-headers-${release}`, `linux-headers-${version}-common`, `linux-kbuild-${version}`]) {
      await unpackPackage(name, directory);
    }
    // Without the kernel's own type information at hand the build leaves that of the module out, and needs no pahole.
    await rm(join(directory, 'usr/src', `linux-headers-${release}`, 'vmlinux'), { force: true });
  });
  const source = join(root, 'usr/src');
  const common = (await readdir(source)).find((name) => name.endsWith('-common'));
  await writeFile(
    join(source, `linux-headers-${release}`, 'Makefile'),
    `include ${join(source, common ?? '')}/Makefile\n`,
  );
  return join(source, `linux-headers-${release}`);
}
