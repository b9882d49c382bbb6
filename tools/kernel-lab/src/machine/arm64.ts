import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensurePrograms, foreignPackages, type Requirement } from '../debian-packages.ts';
import { fetchNode } from '../foreign-node.ts';
import { buildInitramfs } from '../initramfs/build.ts';
import { fetchDebianKernel, newestRelease } from '../kernel/debian-kernel.ts';
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

const ARMV7_COMPILER: Requirement = {
  program: 'arm-linux-gnueabihf-gcc',
  debianPackage: 'gcc-arm-linux-gnueabihf',
  with: ['libc6-dev-armhf-cross'],
};

/** Modules of the gadget side and of the host side. */
const MODULES = ['configfs', 'udc-core', 'libcomposite', 'usb_f_fs', 'usbcore'];

/** Guests for arm64: as most are, with pages of 16 KiB, and with programs for 32 bits, as on many a Raspberry Pi. */
export type Arm64Variant = 'arm64' | 'arm64-16k' | 'arm64-armv7';

/** The distribution's arm64 kernel, unmodified, on a machine that is emulated down to its instructions. */
export async function openArm64(
  variant: Arm64Variant,
  say: (line: string) => void,
  controller: ControllerKind,
): Promise<Machine> {
  const architecture = variant === 'arm64-armv7' ? 'arm' : 'arm64';
  await ensurePrograms(architecture === 'arm' ? [...REQUIREMENTS, ARMV7_COMPILER] : REQUIREMENTS, say);
  const packages = await foreignPackages('arm64');
  const kernel = await fetchDebianKernel(
    await newestRelease(variant === 'arm64-16k' ? variant : 'arm64', packages),
    packages,
    say,
  );
  const changed = controller === 'scatter-gather';
  const modules = [...MODULES, changed ? await buildVirtualController(kernel.release, packages, say) : 'dummy_hcd'];
  const usr = join(await fetchNode(architecture, say), 'usr');
  const digest = createHash('sha256').update([architecture, ...modules].join());
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
    virtualTime: [],
    usr,
    modules: kernel.moduleRoot,
  };
  return {
    architecture,
    node: '/usr/bin/node',
    description: `Linux ${kernel.release} as Debian ships it, in QEMU${architecture === 'arm' ? ', with programs for 32 bits' : ''}`,
    patience: 4,
    run: (options) => runQemu(hardware, options),
  };
}
