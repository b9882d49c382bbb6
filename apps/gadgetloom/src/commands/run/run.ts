import { BEHAVIOUR, composeStack, type GadgetDefinition } from '@gadgetloom/gadget';
import { backendOption } from '../../backend-option.ts';
import { knownBackends } from '../../backends.ts';
import { environmentOption } from '../../environment-option.ts';
import { readGadget, titleOf } from '../../gadget-file.ts';
import { type JobReport, runJob } from '../../job/main-job.ts';
import { jobLines, stoppedLine } from '../../job/report-text.ts';
import { STANDARD } from '../../standard-stream.ts';
import { type Output, withoutResults } from '../../terminal/output.ts';
import { formatSize, parseCount, parseSize } from '../../terminal/units.ts';
import { UsageError } from '../../usage-error.ts';
import type { Speed } from '../speed-option.ts';
import { openInput } from './input-file.ts';
import { openOutput } from './output-file.ts';
import type { runFunctions as RunFunctions } from './run-functions.ts';
import { StopSignals } from './stop-signals.ts';

/** Options of the command line. */
export interface RunOptions {
  readonly gadget?: string;
  readonly input?: string;
  readonly output?: string;
  readonly backend?: string;
  readonly controller?: string;
  readonly environment?: string;
  readonly bufferSize: string;
  readonly depth: string;
  readonly speed?: Speed;
  readonly fallback: 'copy' | 'error';
  readonly json?: boolean;
}

/** Most transfers in a queue. No controller queues more. */
const DEEPEST = 1024;

/** `gadgetloom run`: runs the main job. @returns exit status */
export async function run(gadgetFile: string | undefined, options: RunOptions, output: Output): Promise<number> {
  if (gadgetFile !== undefined && options.gadget !== undefined)
    throw new UsageError('The gadget is given twice: as an argument and with --gadget. Leave one of them out.');
  const bufferSize = parseSize(options.bufferSize, '--buffer-size');
  if (bufferSize < 1)
    throw new UsageError('--buffer-size is 0; allowed is a multiple of the packet size, such as 1024 or "64 KiB".');
  const depth = parseCount(options.depth, '--depth', DEEPEST);
  const { speed, controller } = options;
  const backends = knownBackends({ ...(speed && { speed }), ...(controller !== undefined && { controller }) });
  const backend = backendOption(options.backend ?? (controller === undefined ? undefined : 'linux'), backends);
  if (controller !== undefined && backend?.split(':', 1)[0] !== 'linux')
    throw new UsageError(`--controller is for the backend linux; "${backend}" has a controller of its own.`);
  const gadget = await readGadget(gadgetFile ?? options.gadget);
  const environment = environmentOption(options.environment, gadget);
  if (options.input === undefined && options.output === undefined && hasFunctionsToRun(gadget.definition)) {
    return functionsOf(gadget, { backends, backend, environment, json: options.json }, output);
  }
  const report = options.output === STANDARD ? withoutResults(output) : output;
  await using file = await openInput(options.input);
  // From here on, Ctrl-C leaves nothing behind.
  using signals = new StopSignals();
  await using received = options.output === undefined ? undefined : await openOutput(options.output, file.handle);
  await using stack = await composeStack({ gadget: gadget.definition, backends, backend, environment });
  const title = titleOf(gadget);
  const pace = `${depth} x ${formatSize(bufferSize)} at a time`;
  if (!options.json) report.line(`${title} on ${stack.backend} (${stack.controller.name}), ${pace}`, 2);
  const job = await runJob({
    ...{ stack, bufferSize, depth, file: file.handle, size: file.size, output: received },
    progress: await progressOn(options.json ? undefined : report.terminal, file.size),
    fallback: options.fallback,
    notice: options.json ? report.error : (text) => report.line(text, 2),
    signal: signals.stopped,
  });
  if (job.verdict !== 'stopped') await received?.finish();
  const facts = {
    ...{ gadget: gadget.file, backend: stack.backend, controller: stack.controller.name },
    ...{ input: file.name, depth, bufferSize },
  };
  if (options.json) report.line(JSON.stringify(jsonReport(job, facts, file.size), undefined, 2));
  else if (job.verdict === 'stopped') report.line(stoppedLine(job, options.output), 2);
  else for (const line of jobLines(job, file.name)) report.line(line, 2);
  if (job.verdict === 'stopped') return signals.status;
  return job.verdict === 'identical' ? 0 : 1;
}

/** Loads the code that runs functions. It stands apart because tsc keeps the extension of imports beside `using`. */
async function functionsOf(...job: Parameters<typeof RunFunctions>): Promise<number> {
  const { runFunctions } = await import('./run-functions.ts');
  return runFunctions(...job);
}

/** Loads the code of the progress bar only if there is a terminal. */
async function progressOn(terminal: NodeJS.WriteStream | undefined, size: number) {
  if (terminal === undefined) return undefined;
  const { barProgress } = await import('../../terminal/progress.ts');
  return barProgress(terminal, size);
}

/** True for gadgets whose functions do something by themselves, or that have no endpoints to stream through. */
function hasFunctionsToRun({ functions }: GadgetDefinition): boolean {
  const all = Object.values(functions);
  return all.some((one) => BEHAVIOUR in one) || all.every((one) => 'kernel' in one);
}

function jsonReport(report: JobReport, facts: object, bytes: number): object {
  const bytesPerSecond = Math.round((report.in.bytes + report.out.bytes) / report.seconds);
  return { ...facts, bytes, ...report, bytesPerSecond };
}
