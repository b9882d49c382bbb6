import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import type { PlayOptions } from './play.ts';

const HELP = `
A simulated backend brings a simulated host. The host of a real gadget is at the
other end of its cable. A plugin that provides SCENARIO_HOST of
@gadgetloom/conformance speaks to it.

Examples:
  $ gadgetloom play scenarios.txt --check
  $ gadgetloom play scenarios.txt --backend dwc3:quirks.resetLosesSetup
  $ gadgetloom play scenarios.txt --backend linux --plugin ./my-host.js`;

export function register(program: Command, perform: Perform): void {
  program
    .command('play')
    .description('play scenarios against a backend and print what it answers')
    .argument('<scenarios>', 'scenario file; - is standard input')
    .option('--backend <name>', 'backend to play against, with options behind a colon (default: mock)')
    .option('--plugin <module...>', 'plugins instead of a backend, or beside one to replace pieces of it')
    .option('--check', 'compare with the outcomes in the file; print the differences')
    .addHelpText('after', HELP)
    .action((file: string, options: PlayOptions) =>
      perform(async (output) => (await import('./play.ts')).play(file, options, output)),
    );
}
