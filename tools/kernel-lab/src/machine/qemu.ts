import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunOptions, RunResult } from './machine.ts';
import { watch } from './watch.ts';

/** Without these the emulated machine starts slowly, or now and then not at all. */
const COMMAND_LINE = [
  'console=ttyS0',
  'quiet',
  'panic=1',
  'mitigations=off',
  'nokaslr',
  'no_timer_check',
  'nowatchdog',
  'audit=0',
  'cryptomgr.notests',
  'random.trust_cpu=on',
  'apparmor=0',
  'security=none',
  'rodata=off',
];

/** Boots a kernel in QEMU without KVM, runs the command in it, and waits for its end. */
export async function runQemu(
  vmlinux: string,
  initrd: string,
  tscKhz: number,
  options: RunOptions,
): Promise<RunResult> {
  const lab = await mkdtemp(join(tmpdir(), 'gadgetloom-lab-'));
  try {
    await writeFile(join(lab, 'command'), options.command);
    return await watch('qemu-system-x86_64', qemuArguments(vmlinux, initrd, tscKhz, lab, options), options);
  } finally {
    await rm(lab, { recursive: true, force: true });
  }
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

function qemuArguments(vmlinux: string, initrd: string, tscKhz: number, lab: string, options: RunOptions): string[] {
  return [
    ...['-M', 'microvm,acpi=on,rtc=on,pit=on,pic=on,isa-serial=on', '-accel', 'tcg', '-cpu', 'qemu64,+rdrand,+arat'],
    ...['-m', String(options.memoryMiB ?? 2048), '-smp', String(options.cpus ?? 1)],
    ...['-nodefaults', '-no-user-config', '-nographic', '-serial', 'stdio', '-no-reboot'],
    ...['-kernel', vmlinux, '-initrd', initrd],
    ...share('usr', '/usr', false),
    ...share('repository', options.repository, false),
    ...share('lab', lab, true),
    ...['-append', [...COMMAND_LINE, `tsc_early_khz=${tscKhz}`].join(' ')],
  ];
}
