import { createRequire } from 'node:module';
import { isInputError, isKernelError } from '@gadgetloom/core';
import { Command, CommanderError, Option } from 'commander';
import { type BackendsOptions, backends } from './commands/backends.ts';
import { type CleanOptions, clean } from './commands/clean.ts';
import { type ConformOptions, conform } from './commands/conform.ts';
import { describe } from './commands/describe.ts';
import { type FuzzOptions, fuzz } from './commands/fuzz.ts';
import { play } from './commands/play.ts';
import { type PredictOptions, predict } from './commands/predict.ts';
import { type RunOptions, run } from './commands/run.ts';
import { type SetupOptions, setup } from './commands/setup.ts';
import { type Output, standardOutput } from './terminal/output.ts';
import { UsageError } from './usage-error.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

const SPEEDS = ['full', 'high', 'super'];

/** Exit statuses. */
const FAILED = 1;
const USAGE = 2;

/**
 * Runs a command line.
 *
 * @param args the words after the program's name
 * @returns exit status: 0 done, 1 failed, 2 the command line is wrong, 128 and the number of the signal that stopped it
 */
export async function main(args: readonly string[], output: Output = standardOutput): Promise<number> {
  let status = 0;
  const program = commandLine(output, (outcome) => {
    status = outcome;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    if (error instanceof UsageError || isInputError(error) || isKernelError(error)) {
      output.error(error.message);
      return error instanceof UsageError ? USAGE : FAILED;
    }
    output.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return FAILED;
  }
}

function commandLine(output: Output, ended: (status: number) => void): Command {
  const speed = (): Option => new Option('--speed <speed>', 'fastest speed of the bus').choices(SPEEDS);
  const program = new Command('gadgetloom')
    .description('A program is a USB device: describe gadgets, run them on any backend, replay what a kernel does.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.line(text.trimEnd()),
      writeErr: (text) => output.error(text.trimEnd()),
    });

  program
    .command('run')
    .description('stream a file through a gadget to the host and back, and compare')
    .argument('[gadget]', 'gadget file, YAML or JSON (default: a streamer with one bulk endpoint each way)')
    .option('--gadget <file>', 'the gadget file, as an option')
    .option('--input <file>', 'file to stream (default: the Node binary, some 100 MB)')
    .option('--output <file>', 'file for what comes back')
    .option('--backend <name>', 'backend to run on, with options behind a colon; see `gadgetloom backends`')
    .option('--controller <name>', 'name or driver of the controller, for the backend linux')
    .option('--environment <name>', "row of the gadget file's environments table")
    .option('--buffer-size <size>', 'bytes of each transfer: 65536, 64k, "64 KiB"', '64 KiB')
    .option('--depth <count>', 'transfers that each endpoint has queued', '4')
    .addOption(speed())
    .addOption(
      new Option('--fallback <what>', 'where the controller cannot do scatter-gather')
        .choices(['copy', 'error'])
        .default('copy'),
    )
    .option('--json', 'print one machine-readable report')
    .addHelpText(
      'after',
      `
The file goes through the gadget's first bulk IN endpoint to the host, which sends it back through the first bulk OUT
endpoint; both ways over DMABUFs. The exit status is 0 if what came back is identical.

On "mock" the host is a simulated one. On "linux" it is whoever is at the other end of the cable: it is waited for, and has
to send back what it reads. A controller without hardware (dummy_hcd) is taken with "linux:virtual" or GADGETLOOM_VIRTUAL=1,
and then the host is this machine.

Examples:
  $ gadgetloom run --input holiday.mp4 --buffer-size 1MiB --depth 8
  $ gadgetloom run my-gadget.yaml --speed high --json
  $ gadgetloom run --backend linux:heap=udmabuf --controller fe800000.usb

GADGETLOOM_BACKEND chooses the backend, and GADGETLOOM_ENV the row of the gadget's environments, where no option does.`,
    )
    .action(async (gadget: string | undefined, options: RunOptions) => ended(await run(gadget, options, output)));

  program
    .command('backends')
    .description('list the backends: which can run here, and if not, why and what to do')
    .argument('[name]', 'only this backend, with everything that was looked at')
    .option('--controller <name>', 'name or driver of the controller, for the backend linux')
    .option('--verbose', 'everything that was looked at')
    .option('--json', 'print them machine-readable')
    .action(async (name: string | undefined, options: BackendsOptions) => ended(await backends(name, options, output)));

  program
    .command('setup')
    .description('as root: prepare this machine once, so that a user without root can run a gadget on it')
    .argument('[gadget]', 'gadget file, YAML or JSON (default: that of `run`)')
    .requiredOption('--user <name>', 'who is to run it')
    .option('--controller <name>', 'name or driver of the controller that the user may connect and disconnect')
    .option('--json', 'print what was done machine-readable')
    .addHelpText(
      'after',
      `
It loads the module of gadgets, mounts configfs, makes the gadget, mounts FunctionFS for the user, and hands over: the
right to bind the gadget, and the devices that buffers come from. A second time it changes only what differs. It lasts
until the machine restarts, or until \`gadgetloom clean --setup\`.

Example:
  $ sudo gadgetloom setup --user alice my-gadget.yaml
  $ gadgetloom run --backend linux my-gadget.yaml`,
    )
    .action(async (gadget: string | undefined, options: SetupOptions) => ended(await setup(gadget, options, output)));

  program
    .command('clean')
    .description('as root: remove gadgets, mounts and run files that a crash left behind; never those of others')
    .option('--dry-run', 'only say what would be removed')
    .option('--setup', 'also what `setup` prepared')
    .action(async (options: CleanOptions) => ended(await clean(options, output)));

  program
    .command('describe')
    .description('print the descriptors of a gadget as a host would see them, speed by speed')
    .argument('[gadget]', 'gadget file, YAML or JSON')
    .addOption(new Option('--speed <speed>', 'only at this speed').choices(SPEEDS))
    .option('--json', 'print them machine-readable')
    .action(async (gadget, options) => ended(await describe(gadget, options, output)));

  program
    .command('play')
    .description('play scenarios against a backend and print what it answers')
    .argument('<scenarios>', 'scenario file; - reads standard input')
    .option('--backend <name>', 'backend to play against, with options behind a colon')
    .option(
      '--plugin <module...>',
      'plugins, composed: instead of a backend, or beside it, in place of pieces of its own',
    )
    .option('--check', 'compare with the outcomes in the file; print the differences')
    .addHelpText(
      'after',
      `
The host of a simulated backend is a simulated one. A real gadget's host is at the other end of its cable: a plugin that
provides SCENARIO_HOST (@gadgetloom/conformance) speaks to it.

Examples:
  $ gadgetloom play scenarios.txt --check
  $ gadgetloom play scenarios.txt --backend dwc3:quirks.resetLosesSetup
  $ gadgetloom play scenarios.txt --backend linux --plugin ./my-host.js`,
    )
    .action(async (file, options) => ended(await play(file, options, output)));

  program
    .command('conform')
    .description('check, requirement by requirement, whether a backend does what the kernel does')
    .option('--backend <name>', 'backend to check')
    .option('--plugin <module...>', 'plugins instead, composed: ./dist/index.js, @acme/usb#acme; or beside a backend')
    .option('--group <name...>', 'only the requirements of these groups')
    .option('--only <id...>', 'only these requirements')
    .option('--json', 'print the report machine-readable')
    .option('--junit <file>', 'write the report as JUnit XML too')
    .option('--list', 'list the requirements with their sources')
    .option('--coverage', "list the kernel's own self-tests, and the requirements that correspond to them")
    .action(async (options: ConformOptions) => ended(await conform(options, output)));

  program
    .command('fuzz')
    .description('walk randomly through legal and illegal operations on two backends; stop where they differ')
    .requiredOption('--against <backends>', 'two backends: mock,dwc3')
    .option('--seeds <count>', 'number of walks', '100')
    .option('--seed <number>', 'seed of the first walk (default: a fresh one)')
    .option('--steps <count>', 'steps of each walk', '60')
    .action(async (options: FuzzOptions) => ended(await fuzz(options, output)));

  program
    .command('predict')
    .description('predict throughput and latency by transfer size and depth, on a simulated bus that takes real time')
    .argument('[gadget]', 'gadget file, YAML or JSON')
    .option('--sizes <list>', 'bytes of the transfers', '4k,16k,64k,256k,1M')
    .option('--depths <list>', 'transfers that the gadget has queued', '1,2,4,8')
    .option('--backend <name>', 'simulated backend to predict for')
    .addOption(speed())
    .addOption(new Option('--direction <direction>', 'seen from the host').choices(['in', 'out']).default('in'))
    .option('--turnaround <microseconds>', 'what the program takes from a completion to its next transfer', '0')
    .option('--svg <file>', 'draw the curve')
    .option('--json', 'print it machine-readable')
    .addHelpText(
      'after',
      `
Each cell is the throughput, and the median time from queueing a transfer to its completion. The bus and the controller
take the time that real ones take; processors, memory and the host's software take none but --turnaround.

Example:
  $ gadgetloom predict my-gadget.yaml --sizes 16k,64k,1M --depths 1,4 --speed high --svg curve.svg`,
    )
    .action(async (gadget: string | undefined, options: PredictOptions) =>
      ended(await predict(gadget, options, output)),
    );

  return program;
}
