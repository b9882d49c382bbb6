import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { command } from '../command.ts';
import type { DebianKernel } from '../kernel/debian-kernel.ts';
import { type CpioEntry, packCpio } from './cpio.ts';
import { guestDirectories, guestFiles, guestLinks } from './guest-files.ts';

/** Modules that every guest needs: the file system of the host. */
const BASE_MODULES = ['virtio_mmio', '9pnet_virtio', '9p'];

/**
 * Builds the first file system of a guest: busybox, an init script, and modules with everything they depend on.
 *
 * @param modules names, or paths of `.ko` files; loaded in this order
 * @param busybox a static one for the guest; this machine's unless given
 */
export async function buildInitramfs(
  kernel: DebianKernel,
  modules: readonly string[],
  busybox?: string,
): Promise<Buffer> {
  const files = new Map<string, Buffer>();
  for (const name of [...BASE_MODULES, ...modules]) {
    if (name.endsWith('.ko')) files.set(basename(name), await readFile(name));
    else for (const path of await withDependencies(kernel, name)) await addModule(files, path);
  }
  return packCpio([
    ...guestDirectories.map((path): CpioEntry => ({ path, kind: 'directory' })),
    ...guestLinks.map(({ path, target }): CpioEntry => ({ path, kind: 'link', target })),
    ...(await guestFiles(busybox)).map((file): CpioEntry => ({ ...file, kind: 'file' })),
    { path: 'modules/order', kind: 'file', content: Buffer.from(`${[...files.keys()].join('\n')}\n`) },
    ...[...files].map(([name, content]): CpioEntry => ({ path: `modules/${name}`, kind: 'file', content })),
  ]);
}

async function withDependencies(kernel: DebianKernel, name: string): Promise<string[]> {
  const listing = await command('modprobe', ['-d', kernel.moduleRoot, '-S', kernel.release, '--show-depends', name]);
  return listing
    .toString()
    .split('\n')
    .map((line) => /^insmod (\S+)/.exec(line)?.[1])
    .filter((path) => path !== undefined);
}

async function addModule(files: Map<string, Buffer>, path: string): Promise<void> {
  const name = basename(path, '.xz');
  if (files.has(name)) return;
  files.set(name, path.endsWith('.xz') ? await command('xz', ['-dc', path]) : await readFile(path));
}
