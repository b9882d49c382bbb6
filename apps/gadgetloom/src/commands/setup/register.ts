import type { Command } from 'commander';
import type { Perform } from '../../command.ts';
import type { SetupOptions } from './setup.ts';

const HELP = `
The command loads the kernel's gadget module, mounts configfs, makes the gadget
and mounts FunctionFS. It then gives the user the right to bind the gadget and
to use the devices that buffers come from. A second call changes only what
differs. The setup lasts until the machine restarts, or until
\`gadgetloom clean --setup\`.

Example:
  $ sudo gadgetloom setup --user alice my-gadget.yaml
  $ gadgetloom run --backend linux my-gadget.yaml`;

export function register(program: Command, perform: Perform): void {
  program
    .command('setup')
    .description('as root: prepare this machine once, so that a user without root can run a gadget on it')
    .argument('[gadget]', 'gadget file, YAML or JSON; - is standard input (default: that of `run`)')
    .requiredOption('--user <name>', 'user who will run the gadget')
    .option('--controller <name>', 'name or driver of the controller that the user may connect and disconnect')
    .option('--json', 'print what was done machine-readable')
    .addHelpText('after', HELP)
    .action((gadget: string | undefined, options: SetupOptions) =>
      perform(async (output) => (await import('./setup.ts')).setup(gadget, options, output)),
    );
}
