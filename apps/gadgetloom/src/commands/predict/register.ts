import { type Command, Option } from 'commander';
import type { Perform } from '../../command.ts';
import { speedOption } from '../speed-option.ts';
import type { PredictOptions } from './predict.ts';

const HELP = `
Each cell is the throughput, and the median time from queueing a transfer to its
completion. The bus and the controller take the time that real ones take.
Processors, memory and the host's software take none but --turnaround.

Example:
  $ gadgetloom predict my-gadget.yaml --sizes 16k,64k,1M --svg curve.svg`;

export function register(program: Command, perform: Perform): void {
  program
    .command('predict')
    .description('predict throughput and latency by transfer size and depth, on a simulated bus that takes real time')
    .argument('[gadget]', 'gadget file, YAML or JSON; - is standard input (default: that of `run`)')
    .option('--sizes <list>', 'bytes of the transfers', '4k,16k,64k,256k,1M')
    .option('--depths <list>', 'transfers that the gadget has queued', '1,2,4,8')
    .option('--backend <name>', 'simulated backend to predict for')
    .addOption(speedOption('fastest speed of the bus'))
    .addOption(new Option('--direction <direction>', 'seen from the host').choices(['in', 'out']).default('in'))
    .option('--turnaround <microseconds>', 'time of the program from a completion to its next transfer', '0')
    .option('--svg <file>', 'draw the curve')
    .option('--json', 'print it machine-readable')
    .addHelpText('after', HELP)
    .action((gadget: string | undefined, options: PredictOptions) =>
      perform(async (output) => (await import('./predict.ts')).predict(gadget, options, output)),
    );
}
