import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import type { CleanOptions } from './clean.ts';

export function register(program: Command, perform: Perform): void {
  program
    .command('clean')
    .description('as root: remove gadgets, mounts and run files that a crash left behind; never those of others')
    .option('--dry-run', 'only say what would be removed')
    .option('--setup', 'remove also what `setup` prepared')
    .action((options: CleanOptions) => perform(async (output) => (await import('./clean.ts')).clean(options, output)));
}
