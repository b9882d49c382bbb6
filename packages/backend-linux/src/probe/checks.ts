import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import { loadAddon } from '@gadgetloom/linux-native';
import { heapNames } from '../buffers/dma-heap.ts';
import { type ControllerChoice, findController } from '../controller/udc-directory.ts';
import type { LinuxPaths } from '../kernel/paths.ts';

/** What is looked at. `required` ones decide whether the backend can run. */
export interface Check {
  readonly name: string;
  readonly required: boolean;
  run(paths: LinuxPaths, choice: ControllerChoice): ProbeResult;
}

const OLDEST = [6, 9] as const;

const good = (summary: string): ProbeResult => ({ ok: true, summary });
const bad = (reason: string, advice: string): ProbeResult => ({
  ok: false,
  reason: reason.endsWith('.') ? reason : `${reason}.`,
  advice,
});

/** In the order in which they are reported: each one is pointless without those before it. */
export const CHECKS: readonly Check[] = [
  {
    name: 'system',
    required: true,
    run: () =>
      process.platform === 'linux'
        ? good('Linux')
        : bad(`this is ${process.platform}, not Linux`, 'Use a simulated backend here: mock, for example.'),
  },
  {
    name: 'addon',
    required: true,
    run: () => {
      try {
        loadAddon();
        return good('loaded');
      } catch (error) {
        return bad('the native addon cannot be loaded', (error as Error).message);
      }
    },
  },
  {
    name: 'controller',
    required: true,
    run: (paths, choice) => {
      const found = findController(paths, choice);
      return 'name' in found ? good(`${found.name} (${found.driver})`) : bad(found.reason, found.advice);
    },
  },
  {
    name: 'kernel',
    required: false,
    run: (paths) => {
      const path = join(paths.proc, 'sys/kernel/osrelease');
      const release = existsSync(path) ? readFileSync(path, 'utf8').trim() : 'unknown';
      const [major = 0, minor = 0] = release.split('.').map(Number);
      return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
        ? good(release)
        : bad(
            `Linux ${release} has no DMABUF interface in FunctionFS`,
            'Bytes are copied; Linux 6.9 and later do without.',
          );
    },
  },
  {
    name: 'configfs',
    required: true,
    run: (paths) => {
      const gadgets = join(paths.configfs, 'usb_gadget');
      if (existsSync(gadgets)) {
        return writable(gadgets)
          ? good(gadgets)
          : bad(`${gadgets} is not writable for this user`, 'Run as root, or hand the directory over to this user.');
      }
      if (!existsSync(paths.configfs))
        return bad('the kernel has no configfs', 'Load it: `modprobe configfs libcomposite`.');
      return process.getuid?.() === 0
        ? bad(`there is no ${gadgets}`, 'Load its module: `modprobe libcomposite`, and mount configfs.')
        : bad(
            `there is no ${gadgets}`,
            'As root: `modprobe libcomposite` and `mount -t configfs none /sys/kernel/config`.',
          );
    },
  },
  {
    name: 'buffers',
    required: true,
    run: (paths) => {
      const heaps = heapNames(paths);
      const usable = heaps.filter((name) => writable(join(paths.dev, 'dma_heap', name)));
      if (usable.length > 0) return good(usable.join(', '));
      if (writable(join(paths.dev, 'udmabuf'))) return good('udmabuf');
      return heaps.length > 0 || existsSync(join(paths.dev, 'udmabuf'))
        ? bad(
            'this user may not use the DMA heaps',
            'Give its group access to /dev/dma_heap/system or /dev/udmabuf, in a udev rule.',
          )
        : bad(
            'there is neither a DMA heap nor udmabuf',
            'Build the kernel with CONFIG_DMABUF_HEAPS_SYSTEM or CONFIG_UDMABUF.',
          );
    },
  },
  {
    name: 'privilege',
    required: false,
    run: () =>
      process.getuid?.() === 0
        ? good('root')
        : bad('this user cannot mount FunctionFS', 'Run as root, or have root create and mount the gadget.'),
  },
];

function writable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
