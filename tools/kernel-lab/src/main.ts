#!/usr/bin/env node
import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { BENCH_RIVAL, benchCommand, buildBench } from './bench-programs.ts';
import { demonstrateHazard, findHazard } from './demonstrate-hazard.ts';
import { runEmulatedAddon } from './emulated-addon.ts';
import { FOREIGN, type ForeignArchitecture } from './foreign-node.ts';
import { guestCommand } from './guest-command.ts';
import { HAZARD_DEMONSTRATIONS } from './hazards.ts';
import { buildGuestPrograms } from './host-programs.ts';
import { LabError } from './lab-error.ts';
import type { RunResult } from './machine/machine.ts';
import { KERNELS, type KernelName, openMachine } from './machine/open-machine.ts';
import { pathInGuest } from './path-in-guest.ts';
import { positive, positiveInteger } from './positive.ts';
import { recordScenarios } from './record-scenarios.ts';
import { chooseSuites, runSuites, type SuiteChoice } from './run-suites.ts';
import { type SuiteVerdict, type Sum, total } from './suite-verdict.ts';
import { SUITES } from './suites.ts';

const repository = resolve(import.meta.dirname, '../../..');
const say = (line: string): void => void process.stderr.write(`lab: ${line}\n`);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const kernelOption = new Option('--kernel <name>', 'kernel to boot').choices(KERNELS).default('stock' as KernelName);
const timeoutOption = timeoutAfter(300);
const turnsOption = new Option('--turns <number>', 'how often each is measured').argParser(positiveInteger);

interface CommonOptions {
  readonly kernel: KernelName;
  readonly timeout: number;
}

const program = new Command('npm run lab --')
  .description('Boots a real Linux kernel in an emulator and runs programs in it.')
  .showHelpAfterError();

program
  .command('suites', { isDefault: true })
  .description('run the suites in guests; the default command')
  .addOption(kernelOption)
  .option('--smoke', 'only the quick suites, with their smallest settings')
  .option('--only <suites>', 'only these suites, separated by commas', (names: string) => names.split(','))
  .addOption(new Option('--jobs <number>', 'guests at a time').argParser(positiveInteger))
  .addHelpText('after', () => ['', 'Suites:', ...SUITES.map(describeSuite)].join('\n'))
  .action(async ({ kernel, jobs, ...choice }: CommonOptions & SuiteChoice & { jobs?: number }) => {
    const suites = chooseSuites(SUITES, kernel, choice);
    const options = { repository, say, print, ...(jobs === undefined ? {} : { jobs }) };
    end(total(await runSuites(kernel, suites, choice.smoke ?? false, options)));
  });

program
  .command('prepare')
  .description('fetch and build what a kernel needs, without running it')
  .addOption(kernelOption)
  .action(async ({ kernel }: CommonOptions) => {
    const machine = await openMachine(kernel, say);
    await buildGuestPrograms(repository, machine.architecture);
    say(`ready: ${machine.description}`);
  });

program
  .command('addon')
  .description("run the native addon's tests on other architectures, emulated in user mode on this machine's kernel")
  .addArgument(new Argument('[architectures...]', 'architectures to test (default: all)').choices(FOREIGN))
  .action(async (architectures: ForeignArchitecture[]) => {
    const verdicts: SuiteVerdict[] = [];
    for (const architecture of architectures.length > 0 ? architectures : FOREIGN) {
      verdicts.push(await runEmulatedAddon(architecture, repository, say, print));
    }
    const { passed, failed } = total(verdicts);
    print(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
  });

program
  .command('run')
  .description('run a shell command in the guest; the repository is at /repository')
  .argument('<command...>')
  .addOption(kernelOption)
  .addOption(timeoutOption)
  .option('--virtual-time', 'run in virtual time: waiting takes no time')
  .action(
    async (words: string[], { kernel, timeout, virtualTime = false }: CommonOptions & { virtualTime?: boolean }) => {
      const machine = await openMachine(kernel, say);
      say(machine.description);
      report(
        await machine.run({
          command: words.join(' '),
          repository,
          timeout,
          virtualTime,
          print,
          printKernel: print,
        }),
      );
    },
  );

program
  .command('shell')
  .description('open a shell in the guest; leave it with `exit`')
  .addOption(kernelOption)
  .action(async ({ kernel }: CommonOptions) => {
    const machine = await openMachine(kernel, say);
    say(`${machine.description}; the repository is at /repository, \`exit\` ends the guest`);
    const command = 'exec setsid sh -c "exec sh </dev/console >/dev/console 2>&1"';
    await machine.run({ command, repository, timeout: 0, print, interactive: true });
  });

program
  .command('play')
  .description('play scenarios against the kernel in the guest (default: the scenarios of the conformance package)')
  .argument('[files...]', 'scenario files, inside the repository')
  .option('--only <name>', 'play only scenarios whose name contains this')
  .addOption(kernelOption)
  .addOption(timeoutOption)
  .action(async (files: string[], { kernel, timeout, only }: CommonOptions & { only?: string }) => {
    const places = files.map((file) => pathInGuest(repository, file));
    const machine = await openMachine(kernel, say);
    say(machine.description);
    await buildGuestPrograms(repository, machine.architecture);
    const command = guestCommand(machine, 'play', [
      ...['--helper', '/tmp/programs/usbfs-host'],
      ...(only === undefined ? [] : ['--only', only]),
      ...(places.length > 0 ? places : ['packages/conformance/scenarios']),
    ]);
    report(await machine.run({ command, repository, timeout, print }));
  });

program
  .command('record')
  .description('record what the kernel returns for every operation with every kind of argument, as scenarios')
  .option('--check', 'compare with the recorded outcomes and write nothing')
  .addOption(kernelOption)
  .addOption(timeoutAfter(1800))
  .action(async ({ kernel, timeout, check = false }: CommonOptions & { check?: boolean }) => {
    const machine = await openMachine(kernel, say);
    say(machine.description);
    await buildGuestPrograms(repository, machine.architecture);
    const virtualTime = kernel === 'stock';
    end(await recordScenarios(machine, { repository, timeout, virtualTime, check, print }));
  });

program
  .command('bench')
  .description('compare DMABUF transfers with those of a C program that makes the same system calls in the same guest')
  .option('--only <words>', 'measure only rows whose name contains this: "64 KiB", "IN", "depth 4"')
  .addOption(turnsOption)
  .addOption(kernelOption)
  .addOption(timeoutAfter(1800))
  .action(async ({ kernel, timeout, only, turns }: CommonOptions & { only?: string; turns?: number }) => {
    const machine = await openMachine(kernel, say);
    say(machine.description);
    await buildGuestPrograms(repository, machine.architecture);
    await buildBench(repository, machine, say);
    const command = benchCommand(machine, [
      ...(only === undefined ? [] : ['--only', only]),
      ...(turns === undefined ? [] : ['--turns', String(turns)]),
    ]);
    report(await machine.run({ command, repository, timeout, print, virtualTime: true }));
  });

program
  .command('speed')
  .description("measure Linux's dwc3 driver on the simulated DWC3: transfers and register reads")
  .addOption(turnsOption)
  .addOption(timeoutOption)
  .action(async ({ timeout, turns }: Pick<CommonOptions, 'timeout'> & { turns?: number }) => {
    const machine = await openMachine('dwc3', say);
    say(machine.description);
    await buildGuestPrograms(repository, machine.architecture);
    await buildBench(repository, machine, say);
    const words = ['--rival', BENCH_RIVAL, ...(turns === undefined ? [] : ['--turns', String(turns)])];
    const command = guestCommand(machine, 'dwc3-speed', words);
    report(await machine.run({ command, repository, timeout, print }));
  });

program
  .command('registers')
  .description("compare the registers that Linux's dwc3 driver and ours write for the same work: a Markdown table")
  .addOption(timeoutOption)
  .action(async ({ timeout }: Pick<CommonOptions, 'timeout'>) => {
    const machine = await openMachine('dwc3', say);
    await buildGuestPrograms(repository, machine.architecture);
    const command = guestCommand(machine, 'dwc3-registers', []);
    report(await machine.run({ command, repository, timeout, print }));
  });

program
  .command('hazard')
  .description('demonstrate a hazard and its guard on throw-away guests; lists the hazards without a name')
  .argument('[name]', 'name of the hazard in kernel-hazards.md, or "all"')
  .addOption(kernelOption)
  .action(async (name: string | undefined, { kernel }: CommonOptions) => {
    const all = HAZARD_DEMONSTRATIONS.filter(({ seen }) => seen[kernel] !== undefined);
    if (name === undefined) {
      for (const hazard of HAZARD_DEMONSTRATIONS) {
        print(`${hazard.name.padEnd(24)} ${hazard.sequence} (${Object.keys(hazard.seen).join(', ')})`);
      }
      return;
    }
    const sums: Sum[] = [];
    for (const hazard of name === 'all' ? all : [findHazard(name, kernel)]) {
      sums.push(await demonstrateHazard(hazard, kernel, { repository, say, print }));
    }
    end(total(sums));
  });

/** When a guest counts as hung. @param seconds unless told otherwise */
function timeoutAfter(seconds: number): Option {
  return new Option('--timeout <seconds>', 'when a guest counts as hung').argParser(positive).default(seconds);
}

/** Prints the last line, and sets the exit status. */
function end({ passed, guarded, failed }: Sum): void {
  if (guarded > 0) print(`${guarded} went another way on purpose (see "guarded" above)`);
  print(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function describeSuite({ name, description, kernels, smoke }: (typeof SUITES)[number]): string {
  return `  ${name.padEnd(18)} ${description} (${[...kernels, ...(smoke ? ['smoke'] : [])].join(', ')})`;
}

/** Says what became of a guest, and sets the exit status. */
function report({ status, faults, hung, duration }: RunResult): void {
  if (faults.length > 0) say(`the kernel complained:\n${faults.join('\n')}`);
  if (hung) say(`the guest did not end in time and was stopped after ${duration.toFixed(1)} s`);
  else if (status === undefined) say('the guest died before its command ended');
  else say(`the command ended with status ${status} after ${duration.toFixed(1)} s`);
  process.exitCode = status === 0 && faults.length === 0 ? 0 : 1;
}

try {
  await program.parseAsync();
} catch (error) {
  // What the disk or the network refuses is no fault of the lab's: its message is enough.
  if (!(error instanceof LabError) && !(error as NodeJS.ErrnoException).syscall) throw error;
  say((error as Error).message);
  process.exitCode = 1;
}
