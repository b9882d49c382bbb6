import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLabFolder } from './lab-folder.ts';
import type { RunOptions, RunResult } from './machine.ts';
import { watch } from './watch.ts';

/** A machine that QEMU emulates, without its devices. */
export interface Hardware {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly kernel: string;
  readonly initrd: string;
  /** Words of the kernel's command line. */
  readonly commandLine: readonly string[];
  /** More of them, for a processor whose clock is the number of its instructions. */
  readonly virtualTime: readonly string[];
  /** The folder that the guest sees as /usr. */
  readonly usr: string;
  /** Directory of `lib/modules/RELEASE`: the guest's kernel loads from it whatever it is asked for. */
  readonly modules?: string;
  /** The folder that the guest sees as /node, if its Node is not in /usr. */
  readonly node?: string;
}

/** For kernels on any hardware: warnings count, and nothing that costs time and proves nothing. */
export const KERNEL_OPTIONS: readonly string[] = [
  ...[
    'quiet',
    'loglevel=5',
    'printk.time=1',
    'panic=1',
    'mitigations=off',
    'nokaslr',
    'nowatchdog',
    'audit=0',
    'cryptomgr.notests',
  ],
  ...['random.trust_cpu=on', 'apparmor=0', 'security=none', 'rodata=off'],
];

/** Boots a kernel in QEMU without KVM, runs the command in it, and waits for its end. */
export async function runQemu(hardware: Hardware, options: RunOptions): Promise<RunResult> {
  return withLabFolder(async (lab) => {
    await writeFile(join(lab, 'command'), options.command);
    return watch(hardware.program, qemuArguments(hardware, lab, options), options);
  });
}

function share(tag: string, path: string, writable: boolean): string[] {
  const access = writable ? '' : ',readonly=on';
  return [
    '-fsdev',
    `local,id=${tag},path=${path},security_model=none,multidevs=remap${access}`,
    '-device',
    `virtio-9p-device,fsdev=${tag},mount_tag=${tag}`,
  ];
}

function qemuArguments(hardware: Hardware, lab: string, options: RunOptions): string[] {
  return [
    ...hardware.arguments,
    ...['-accel', 'tcg', '-m', String(options.memoryMiB ?? 2048), '-smp', String(options.cpus ?? 1)],
    ...['-nodefaults', '-no-user-config', '-nographic', '-serial', 'stdio', '-no-reboot'],
    ...['-kernel', hardware.kernel, '-initrd', hardware.initrd],
    ...share('usr', hardware.usr, false),
    ...share('repository', options.repository, false),
    ...share('lab', lab, true),
    ...(hardware.modules === undefined ? [] : share('modules', hardware.modules, false)),
    ...(hardware.node === undefined ? [] : share('node', hardware.node, false)),
    ...(options.virtualTime ? ['-icount', 'shift=0,sleep=off'] : []),
    ...[
      '-append',
      [
        ...hardware.commandLine,
        ...(options.virtualTime ? hardware.virtualTime : []),
        ...(hardware.node === undefined ? [] : ['lab.node=9p']),
      ].join(' '),
    ],
  ];
}
