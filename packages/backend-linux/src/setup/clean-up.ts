import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { cleanLeftover, findLeftovers } from '../controller/leftovers.ts';
import { allNotes } from '../controller/ownership.ts';
import { fileCall } from '../kernel/kernel-call.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { runDirectory } from '../kernel/run-directory.ts';
import { tearDown } from './set-up.ts';
import { allSetups } from './setup-record.ts';

/** A leftover that can be cleaned up. */
export interface Cleanable {
  /** `'gadget "scope" of process 4711, which ended without removing it'`. */
  readonly what: string;
  /** Removes it. @throws KernelError EBUSY a process uses it */
  remove(): Promise<void>;
}

/**
 * Lists what ended processes of this package left behind: gadgets with their mounts, and empty mount points. It never
 * lists what others made or what a running process uses. It lists setups only on request.
 */
export function findCleanables(kernel: LinuxKernel, { setup = false }: { readonly setup?: boolean } = {}): Cleanable[] {
  const gadgets = findLeftovers(kernel).map((note): Cleanable => {
    const mounts = note.borrowed ? [] : note.instances.map((instance) => `FunctionFS "${instance}"`);
    const things = note.borrowed ? `use of the gadget "${note.gadget}" by` : `gadget "${note.gadget}" of`;
    const also = mounts.length === 0 ? '' : `, with ${mounts.join(', ')}`;
    return {
      what: `${things} process ${note.pid}, which ended without removing it${also}`,
      remove: () => cleanLeftover(kernel, note),
    };
  });
  return [...gadgets, ...emptyMountPoints(kernel), ...(setup ? setups(kernel) : [])];
}

function setups(kernel: LinuxKernel): Cleanable[] {
  return allSetups(kernel.paths).map((record) => ({
    what: `gadget "${record.gadget}", which was set up for ${record.user}`,
    remove: () => tearDown(kernel, record),
  }));
}

/** Lists empty mount points that no note mentions. A directory with content is not listed. */
function emptyMountPoints({ paths }: LinuxKernel): Cleanable[] {
  const directory = runDirectory(paths, 'ffs');
  const known = new Set(allNotes(paths).flatMap(({ instances }) => instances));
  return readdirSync(directory)
    .filter((name) => !known.has(name))
    .map((name) => join(directory, name))
    .filter((path) => existsSync(path) && readdirSync(path).length === 0)
    .map((path) => ({
      what: `empty mount point ${path}`,
      remove: async () => fileCall(`rmdir ${path}`, () => rmdirSync(path)),
    }));
}
