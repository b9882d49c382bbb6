import { ADDON_TESTS } from './addon-tests.ts';
import type { Requirement } from './debian-packages.ts';
import { DISK_SUITES } from './disk-suites.ts';
import type { ControllerKind } from './kernel/virtual-controller.ts';
import type { DeviceOptions } from './machine/device-process.ts';
import type { KernelName } from './machine/open-machine.ts';

/** A program of `src/guest/programs` that the lab runs in a guest of its own, as root, and whose checks it counts. */
export interface Suite {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Module of `src/guest/programs`, without its extension. It reports through `guest/shared/suite-report.ts`. */
  readonly program: string;
  /** The working directory is the repository. C programs of `guest/` are there as `/tmp/programs/NAME`. */
  readonly arguments: readonly string[];
  /** Kernels on which it says something. */
  readonly kernels: readonly KernelName[];
  /** Virtual controller of the guest: changed to take scatter-gather requests, or as the distribution ships it. */
  readonly controller: ControllerKind;
  /** The device beside the guest, on kernels that have one. */
  readonly device?: DeviceOptions;
  /** Complaints of the kernel that do not count: known bugs of it that the suite runs into, on purpose. */
  readonly known?: readonly RegExp[];
  /** Part of `npm run lab -- --smoke`. */
  readonly smoke: boolean;
  /** What it is given there instead, so that it is done in seconds. */
  readonly smokeArguments?: readonly string[];
  /** For suites that mostly wait: the number of guests that share it. Each program gets `--part K/N`, K from 1. */
  readonly parts?: number;
  /** For what waits, and measures nothing: kernels on which waiting takes no time, and a busy machine changes no outcome. */
  readonly virtualTime?: readonly KernelName[];
  /** For suites that must not be interrupted between two system calls: kernels where only priority prevents that. */
  readonly realTime?: readonly KernelName[];
  /** Programs of the distribution that the guest runs. They are in /usr, which it shares with this machine. */
  readonly tools?: readonly Requirement[];
  /** For suites that measure time: no other guest runs meanwhile. */
  readonly alone?: boolean;
  /** Seconds, boot included, until the guest counts as hung, on the slowest of this machine's own kernels. */
  readonly timeout: number;
}

/** Programs that are started many times, which an emulated processor of another kind takes minutes for. */
const ON_X86 = ['stock', 'uml', 'kasan'] as const;
const ON_ARM = ['arm64', 'arm64-16k', 'arm64-armv7'] as const;
/** Kernels that can count instructions instead of seconds. */
const EMULATED = ['stock'] as const;
const EVERY_KERNEL = [...ON_X86, ...ON_ARM] as const;
/** Scenarios were recorded where a page has 4 KiB. */
const PAGES_OF_4_KIB = ['stock', 'uml', 'kasan', 'arm64', 'arm64-armv7'] as const;
const HOST = ['--helper', '/tmp/programs/usbfs-host'];
/** An endpoint of dwc3 that was disabled while halted, and enabled at once: `staleEndTransfer` of backend-dwc3's quirks. */
const STALE_END_TRANSFER =
  /WARNING: .* at drivers\/usb\/dwc3\/gadget\.c:\d+ dwc3_(send_gadget_ep_cmd|gadget_ep_enable)\+/;

const scenarioFile = (name: string): string => `packages/conformance/scenarios/${name}.txt`;
const DWC3_SCENARIOS = {
  description:
    "`gadgetloom play` on Linux's dwc3 driver and on that of backend-dwc3, with its quirks of Linux: no difference",
  program: 'dwc3-scenarios',
  kernels: ['dwc3'],
  controller: 'scatter-gather',
  device: { speed: 'high' },
  known: [STALE_END_TRANSFER],
  smoke: false,
  timeout: 900,
} as const;

/** Every suite of the lab, in the order in which they are run. */
export const SUITES: readonly Suite[] = [
  {
    name: 'addon',
    description: "the native addon's own tests",
    program: 'addon',
    arguments: ['--program', '/tmp/programs/uninterrupted', ADDON_TESTS],
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 120,
  },
  {
    name: 'guards',
    description: 'what would harm the kernel is refused',
    program: 'guards',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    virtualTime: EMULATED,
    smoke: true,
    timeout: 300,
  },
  {
    name: 'scenarios',
    description: 'every scenario of the conformance package, played against the kernel',
    program: 'play',
    arguments: [...HOST, 'packages/conformance/scenarios'],
    kernels: PAGES_OF_4_KIB,
    controller: 'scatter-gather',
    virtualTime: EMULATED,
    smoke: true,
    smokeArguments: [...HOST, '--part', '1/8', 'packages/conformance/scenarios/functionfs-dmabuf.txt'],
    parts: 10,
    timeout: 400,
  },
  {
    name: 'conform',
    description: 'the conformance suite: every requirement, on the kernel itself',
    program: 'conform',
    arguments: HOST,
    kernels: PAGES_OF_4_KIB,
    controller: 'scatter-gather',
    virtualTime: EMULATED,
    smoke: false,
    parts: 4,
    timeout: 1200,
  },
  {
    name: 'fuzz',
    description: 'random walks on the simulated kernel and on the real one, with fresh seeds: no difference',
    program: 'fuzz',
    // 28 in each part: 200 and room for those that end early, because a guard refuses what would harm the kernel. That was
    // 7 in 200; that it be more than 24 in 224 is one run in millions.
    arguments: [...HOST, '--seeds', '224'],
    kernels: ['uml', 'kasan'],
    controller: 'scatter-gather',
    virtualTime: EMULATED,
    smoke: false,
    parts: 8,
    timeout: 900,
  },
  {
    name: 'teardown',
    description: 'transfers that end in every way, each exactly once, and nothing is left behind',
    program: 'teardown',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    virtualTime: EMULATED,
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
  {
    name: 'foreign-unbind',
    description: 'somebody else takes gadget, controller or cable away in mid-stream',
    program: 'foreign-unbind',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    // What remains of the hazard `transfer-unbound`, docs/kernel-hazards.md of backend-linux: once in some 600 rounds.
    realTime: ['uml', 'kasan'],
    smoke: false,
    timeout: 900,
  },
  {
    name: 'functions',
    description: 'a function of defineFunction: requests, sessions, halts, aborts, and every kind of reconfiguration',
    program: 'functions',
    arguments: [],
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 300,
  },
  {
    name: 'kernel-functions',
    description: 'every function that the kernel has: its attributes, applied once, bound and changed',
    program: 'kernel-functions',
    arguments: [],
    kernels: ON_X86,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 300,
  },
  {
    name: 'kernel-serial',
    description: "serial functions: what the simulation answers, and cdc_acm as the host of the program's end",
    program: 'kernel-serial',
    arguments: [],
    kernels: ['stock'],
    controller: 'scatter-gather',
    smoke: false,
    timeout: 600,
  },
  {
    name: 'exhausted',
    description: 'memory and descriptors run out everywhere: clear errors, true completions, and it goes on',
    program: 'exhausted',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
  {
    name: 'killed',
    description: 'programs end in mid-stream in every way, and the next one finds, cleans and streams',
    program: 'killed',
    arguments: HOST,
    // A program that is started needs seconds where every instruction is emulated, and these are started all the time.
    kernels: ['uml', 'kasan'],
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
  {
    name: 'integrity',
    description: 'bytes of every length, both ways, through every kind of buffer and path',
    program: 'integrity',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
  {
    name: 'main-job',
    description: 'a file goes to the host and comes back: the main job of `npm start`',
    program: 'main-job',
    arguments: [],
    kernels: ON_X86,
    controller: 'scatter-gather',
    smoke: true,
    smokeArguments: ['--brief'],
    timeout: 600,
  },
  {
    name: 'main-job-brief',
    description: 'the main job, where starting a program takes long',
    program: 'main-job',
    arguments: ['--brief'],
    kernels: ON_ARM,
    controller: 'scatter-gather',
    smoke: true,
    timeout: 300,
  },
  {
    name: 'no-scatter-gather',
    description: "the main job on the distribution's own dummy_hcd: ATTACH answers EPERM, bytes are copied",
    program: 'main-job',
    arguments: ['--copying'],
    kernels: ['stock'],
    controller: 'distribution',
    smoke: false,
    timeout: 600,
  },
  ...DISK_SUITES,
  {
    name: 'host-end',
    description: 'the host of a virtual controller is talked to as the mock backend, to the limits of usbfs',
    program: 'host-end',
    arguments: [],
    kernels: ON_X86,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 600,
  },
  {
    name: 'definition',
    description: 'a gadget with everything that a definition can say: the host reads byte for byte what is described',
    program: 'definition',
    arguments: [],
    kernels: ON_X86,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 300,
  },
  {
    name: 'setup',
    description: 'root sets a gadget up, a user without root streams, and what is left is cleaned up',
    program: 'setup',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
  {
    name: 'streams-teardown',
    description: 'streams, stacks and workers end while every transfer is under way',
    program: 'streams-teardown',
    arguments: HOST,
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
  {
    name: 'unprivileged',
    description: 'an ordinary user is told what is missing, and what to do',
    program: 'unprivileged',
    arguments: [],
    kernels: EVERY_KERNEL,
    controller: 'scatter-gather',
    smoke: false,
    timeout: 300,
  },
  {
    name: 'dwc3-enumeration',
    description: "Linux's dwc3 driver on the simulated DWC3: both speeds, endpoints of every type but isochronous",
    program: 'dwc3-enumeration',
    arguments: [],
    kernels: ['dwc3'],
    controller: 'scatter-gather',
    smoke: true,
    timeout: 120,
  },
  {
    name: 'dwc3-isochronous',
    description: "isochronous packets both ways on Linux's dwc3 driver, of FunctionFS and of SourceSink",
    program: 'dwc3-isochronous',
    arguments: [],
    kernels: ['dwc3'],
    controller: 'scatter-gather',
    device: { slowness: 100 },
    smoke: false,
    timeout: 200,
  },
  {
    name: 'dwc3-functions',
    description: "the kernel's own functions on Linux's dwc3 driver, used by WebUSB programs outside of the guest",
    program: 'dwc3-functions',
    arguments: [],
    kernels: ['dwc3'],
    controller: 'scatter-gather',
    smoke: false,
    timeout: 120,
  },
  {
    ...DWC3_SCENARIOS,
    name: 'dwc3-scenarios',
    description: `${DWC3_SCENARIOS.description}: what was recorded`,
    arguments: ['corner-cases', 'functionfs-dmabuf', 'random-walks', 'wide-walks'].map(scenarioFile),
    parts: 4,
  },
  {
    ...DWC3_SCENARIOS,
    name: 'dwc3-more-scenarios',
    description: `${DWC3_SCENARIOS.description}: what waits most of the time, and every kind of argument`,
    arguments: ['blocking-walks', 'wrong-arguments'].map(scenarioFile),
    parts: 8,
  },
  {
    name: 'dwc3-endings',
    description: "transfers on Linux's dwc3 driver that end in every way, and nothing is warned of",
    program: 'dwc3-endings',
    arguments: [],
    kernels: ['dwc3'],
    controller: 'scatter-gather',
    smoke: false,
    timeout: 200,
  },
  {
    name: 'dwc3-integrity',
    description: "ten thousand transfers of 1 byte to 1 MiB over scattered buffers on Linux's dwc3 driver: every byte",
    program: 'dwc3-integrity',
    arguments: [],
    kernels: ['dwc3'],
    controller: 'scatter-gather',
    smoke: false,
    timeout: 900,
  },
  {
    name: 'dwc3-faults',
    description: "functions of the kernel on Linux's dwc3 driver while the DWC3's surroundings go wrong",
    program: 'dwc3-faults',
    arguments: [],
    kernels: ['dwc3'],
    controller: 'scatter-gather',
    smoke: false,
    timeout: 200,
  },
];
