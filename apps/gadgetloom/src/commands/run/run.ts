import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { InputError } from '@gadgetloom/core';
import { composeStack, type Text } from '@gadgetloom/gadget';
import { backendOption } from '../../backend-option.ts';
import { knownBackends } from '../../backends.ts';
import { readGadget } from '../../gadget-file.ts';
import { type JobReport, runJob } from '../../job/main-job.ts';
import { jobLines, stoppedLine } from '../../job/report-text.ts';
import type { Output } from '../../terminal/output.ts';
import { barProgress, silentProgress } from '../../terminal/progress.ts';
import { formatSize, parseCount, parseSize, plural } from '../../terminal/units.ts';
import { reason, unreadable } from '../../unreadable.ts';
import { UsageError } from '../../usage-error.ts';
import type { Speed } from '../speed-option.ts';

/** Options as the command line has them. */
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

/** A file that certainly is there, and is large: the program that runs this. */
const defaultInput = process.execPath;

/** Ctrl-C, and what service managers send: either way the machine is left as it was. */
const STOPPING = ['SIGINT', 'SIGTERM'] as const;

/** `gadgetloom run`: the main job. @returns exit status */
export async function run(gadgetFile: string | undefined, options: RunOptions, output: Output): Promise<number> {
  if (gadgetFile !== undefined && options.gadget !== undefined) {
    throw new UsageError('The gadget is given twice: as an argument and with --gadget.');
  }
  const bufferSize = parseSize(options.bufferSize, '--buffer-size');
  if (bufferSize < 1)
    throw new InputError('--buffer-size is 0; allowed is a multiple of the packet size, such as 1024 or "64 KiB".');
  const depth = parseCount(options.depth, '--depth');
  const { speed, controller } = options;
  const backends = knownBackends({ ...(speed && { speed }), ...(controller !== undefined && { controller }) });
  const backend = backendOption(options.backend ?? (controller === undefined ? undefined : 'linux'), backends);
  if (controller !== undefined && backend !== 'linux')
    throw new UsageError(`--controller is for the backend linux; "${backend}" has its own.`);
  const gadget = await readGadget(gadgetFile ?? options.gadget);
  const input = options.input ?? defaultInput;
  await using file = await openInput(input);
  await using received = options.output === undefined ? undefined : await openOutput(options.output, file.handle);
  await using stack = await composeStack({
    gadget: gadget.definition,
    ...{ backends, backend },
    environment: options.environment,
  });
  const product = textOf(gadget.definition.product);
  const title = product ? `${gadget.name} (${product})` : gadget.name;
  const pace = `${plural(depth, 'transfer')} of ${formatSize(bufferSize)} at a time`;
  if (!options.json) output.line(`${title} on ${stack.backend} (${stack.controller.name}), ${pace}`);
  const stopping = new AbortController();
  let stoppedBy: NodeJS.Signals = 'SIGINT';
  const stop = (signal: NodeJS.Signals): void => {
    stoppedBy = signal;
    stopping.abort();
  };
  for (const signal of STOPPING) process.once(signal, stop);
  try {
    const progress = !options.json && output.terminal ? barProgress(output.terminal, file.size) : silentProgress;
    const report = await runJob({
      ...{ stack, bufferSize, depth, progress, file: file.handle, size: file.size, output: received },
      fallback: options.fallback,
      notice: options.json ? output.error : output.line,
      signal: stopping.signal,
    });
    const facts = {
      gadget: gadget.file,
      backend: stack.backend,
      controller: stack.controller.name,
      input,
      depth,
      bufferSize,
    };
    if (options.json) output.line(JSON.stringify(jsonReport(report, facts, file.size), undefined, 2));
    else
      for (const line of report.verdict === 'stopped' ? [stoppedLine(report)] : jobLines(report, input))
        output.line(line);
    if (report.verdict === 'stopped') return 128 + system.signals[stoppedBy];
    return report.verdict === 'identical' ? 0 : 1;
  } finally {
    for (const signal of STOPPING) process.removeListener(signal, stop);
  }
}

/** A text in its first language. */
function textOf(text: Text | undefined): string | undefined {
  return typeof text === 'object' ? Object.values(text)[0] : text;
}

function jsonReport(report: JobReport, facts: object, bytes: number): object {
  const bytesPerSecond = Math.round((report.in.bytes + report.out.bytes) / report.seconds);
  return { ...facts, bytes, ...report, bytesPerSecond };
}

/** @throws InputError the file cannot be written, or is the one that is read */
async function openOutput(path: string, input: FileHandle): Promise<FileHandle> {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`The output "${path}" cannot be written (${reason(cause)}).`, { field: 'output' }, { cause });
  });
  const [own, other] = await Promise.all([handle.stat(), input.stat()]);
  if (own.dev === other.dev && own.ino === other.ino) {
    await handle.close();
    throw new InputError(`The output "${path}" is the input, which would be lost; name another file.`, {
      field: 'output',
    });
  }
  if (own.isFile()) await handle.truncate();
  return handle;
}

/** @throws InputError the file cannot be read, or is empty */
async function openInput(path: string) {
  const handle = await open(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable('input', path, cause);
  });
  const stat = await handle.stat();
  const wrong = stat.isDirectory()
    ? 'is a directory; --input takes a file.'
    : !stat.isFile()
      ? 'is no regular file, so its length is not known beforehand; save it to a file first.'
      : stat.size === 0
        ? 'is empty: there is nothing to stream.'
        : undefined;
  if (wrong !== undefined) {
    await handle.close();
    throw new InputError(`The input "${path}" ${wrong}`, { field: 'input' });
  }
  return { handle, size: stat.size, [Symbol.asyncDispose]: () => handle.close() };
}
