import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestDirectories, guestFiles, guestLinks } from '../initramfs/guest-files.ts';
import type { RunOptions, RunResult } from './machine.ts';
import { watch } from './watch.ts';

/** Runs the command in User-Mode Linux: a kernel that is an ordinary process of an ordinary user. */
export async function runUml(linux: string, options: RunOptions): Promise<RunResult> {
  const lab = await mkdtemp(join(tmpdir(), 'gadgetloom-lab-'));
  try {
    const root = join(lab, 'root');
    const shared = join(lab, 'lab');
    await mkdir(shared);
    await writeFile(join(shared, 'command'), options.command);
    for (const path of ['', ...guestDirectories]) await mkdir(join(root, path), { recursive: true });
    for (const { path, target } of guestLinks) await symlink(target, join(root, path));
    for (const { path, content, executable } of await guestFiles()) {
      await writeFile(join(root, path), content, { mode: executable ? 0o755 : 0o644 });
    }
    const args = [
      `mem=${options.memoryMiB ?? 1024}M`,
      'rootfstype=hostfs',
      `rootflags=${root}`,
      'ro',
      'init=/init',
      // Warnings count, and the rest would only take time.
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
    return await watch(linux, args, options);
  } finally {
    await rm(lab, { recursive: true, force: true });
  }
}
