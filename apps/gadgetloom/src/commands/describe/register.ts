import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import { speedOption } from '../speed-option.ts';
import type { DescribeOptions } from './describe.ts';

const HELP = `
Controllers number endpoints in their own ways. With --backend, the numbers and
the device capabilities are those of that backend's controller. Without it,
GADGETLOOM_BACKEND chooses the backend; if there is none, the numbers are for a
controller that has every endpoint.

Examples:
  $ gadgetloom describe my-gadget.yaml --speed high
  $ gadgetloom describe my-gadget.yaml --backend dwc3:speed=high`;

export function register(program: Command, perform: Perform): void {
  program
    .command('describe')
    .description('print the descriptors of a gadget as a host would see them, speed by speed')
    .argument('[gadget]', 'gadget file, YAML or JSON; - is standard input (default: that of `run`)')
    .option('--backend <name>', 'as the controller of this backend would give them, with options behind a colon')
    .option('--controller <name>', 'name or driver of the controller, for the backend linux')
    .addOption(speedOption('only at this speed'))
    .option('--json', 'print them machine-readable')
    .addHelpText('after', HELP)
    .action((gadget: string | undefined, options: DescribeOptions) =>
      perform(async (output) => (await import('./describe.ts')).describe(gadget, options, output)),
    );
}
