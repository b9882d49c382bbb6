import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import { isConfigfsMounted } from '../controller/configfs-mount.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { allSetups } from '../setup/setup-record.ts';
import type { Check } from './checks.ts';
import { moduleState } from './modules.ts';
import { bad, good, refusedAccess } from './outcome.ts';

/** Bit of CAP_SYS_ADMIN, which mounting requires (linux/capability.h). */
const SYS_ADMIN = 21n;

const SET_UP = '`gadgetloom setup --user USER`';
const AS_ROOT = `Run as root, or have root run ${SET_UP}, with the gadget's file if there is one.`;

/** Checks the directory of the gadgets. */
export const CONFIGFS_CHECK: Check = {
  name: 'configfs',
  required: true,
  run: (paths) => {
    const gadgets = join(paths.configfs, 'usb_gadget');
    return existsSync(gadgets) ? access(paths, gadgets) : absent(paths, gadgets);
  },
};

/** Checks the user who runs this. */
export const PRIVILEGE_CHECK: Check = {
  name: 'privilege',
  required: false,
  run: (paths) => {
    if (process.getuid?.() === 0)
      return mayMount(paths)
        ? good('root')
        : bad(
            'this root may not mount FunctionFS: it lacks CAP_SYS_ADMIN',
            'Give it to the container, as `docker run --privileged` does, or run outside the container.',
          );
    return setUpHere(paths) ?? bad('this user can neither make gadgets nor mount FunctionFS', AS_ROOT);
  },
};

function access(paths: LinuxPaths, gadgets: string): ProbeResult {
  const refused = refusedAccess(gadgets);
  if (refused === undefined) return good(gadgets);
  const own = setUpHere(paths);
  if (own !== undefined) return own;
  if (refused === 'EROFS')
    return bad(
      `${paths.configfs} is mounted read-only`,
      `As root: \`mount -o remount,rw ${paths.configfs}\`. In a container, its host must mount it writable: \`docker run --privileged -v ${paths.configfs}:${paths.configfs}\`.`,
    );
  return bad(`${gadgets} is not writable for this user`, AS_ROOT);
}

function absent(paths: LinuxPaths, gadgets: string): ProbeResult {
  const state = moduleState(paths, 'libcomposite');
  if (state === 'missing')
    return bad('the kernel has no gadgets: libcomposite is missing', 'Build it with CONFIG_USB_CONFIGFS.');
  const load = 'modprobe libcomposite';
  if (!existsSync(paths.configfs))
    return bad(
      'the kernel has no configfs, or has not loaded it',
      `As root: ${SET_UP}, or \`${load}; mount -t configfs none ${paths.configfs}\`. If there is no such module, build the kernel with CONFIG_USB_CONFIGFS.`,
    );
  if (isConfigfsMounted(paths))
    return bad(
      `there is no ${gadgets}`,
      `As root: \`${load}\`. If there is no such module, build the kernel with CONFIG_USB_CONFIGFS.`,
    );
  const there = state === 'loaded' || state === 'built in';
  // The first gadget mounts configfs.
  if (there && process.getuid?.() === 0 && mayMount(paths)) return good('mounted with the first gadget');
  const words = there ? '' : `${load}; `;
  const otherwise =
    state === 'unknown' ? ' Both fail if the kernel has no such module: then build it with CONFIG_USB_CONFIGFS.' : '';
  return bad(
    `configfs is not mounted at ${paths.configfs}`,
    `As root: ${SET_UP}, or \`${words}mount -t configfs none ${paths.configfs}\`.${otherwise}`,
  );
}

/** True if this process has CAP_SYS_ADMIN, or if /proc does not tell. */
function mayMount({ proc }: LinuxPaths): boolean {
  const file = join(proc, 'self/status');
  const effective = existsSync(file) ? /^CapEff:\s*([\da-f]+)$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  return effective === undefined || ((BigInt(`0x${effective}`) >> SYS_ADMIN) & 1n) === 1n;
}

/** Finds gadgets that root set up for this user. */
function setUpHere(paths: LinuxPaths): ProbeResult | undefined {
  const own = allSetups(paths).filter(({ uid }) => uid === process.getuid?.());
  if (own.length === 0) return undefined;
  return good(`set up for this user: ${own.map(({ gadget }) => `gadget "${gadget}"`).join(', ')}`);
}
