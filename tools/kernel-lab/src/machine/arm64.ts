import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensurePrograms, foreignPackages, type Requirement } from '../debian-packages.ts';
import { fetchNode } from '../foreign-node.ts';
import { buildInitramfs } from '../initramfs/build.ts';
import { type Flavour, fetchDebianKernel, newestRelease } from '../kernel/debian-kernel.ts';
import { buildVirtualController, type ControllerKind } from '../kernel/virtual-controller.ts';
import type { Machine } from './machine.ts';
import { type Hardware, KERNEL_OPTIONS, runQemu } from './qemu.ts';

const REQUIREMENTS: readonly Requirement[] = [
  { program: 'xz', debianPackage: 'xz-utils' },
  { program: 'make', debianPackage: 'make' },
  { program: 'patch', debianPackage: 'patch' },
  { program: 'modprobe', debianPackage: 'kmod' },
  { program: 'qemu-system-aarch64', debianPackage: 'qemu-system-arm' },
  { program: 'aarch64-linux-gnu-gcc', debianPackage: 'gcc-aarch64-linux-gnu', with: ['libc6-dev-arm64-cross'] },
  // The compiler of the kernel itself, by which its headers call it.
  { program: 'aarch64-linux-gnu-gcc-12', debianPackage: 'gcc-12-aarch64-linux-gnu' },
];

/** Modules of the gadget side and of the host side. */
const MODULES = ['configfs', 'udc-core', 'libcomposite', 'usb_f_fs', 'usbcore'];

/** The distribution's arm64 kernel, unmodified, on a machine that is emulated down to its instructions. */
export async function openArm64(
  flavour: Flavour,
  say: (line: string) => void,
  controller: ControllerKind,
): Promise<Machine> {
  await ensurePrograms(REQUIREMENTS, say);
  const packages = await foreignPackages('arm64');
  const kernel = await fetchDebianKernel(await newestRelease(flavour, packages), packages, say);
  const changed = controller === 'scatter-gather';
  const modules = [...MODULES, changed ? await buildVirtualController(kernel.release, packages, say) : 'dummy_hcd'];
  const usr = join(await fetchNode('arm64', say), 'usr');
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
    modules: kernel.moduleRoot,
  };
  return {
    architecture: 'arm64',
    node: '/usr/bin/node',
    description: `Linux ${kernel.release} as Debian ships it, in QEMU`,
    patience: 4,
    run: (options) => runQemu(hardware, options),
  };
}
