import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import type { Perform, Register } from './command.ts';
import { register as backends } from './commands/backends/register.ts';
import { register as clean } from './commands/clean/register.ts';
import { register as conform } from './commands/conform/register.ts';
import { register as describe } from './commands/describe/register.ts';
import { register as fuzz } from './commands/fuzz/register.ts';
import { register as play } from './commands/play/register.ts';
import { register as predict } from './commands/predict/register.ts';
import { register as run } from './commands/run/register.ts';
import { register as setup } from './commands/setup/register.ts';
import { type Output, standardOutput } from './terminal/output.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

/** Commands in the order of the help. */
const COMMANDS: readonly Register[] = [run, backends, setup, clean, describe, play, conform, fuzz, predict];

/** Exit statuses. */
const FAILED = 1;
const USAGE = 2;

/** Errors whose message explains everything, by name, because several copies of their packages may be loaded. */
const EXPLAINED: Readonly<Record<string, number>> = { InputError: FAILED, KernelError: FAILED, UsageError: USAGE };

/**
 * Runs a command line.
 *
 * @param args the words after the program's name
 * @returns exit status: 0 done, 1 failed, 2 the command line is wrong, 128 plus the number of the signal that stopped
 * it
 */
export async function main(args: readonly string[], output: Output = standardOutput): Promise<number> {
  let status = 0;
  const program = commandLine(output, async (work) => {
    status = await work(output);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const explained = error instanceof Error ? EXPLAINED[error.name] : undefined;
    if (explained !== undefined) output.error((error as Error).message);
    else output.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return explained ?? FAILED;
  }
}

function commandLine(output: Output, perform: Perform): Command {
  const program = new Command('gadgetloom')
    .description('A program is a USB device: describe gadgets, run them on any backend, replay what a kernel does.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.line(text.trimEnd()),
      writeErr: (text) => output.error(text.trimEnd()),
    });
  for (const register of COMMANDS) register(program, perform);
  return program;
}
