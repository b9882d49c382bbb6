import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import { speedOption } from '../speed-option.ts';
import type { DescribeOptions } from './describe.ts';

export function register(program: Command, perform: Perform): void {
  program
    .command('describe')
    .description('print the descriptors of a gadget as a host would see them, speed by speed')
    .argument('[gadget]', 'gadget file, YAML or JSON (default: that of `run`)')
    .addOption(speedOption('only at this speed'))
    .option('--json', 'print them machine-readable')
    .action((gadget: string | undefined, options: DescribeOptions) =>
      perform(async (output) => (await import('./describe.ts')).describe(gadget, options, output)),
    );
}
