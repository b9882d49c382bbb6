import { type Command, Option } from 'commander';
import type { Perform } from '../../command.ts';
import { speedOption } from '../speed-option.ts';
import type { RunOptions } from './run.ts';

const HELP = `
The file goes through the gadget's first bulk IN endpoint to the host. The host
sends it back through the first bulk OUT endpoint. Both ways use DMABUFs where
the controller takes them. The exit status is 0 if what came back is identical.

A gadget with functions that do something by themselves, such as
\`{ use: '@gadgetloom/function-mass-storage', file: disk.img }\`, runs without a
file until Ctrl-C. The command then shows what each function does.

Simulated backends bring a simulated host. On "linux" the host is the computer
at the other end of the cable: the command waits for it, and a program there has
to send back what it reads. "linux:virtual" or GADGETLOOM_VIRTUAL=1 takes a
controller without hardware (dummy_hcd), whose host is this machine.

Examples:
  $ gadgetloom run --input holiday.mp4 --buffer-size 1MiB --depth 8
  $ gadgetloom run my-gadget.yaml --speed high --json
  $ gadgetloom run --backend linux:heap=udmabuf --controller fe800000.usb

Without --backend, GADGETLOOM_BACKEND chooses the backend. Without
--environment, GADGETLOOM_ENV chooses the row of the gadget's environments.`;

export function register(program: Command, perform: Perform): void {
  program
    .command('run')
    .description('run a gadget: its functions, or a file through it to the host and back')
    .argument('[gadget]', 'gadget file, YAML or JSON (default: a streamer with one bulk endpoint each way)')
    .option('--gadget <file>', 'the gadget file, as an option')
    .option('--input <file>', 'file to stream; - is standard input (default: the Node binary, some 100 MB)')
    .option('--output <file>', 'file for what comes back; - is standard output')
    .option('--backend <name>', 'backend to run on, with options behind a colon; see `gadgetloom backends`')
    .option('--controller <name>', 'name or driver of the controller, for the backend linux')
    .option('--environment <name>', "row of the gadget file's environments table")
    .option('--buffer-size <size>', 'bytes of each transfer: 65536, 64k, "64 KiB"', '64 KiB')
    .option('--depth <count>', 'transfers that each endpoint has queued', '4')
    .addOption(speedOption('fastest speed of the bus'))
    .addOption(
      new Option('--fallback <what>', 'what to do where the controller cannot do scatter-gather')
        .choices(['copy', 'error'])
        .default('copy'),
    )
    .option('--json', 'print one machine-readable report')
    .addHelpText('after', HELP)
    .action((gadget: string | undefined, options: RunOptions) =>
      perform(async (output) => (await import('./run.ts')).run(gadget, options, output)),
    );
}
