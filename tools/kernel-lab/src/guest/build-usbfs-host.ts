import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { command } from '../command.ts';

const source = join(import.meta.dirname, '../../guest/usbfs-host.c');
const directory = join(import.meta.dirname, '../../out');

/** Builds the host end of scenarios. Gives its path inside the repository, which the guest sees. */
export async function buildUsbfsHost(repository: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const program = join(directory, 'usbfs-host');
  await command('cc', ['-O2', '-Wall', '-Wextra', '-pthread', '-o', program, source]);
  return relative(repository, program);
}
