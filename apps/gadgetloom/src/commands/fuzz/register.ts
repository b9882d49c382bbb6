import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import type { FuzzOptions } from './fuzz.ts';

export function register(program: Command, perform: Perform): void {
  program
    .command('fuzz')
    .description('walk randomly through legal and illegal operations on two backends; stop where they differ')
    .requiredOption('--against <backends>', 'two backends: mock,dwc3')
    .option('--seeds <count>', 'number of walks', '100')
    .option('--seed <number>', 'seed of the first walk (default: a fresh one)')
    .option('--steps <count>', 'steps of each walk', '60')
    .action((options: FuzzOptions) => perform(async (output) => (await import('./fuzz.ts')).fuzz(options, output)));
}
