import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import { loadAddon } from '@gadgetloom/linux-native';
import { type ControllerChoice, findController, SCATTER_GATHER } from '../controller/udc-directory.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { allSetups, type SetupRecord } from '../setup/setup-record.ts';
import { BUFFER_CHECKS } from './buffer-checks.ts';
import { kernelRelease, moduleState } from './modules.ts';
import { bad, good, writable } from './outcome.ts';

/** What is looked at. `required` ones decide whether the backend can run. */
export interface Check {
  readonly name: string;
  readonly required: boolean;
  run(paths: LinuxPaths, choice: ControllerChoice): ProbeResult;
}

const OLDEST = [6, 9] as const;

/** Modules that the backend needs, and for what. Those of controllers are the machine's own. */
const MODULES = [
  ['libcomposite', 'gadgets in configfs'],
  ['usb_f_fs', 'FunctionFS'],
  ['udmabuf', 'buffers where there is no DMA heap'],
] as const;

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
    name: 'controller is free',
    required: false,
    run: (paths, choice) => {
      const found = findController(paths, choice);
      if (!('name' in found)) return bad('there is no controller', found.advice);
      if (found.usedBy === '') return good('no gadget is bound to it');
      return bad(
        `${found.name} is used by the gadget "${found.usedBy}"`,
        'End the program that bound it, choose another controller, or see `gadgetloom clean`.',
      );
    },
  },
  {
    name: 'scatter-gather',
    required: false,
    run: (paths, choice) => {
      const found = findController(paths, choice);
      if (!('name' in found)) return bad('there is no controller', found.advice);
      const able = SCATTER_GATHER[found.driver];
      if (able === undefined) return good(`what ${found.driver} can do shows when the first buffer is attached`);
      return able
        ? good(`${found.driver} takes DMABUFs`)
        : bad(`${found.driver} takes no scatter-gather requests`, 'Bytes are copied; dwc3 does without.');
    },
  },
  {
    name: 'kernel',
    required: false,
    run: (paths) => {
      const release = kernelRelease(paths);
      const [major = 0, minor = 0] = release.split('.').map(Number);
      return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
        ? good(release)
        : bad(
            `Linux ${release} has no DMABUF interface in FunctionFS`,
            'Bytes are copied; Linux 6.9 and later do without.',
          );
    },
  },
  ...MODULES.map(
    ([name, purpose]): Check => ({
      name: `module ${name}`,
      required: false,
      run: (paths) => moduleFinding(paths, name, purpose),
    }),
  ),
  {
    name: 'configfs',
    required: true,
    run: (paths) => {
      const gadgets = join(paths.configfs, 'usb_gadget');
      if (existsSync(gadgets)) {
        if (writable(gadgets)) return good(gadgets);
        const own = ownSetups(paths);
        if (own.length > 0) return good(setUpWords(own));
        return bad(
          `${gadgets} is not writable for this user`,
          'Run as root, or have root run `gadgetloom setup --user USER GADGET`.',
        );
      }
      if (!existsSync(paths.configfs))
        return bad('the kernel has no configfs', 'Load it: `modprobe configfs libcomposite`.');
      return process.getuid?.() === 0
        ? bad(`there is no ${gadgets}`, 'Load its module: `modprobe libcomposite`, and mount configfs.')
        : bad(
            `there is no ${gadgets}`,
            'As root: `gadgetloom setup --user USER GADGET`, or `modprobe libcomposite` and `mount -t configfs none /sys/kernel/config`.',
          );
    },
  },
  {
    name: 'functionfs',
    required: false,
    run: (paths) => {
      const file = join(paths.proc, 'filesystems');
      const known = existsSync(file) && /\tfunctionfs$/m.test(readFileSync(file, 'utf8'));
      if (known) return good('in use');
      const state = moduleState(paths, 'usb_f_fs');
      return state === 'missing'
        ? bad('the kernel has no FunctionFS', 'Build it with CONFIG_USB_CONFIGFS_F_FS.')
        : good('comes with the first gadget that has it');
    },
  },
  ...BUFFER_CHECKS,
  {
    name: 'privilege',
    required: false,
    run: (paths) => {
      if (process.getuid?.() === 0) return good('root');
      const own = ownSetups(paths);
      return own.length > 0
        ? good(setUpWords(own))
        : bad(
            'this user can neither make gadgets nor mount FunctionFS',
            'Run as root, or have root run `gadgetloom setup --user USER GADGET`.',
          );
    },
  },
];

function moduleFinding(paths: LinuxPaths, name: string, purpose: string): ProbeResult {
  const state = moduleState(paths, name);
  if (state === 'missing')
    return bad(
      `the kernel has no module ${name}, for ${purpose}`,
      `Install the package with it, or build the kernel with it.`,
    );
  if (state === 'not loaded')
    return good(`not loaded; \`modprobe ${name}\` loads it, and so does the first use as root`);
  return good(state === 'unknown' ? 'built in, or not to be found out' : state);
}

const ownSetups = (paths: LinuxPaths): SetupRecord[] =>
  allSetups(paths).filter(({ uid }) => uid === process.getuid?.());

const setUpWords = (own: readonly SetupRecord[]): string =>
  `set up for this user: ${own.map(({ gadget }) => `gadget "${gadget}"`).join(', ')}`;
