import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { command } from '../command.ts';
import type { PackageSource } from '../debian-packages.ts';
import { fetchHeaders } from './debian-kernel.ts';
import { fetchLinuxSource, unpackLinuxSource } from './linux-source.ts';

/** Which dummy_hcd a guest has: one that takes scatter-gather requests, or the distribution's own, which does not. */
export type ControllerKind = 'scatter-gather' | 'distribution';

/** Lets dummy_hcd take scatter-gather requests. */
export const controllerPatch: string = join(import.meta.dirname, '../../module/dummy_hcd_sg.patch');

/** Where dummy_hcd is in a kernel tree. */
export const CONTROLLER_SOURCE = 'drivers/usb/gadget/udc/dummy_hcd.c';

/**
 * Builds `dummy_hcd_sg.ko`: the distribution's dummy_hcd, changed to take scatter-gather requests. The only thing in
 * the lab's stock guest that the kernel was not shipped with. Gives the file.
 */
export async function buildVirtualController(
  release: string,
  source: PackageSource,
  say: (line: string) => void,
): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(controllerPatch))
    .digest('hex')
    .slice(0, 12);
  const root = await cached(`dummy-hcd-sg-${release}-${digest}`, async (directory) => {
    const headers = await fetchHeaders(release, source, say);
    const archive = await fetchLinuxSource(say);
    say('building dummy_hcd_sg.ko');
    await unpackLinuxSource(archive, directory, [`*/${CONTROLLER_SOURCE}`]);
    await copyFile(join(directory, CONTROLLER_SOURCE), join(directory, 'dummy_hcd_sg.c'));
    await command('patch', ['--quiet', 'dummy_hcd_sg.c', controllerPatch], { cwd: directory });
    await writeFile(join(directory, 'Makefile'), 'obj-m := dummy_hcd_sg.o\n');
    await command('make', ['-s', '-C', headers, `M=${directory}`, 'modules']);
  });
  return join(root, 'dummy_hcd_sg.ko');
}
