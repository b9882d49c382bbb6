import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensurePrograms, ownPackages, type Requirement } from '../debian-packages.ts';
import { buildInitramfs } from '../initramfs/build.ts';
import { fetchDebianKernel, newestRelease } from '../kernel/debian-kernel.ts';
import { buildUserModeLinux, type UmlVariant } from '../kernel/user-mode-linux.ts';
import { buildVirtualController, type ControllerKind } from '../kernel/virtual-controller.ts';
import { LabError } from '../lab-error.ts';
import { openArm64 } from './arm64.ts';
import { guestNode, nodeFolder } from './guest-node.ts';
import type { Machine } from './machine.ts';
import { type Hardware, KERNEL_OPTIONS, runQemu } from './qemu.ts';
import { measureTsc } from './tsc.ts';
import { runUml } from './uml.ts';

/** Kernels that the lab can run. */
export const KERNELS = ['stock', 'uml', 'kasan', 'dwc3', 'arm64', 'arm64-16k', 'arm64-armv7'] as const;
export type KernelName = (typeof KERNELS)[number];

const COMMON: readonly Requirement[] = [
  { program: 'busybox', debianPackage: 'busybox-static' },
  { program: 'xz', debianPackage: 'xz-utils' },
  { program: 'make', debianPackage: 'make' },
  { program: 'patch', debianPackage: 'patch' },
  { program: 'cc', debianPackage: 'gcc', with: ['libc6-dev'] },
];

const STOCK: readonly Requirement[] = [
  ...COMMON,
  { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { program: 'modprobe', debianPackage: 'kmod' },
  { program: 'zstd', debianPackage: 'zstd' },
  { program: 'x86_64-linux-gnu-gcc-12', debianPackage: 'gcc-12' },
];

const UML: readonly Requirement[] = [
  ...COMMON,
  { program: 'taskset', debianPackage: 'util-linux' },
  { program: 'flex', debianPackage: 'flex' },
  { program: 'bison', debianPackage: 'bison' },
  { program: 'bc', debianPackage: 'bc' },
];

/** Modules of the gadget side and of the host side, in a stock guest. */
const MODULES = ['configfs', 'udc-core', 'libcomposite', 'usb_f_fs', 'usbcore'];

/**
 * Fetches and builds whatever the kernel needs and is not there yet.
 *
 * @throws LabError if this machine cannot do it, with what would help
 */
export async function openMachine(
  kernel: KernelName,
  say: (line: string) => void,
  controller: ControllerKind = 'scatter-gather',
): Promise<Machine> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new LabError(`The lab needs Linux on x86-64, and this is ${process.platform} on ${process.arch}.`);
  }
  if (kernel === 'stock') return openStock(say, controller);
  if (kernel !== 'uml' && kernel !== 'kasan' && kernel !== 'dwc3') return openArm64(kernel, say, controller);
  if (controller === 'distribution') throw new LabError(`The kernel ${kernel} has the changed dummy_hcd only.`);
  return kernel === 'dwc3' ? openDwc3(say) : openUml(kernel, say);
}

/** The distribution's own kernel, unmodified, in an emulated machine. */
async function openStock(say: (line: string) => void, controller: ControllerKind): Promise<Machine> {
  await ensurePrograms(STOCK, say);
  const kernel = await fetchDebianKernel(await newestRelease('amd64', ownPackages), ownPackages, say);
  const changed = controller === 'scatter-gather';
  const modules = [...MODULES, changed ? await buildVirtualController(kernel.release, ownPackages, say) : 'dummy_hcd'];
  const digest = createHash('sha256').update(modules.join());
  digest.update(await readFile(new URL('../../guest/init', import.meta.url)));
  const root = await cached(`initramfs-${kernel.release}-${digest.digest('hex').slice(0, 12)}`, async (directory) => {
    await writeFile(join(directory, 'initramfs.cpio'), await buildInitramfs(kernel, modules));
  });
  const hardware: Hardware = {
    program: 'qemu-system-x86_64',
    arguments: ['-M', 'microvm,acpi=on,rtc=on,pit=on,pic=on,isa-serial=on', '-cpu', 'qemu64,+rdrand,+arat'],
    kernel: kernel.image,
    initrd: join(root, 'initramfs.cpio'),
    // Without these the emulated machine starts slowly, or now and then not at all.
    commandLine: ['console=ttyS0', 'no_timer_check', `tsc_early_khz=${await measureTsc()}`, ...KERNEL_OPTIONS],
    virtualTime: ['tsc_early_khz=1000000'],
    usr: '/usr',
    modules: kernel.moduleRoot,
    ...(nodeFolder === undefined ? {} : { node: nodeFolder }),
  };
  return {
    architecture: 'x64',
    node: guestNode,
    description: `Linux ${kernel.release} as Debian ships it, in QEMU without KVM`,
    run: (options) => runQemu(hardware, options),
  };
}

async function openUml(variant: UmlVariant, say: (line: string) => void): Promise<Machine> {
  await ensurePrograms(UML, say);
  const linux = await buildUserModeLinux(variant, say);
  const watched = variant === 'kasan' ? ', watched by KASAN and lockdep' : '';
  return {
    architecture: 'x64',
    node: guestNode,
    description: `User-Mode Linux 6.12 from Debian's source${watched}`,
    run: (options) => runUml(linux, options),
  };
}

/** The kernel of `uml` with a DWC3: Linux's own driver runs on the hardware of `backend-dwc3`, a process beside it. */
async function openDwc3(say: (line: string) => void): Promise<Machine> {
  await ensurePrograms(UML, say);
  const linux = await buildUserModeLinux('uml', say);
  return {
    architecture: 'x64',
    node: guestNode,
    description: "User-Mode Linux 6.12 from Debian's source, its dwc3 driver on the simulated DWC3",
    run: (options) => runUml(linux, options, true),
  };
}
