import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import type { ConformOptions } from './conform.ts';

export function register(program: Command, perform: Perform): void {
  program
    .command('conform')
    .description('check, requirement by requirement, whether a backend does what the kernel does')
    .option('--backend <name>', 'backend to check')
    .option('--plugin <module...>', 'plugins instead of a backend, or beside one: ./dist/index.js, @acme/usb#acme')
    .option('--group <name...>', 'only the requirements of these groups')
    .option('--only <id...>', 'only these requirements')
    .option('--json', 'print the report machine-readable')
    .option('--junit <file>', 'write the report as JUnit XML too')
    .option('--list', 'list the requirements with their sources')
    .option('--coverage', "list the kernel's own self-tests, and the requirements that correspond to them")
    .action((options: ConformOptions) =>
      perform(async (output) => (await import('./conform.ts')).conform(options, output)),
    );
}
