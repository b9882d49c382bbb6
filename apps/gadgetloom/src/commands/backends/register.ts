import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import type { BackendsOptions } from './backends.ts';

export function register(program: Command, perform: Perform): void {
  program
    .command('backends')
    .description('list the backends: which can run here, and if not, why and what to do')
    .argument('[name]', 'only this backend, with all findings')
    .option('--controller <name>', 'name or driver of the controller, for the backend linux')
    .option('--verbose', 'all findings of each backend')
    .option('--json', 'print them machine-readable')
    .action((name: string | undefined, options: BackendsOptions) =>
      perform(async (output) => (await import('./backends.ts')).backends(name, options, output)),
    );
}
