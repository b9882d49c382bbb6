import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached, cacheRoot } from '../cache.ts';
import { command } from '../command.ts';
import { type PackageSource, unpackPackage } from '../debian-packages.ts';
import { LabError } from '../lab-error.ts';

/** A kernel of the distribution, unpacked but not installed. */
export interface DebianKernel {
  /** The release that `uname -r` prints, such as `6.12.117+deb12-amd64`. */
  readonly release: string;
  /** What QEMU starts directly: no BIOS. For amd64 the kernel as an ELF file (PVH), which nothing has to decompress. */
  readonly image: string;
  /** Directory that holds `lib/modules/RELEASE`. */
  readonly moduleRoot: string;
}

/** Kernels that Debian builds, as the ends of their releases: for the two architectures, and for arm64 with larger pages. */
export type Flavour = 'amd64' | 'arm64' | 'arm64-16k';

/**
 * Release of the newest 6.12 kernel in the cache, so that nothing has to be asked of the network; without one, of the
 * newest that the distribution offers.
 *
 * @throws LabError none
 */
export async function newestRelease(flavour: Flavour, source: PackageSource): Promise<string> {
  const there = await readdir(cacheRoot).catch(() => []);
  const cachedRelease = newest(there, 'debian', flavour);
  if (cachedRelease !== undefined) return cachedRelease;
  await source.update();
  const listing = (await command('apt-cache', ['pkgnames', 'linux-image-6.12.'], { env: source.env })).toString();
  const release = newest(listing.split('\n'), 'linux-image', flavour);
  if (release === undefined) {
    throw new LabError(
      'No linux-image-6.12 package can be found. The lab takes its kernel from Debian 12 with security updates, or later.',
    );
  }
  return release;
}

/** The newest of the names `PREFIX-RELEASE`. */
function newest(names: readonly string[], prefix: string, flavour: Flavour): string | undefined {
  const pattern = new RegExp(`^${prefix}-(6\\.12\\.\\d+\\+deb\\d+-${flavour})$`);
  return names
    .map((name) => pattern.exec(name)?.[1])
    .filter((release) => release !== undefined)
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .at(-1);
}

/** Fetches the kernel, once. */
export async function fetchDebianKernel(
  release: string,
  source: PackageSource,
  say: (line: string) => void,
): Promise<DebianKernel> {
  const image = release.endsWith('-amd64') ? 'vmlinux' : 'vmlinuz';
  const root = await cached(`debian-${release}`, async (directory) => {
    say(`fetching linux-image-${release}`);
    await unpackPackage(`linux-image-${release}`, directory, ['./boot/vmlinuz*', './lib/modules/*'], source);
    const packed = await readFile(join(directory, 'boot', `vmlinuz-${release}`));
    await writeFile(join(directory, image), image === 'vmlinux' ? await extractElf(packed) : packed);
    await rm(join(directory, 'boot'), { recursive: true });
    await command('depmod', ['-b', directory, release]);
  });
  return { release, image: join(root, image), moduleRoot: root };
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

/** Fetches the headers that modules for `release` are built with, and the tools for this machine. Gives the build directory. */
export async function fetchHeaders(
  release: string,
  source: PackageSource,
  say: (line: string) => void,
): Promise<string> {
  const root = await cached(`headers-${release}`, async (directory) => {
    say(`fetching linux-headers-${release}`);
    const version = release.replace(/(-[a-z]+\d+)(-16k)?$/, '');
    await unpackPackage(`linux-headers-${release}`, directory, [], source);
    await unpackPackage(`linux-headers-${version}-common`, directory, [], source);
    await unpackPackage(`linux-kbuild-${version}`, directory);
    // Without the kernel's own type information at hand the build leaves that of the module out, and needs no pahole.
    await rm(join(directory, 'usr/src', `linux-headers-${release}`, 'vmlinux'), { force: true });
  });
  const sources = join(root, 'usr/src');
  const common = (await readdir(sources)).find((name) => name.endsWith('-common'));
  await writeFile(
    join(sources, `linux-headers-${release}`, 'Makefile'),
    `include ${join(sources, common ?? '')}/Makefile\n`,
  );
  return join(sources, `linux-headers-${release}`);
}
