import { availableParallelism } from 'node:os';
import { ensurePrograms } from './debian-packages.ts';
import { guestCommand } from './guest-command.ts';
import { buildGuestPrograms } from './host-programs.ts';
import type { ControllerKind } from './kernel/virtual-controller.ts';
import { LabError } from './lab-error.ts';
import type { Machine } from './machine/machine.ts';
import { type KernelName, openMachine } from './machine/open-machine.ts';
import { judge, type SuiteVerdict } from './suite-verdict.ts';
import type { Suite } from './suites.ts';

export interface SuiteChoice {
  /** Only the quick ones, as quick as they can be. */
  readonly smoke?: boolean;
  /** Only the suites of these names. */
  readonly only?: readonly string[];
}

export interface SuiteRunOptions {
  readonly repository: string;
  /** Guests at a time; twice the processors unless given, because most of them wait most of the time. */
  readonly jobs?: number;
  readonly say: (line: string) => void;
  readonly print: (line: string) => void;
}

/** One guest's share of a suite. */
interface Share {
  readonly suite: Suite;
  readonly title: string;
  readonly arguments: readonly string[];
}

/** Suites of the table that run on that kernel. @throws LabError if there is no such suite */
export function chooseSuites(table: readonly Suite[], kernel: KernelName, choice: SuiteChoice): Suite[] {
  const { only, smoke = false } = choice;
  const unknown = only?.find((name) => table.every((suite) => suite.name !== name));
  if (unknown !== undefined) {
    throw new LabError(`There is no suite "${unknown}". The suites are ${table.map(({ name }) => name).join(', ')}.`);
  }
  const named = only === undefined ? table : table.filter(({ name }) => only.includes(name));
  const foreign = only === undefined ? undefined : named.find(({ kernels }) => !kernels.includes(kernel));
  if (foreign !== undefined) {
    throw new LabError(`The suite "${foreign.name}" is not for ${kernel}, but for ${foreign.kernels.join(', ')}.`);
  }
  const chosen = named.filter((suite) => suite.kernels.includes(kernel) && (suite.smoke || !smoke));
  if (chosen.length === 0) throw new LabError(`Nothing of that is in the smoke run on ${kernel}.`);
  return chosen;
}

/** How a suite is shared between guests. */
export function shares(suite: Suite, smoke: boolean): Share[] {
  const words = (smoke ? suite.smokeArguments : undefined) ?? suite.arguments;
  const parts = smoke ? 1 : (suite.parts ?? 1);
  if (parts === 1) return [{ suite, title: suite.name, arguments: words }];
  return Array.from({ length: parts }, (_, index) => ({
    suite,
    title: `${suite.name} ${index + 1}/${parts}`,
    arguments: [...words, '--part', `${index + 1}/${parts}`],
  }));
}

/** Runs suites on a kernel, each in guests of its own, and prints what they print, one after the other. */
export async function runSuites(
  kernel: KernelName,
  suites: readonly Suite[],
  smoke: boolean,
  options: SuiteRunOptions,
): Promise<SuiteVerdict[]> {
  await ensurePrograms(
    suites.flatMap(({ tools = [] }) => tools),
    options.say,
  );
  const machines = new Map<ControllerKind, Machine>();
  for (const { controller } of suites) {
    if (machines.has(controller)) continue;
    const machine = await openMachine(kernel, options.say, controller);
    if (machines.size === 0) options.say(machine.description);
    machines.set(controller, machine);
    await buildGuestPrograms(options.repository, machine.architecture);
  }
  const verdicts: SuiteVerdict[] = [];
  const late: Share[] = [];
  const run = async (share: Share, heading: string): Promise<SuiteVerdict> => {
    const { suite, title, arguments: words } = share;
    const printed: string[] = [];
    const machine = machines.get(suite.controller)!;
    const result = await machine.run({
      // Counting instructions takes a processor a third more time.
      virtualTime: !smoke && (suite.virtualTime?.includes(kernel) ?? false),
      command: guestCommand(machine, suite.program, words, { realTime: suite.realTime?.includes(kernel) ?? false }),
      repository: options.repository,
      timeout: suite.timeout * (machine.patience ?? 1),
      ...(suite.device === undefined ? {} : { device: suite.device }),
      ...(suite.known === undefined ? {} : { known: suite.known }),
      print: (line) => void printed.push(line),
    });
    const verdict = judge(printed, result);
    for (const line of [`${heading} (${kernel}, ${result.duration.toFixed(1)} s)`, ...printed]) options.print(line);
    for (const trouble of verdict.troubles) options.print(`FAILED ${title}: ${trouble}`);
    return verdict;
  };
  const runAmongOthers = async (share: Share): Promise<void> => {
    const verdict = await run(share, share.title);
    if (deservesMoreTime(verdict)) late.push(share);
    else verdicts.push(verdict);
  };
  const all = suites.flatMap((suite) => shares(suite, smoke));
  const queue = all.filter(({ suite }) => !suite.alone);
  const jobs = options.jobs ?? 2 * availableParallelism();
  const work = async (): Promise<void> => {
    for (let share = queue.shift(); share !== undefined; share = queue.shift()) await runAmongOthers(share);
  };
  await Promise.all(Array.from({ length: jobs }, work));
  for (const share of all.filter(({ suite }) => suite.alone)) verdicts.push(await run(share, share.title));
  if (late.length > 0) options.say('once more, one after the other, what failed while guests shared the processors');
  for (const share of late) verdicts.push(await run(share, `${share.title}, alone`));
  return verdicts;
}

/**
 * Whether a suite may have failed for want of a processor: time is real in a guest, and several share the machine. What a
 * kernel complains of is never forgiven.
 */
export function deservesMoreTime({ failed, complained }: SuiteVerdict): boolean {
  return failed > 0 && !complained;
}
