import type { ControllerKind } from './kernel/virtual-controller.ts';
import type { KernelName } from './machine/open-machine.ts';

/** A program of `src/guest` that the lab runs in a guest of its own, as root, and whose checks it counts. */
export interface Suite {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Module of `src/guest`, without its extension. It reports through `guest/suite-report.ts`. */
  readonly program: string;
  /**
   * The guest's working directory is the repository. C programs of `guest/` are there as
   * `tools/kernel-lab/out/NAME`.
   */
  readonly arguments: readonly string[];
  /** Kernels on which it says something. */
  readonly kernels: readonly KernelName[];
  /** Virtual controller of the guest: changed to take scatter-gather requests, or as the distribution ships it. */
  readonly controller: ControllerKind;
  /** Part of `npm run lab -- --smoke`. */
  readonly smoke: boolean;
  /** Seconds, boot included, until the guest counts as hung, on the slowest of its kernels. */
  readonly timeout: number;
}

const EVERY_KERNEL = ['stock', 'uml', 'kasan'] as const;
const HOST = ['--helper', 'tools/kernel-lab/out/usbfs-host'];

/** Every suite of the lab, in the order in which they are run. */
export const SUITES: readonly Suite[] = [
  {
    name: 'scenarios',
    description: 'every scenario of the conformance package, played against the kernel',
    program: 'play',
    arguments: [...HOST, 'packages/conformance/scenarios'],
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 600,
  },
  {
    name: 'teardown',
    description: 'transfers that end in every way, each exactly once, and nothing is left behind',
    program: 'teardown',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 300,
  },
  {
    name: 'rounds',
    description: 'a hundred rounds of create, stream, destroy in one process leave nothing behind',
    program: 'rounds',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
];
