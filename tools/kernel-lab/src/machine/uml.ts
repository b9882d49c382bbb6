import { mkdir, readFile, statfs, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestDirectories, guestFiles, guestLinks } from '../initramfs/guest-files.ts';
import { DeviceProcess } from './device-process.ts';
import { nodeFolder } from './guest-node.ts';
import { withLabFolder } from './lab-folder.ts';
import type { RunOptions, RunResult } from './machine.ts';
import { Processors } from './one-processor.ts';
import { watch } from './watch.ts';

/** Virtio device id of PCI functions, as uml/base.config says. */
const PCI_OVER_VIRTIO = 1234;
const processors = new Processors();
/** How long the kernel waits for a register, in microseconds: the device is a process, and others want the processor, too. */
const REGISTER_PATIENCE = 2_000_000;

/**
 * Runs the command in User-Mode Linux: a kernel that is an ordinary process of an ordinary user.
 *
 * @param device there is a DWC3 beside it, plugged into a host that the guest calls on its console 1
 */
export async function runUml(linux: string, options: RunOptions, device = false): Promise<RunResult> {
  return withLabFolder(async (lab) => {
    using dwc3 = device ? await DeviceProcess.start(join(lab, 'dwc3'), options.device ?? {}) : undefined;
    const root = join(lab, 'root');
    const shared = join(lab, 'lab');
    await mkdir(shared);
    await writeFile(join(shared, 'command'), options.command);
    for (const path of ['', ...guestDirectories]) await mkdir(join(root, path), { recursive: true });
    for (const { path, target } of guestLinks) await symlink(target, join(root, path));
    for (const { path, content, executable } of await guestFiles()) {
      await writeFile(join(root, path), content, { mode: executable ? 0o755 : 0o644 });
    }
    const memory = options.memoryMiB ?? 1024;
    const args = [
      `mem=${memory}M`,
      'rootfstype=hostfs',
      `rootflags=${root}`,
      'ro',
      'init=/init',
      // Warnings count, and the rest would only take time.
      'quiet',
      'loglevel=5',
      'printk.time=1',
      'panic=1',
      'con=null',
      `con0=${options.interactive ? 'fd:0,fd:1' : 'null,fd:1'}`,
      'lab.files=hostfs',
      'lab.usr=/usr',
      `lab.repository=${options.repository}`,
      `lab.lab=${shared}`,
    ];
    if (nodeFolder !== undefined) args.push(`lab.node=${nodeFolder}`);
    if (options.virtualTime) args.push('time-travel=inf-cpu');
    if (dwc3 !== undefined) {
      args.push(`virtio_uml.device=${join(lab, 'dwc3')}:${PCI_OVER_VIRTIO}`);
      args.push(`virt_pci.max_delay_us=${REGISTER_PATIENCE}`, 'con1=fd:3', 'lab.host=/dev/tty1');
    }
    using processor = processors.take();
    const words = ['-c', String(processor.number), linux, ...args];
    return await watch('taskset', words, options, { env: { TMPDIR: await memoryFolder(memory) }, line: dwc3?.line });
  });
}

/** Where the guest's memory is: User-Mode Linux maps a file, which has to be allowed, and is faster if it is no real one. */
async function memoryFolder(mebibytes: number): Promise<string> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const options = / \/dev\/shm tmpfs (\S+)/.exec(mounts)?.[1];
  if (options === undefined || options.split(',').includes('noexec')) return tmpdir();
  const { bavail, bsize } = await statfs('/dev/shm');
  return bavail * bsize > mebibytes * 2 ** 20 ? '/dev/shm' : tmpdir();
}
