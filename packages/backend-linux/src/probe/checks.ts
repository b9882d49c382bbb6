import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProbeResult } from '@gadgetloom/core';
import { loadAddon } from '@gadgetloom/linux-native';
import { SCATTER_GATHER } from '../controller/scatter-gather.ts';
import { type ControllerChoice, findController } from '../controller/udc-directory.ts';
import type { LinuxPaths } from '../kernel/paths.ts';
import { BUFFER_CHECKS } from './buffer-checks.ts';
import { kernelRelease, MODULES, moduleFinding, moduleState } from './modules.ts';
import { bad, good, uncertain } from './outcome.ts';
import { CONFIGFS_CHECK, PRIVILEGE_CHECK } from './privilege-checks.ts';

/** One thing that the probe looks at. The backend can run if all `required` checks succeed. */
export interface Check {
  readonly name: string;
  readonly required: boolean;
  run(paths: LinuxPaths, choice: ControllerChoice): ProbeResult;
}

const OLDEST = [6, 9] as const;

const NO_CONTROLLER = bad('there is no controller', 'See above.');

/** The checks in the order of the report: each one makes sense only if those before it succeeded. */
export const CHECKS: readonly Check[] = [
  {
    name: 'system',
    required: true,
    run: () =>
      process.platform === 'linux'
        ? good('Linux')
        : bad(`this is ${process.platform}, not Linux`, 'Use a simulated backend here, such as mock.'),
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
      if (!('name' in found)) return NO_CONTROLLER;
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
      if (!('name' in found)) return NO_CONTROLLER;
      const able = SCATTER_GATHER[found.driver];
      if (able === undefined)
        return uncertain(`whether ${found.driver} takes DMABUFs shows when the first buffer is attached`);
      if (typeof able === 'string')
        return uncertain(`${found.driver} takes DMABUFs ${able}; otherwise bytes are copied`);
      return able
        ? good(`${found.driver} takes DMABUFs`)
        : bad(
            `${found.driver} takes no scatter-gather requests`,
            'Bytes are copied. For DMABUFs, use another controller, such as a DWC3 or a ChipIdea.',
          );
    },
  },
  {
    name: 'kernel',
    required: false,
    run: (paths) => {
      const release = kernelRelease(paths);
      const [major, minor = 0] = release.split('.').map(Number);
      if (major === undefined || Number.isNaN(major)) return uncertain('its version is unknown');
      return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
        ? good(release)
        : bad(
            `Linux ${release} has no DMABUF interface in FunctionFS`,
            'Bytes are copied. For DMABUFs, use Linux 6.9 or later.',
          );
    },
  },
  ...MODULES.map(
    (module): Check => ({
      name: `module ${module[0]}`,
      required: false,
      run: (paths) => moduleFinding(paths, module),
    }),
  ),
  CONFIGFS_CHECK,
  {
    name: 'functionfs',
    required: false,
    run: (paths) => {
      const file = join(paths.proc, 'filesystems');
      const known = existsSync(file) && /\tfunctionfs$/m.test(readFileSync(file, 'utf8'));
      if (known) return good('in use');
      const state = moduleState(paths, 'usb_f_fs');
      if (state === 'missing') return bad('the kernel has no FunctionFS', 'Build it with CONFIG_USB_CONFIGFS_F_FS.');
      return state === 'unknown'
        ? uncertain('the kernel does not say whether it has FunctionFS')
        : good('loaded with the first gadget that has it');
    },
  },
  ...BUFFER_CHECKS,
  PRIVILEGE_CHECK,
];
