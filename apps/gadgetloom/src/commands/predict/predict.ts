import { writeFile } from 'node:fs/promises';
import { InputError, MICROSECOND } from '@gadgetloom/core';
import type { GadgetDefinition } from '@gadgetloom/gadget';
import { backendOption } from '../../backend-option.ts';
import { knownBackends } from '../../backends.ts';
import { readGadget } from '../../gadget-file.ts';
import { type PredictionSettings, predict as predictPoints } from '../../prediction/measure.ts';
import { comparisonLine, formatTime, predictionLines } from '../../prediction/prediction-text.ts';
import { type Measurement, PUBLISHED } from '../../prediction/published.ts';
import type { Output } from '../../terminal/output.ts';
import { parseCount, parseSize } from '../../terminal/units.ts';
import { reason } from '../../unreadable.ts';
import { UsageError } from '../../usage-error.ts';
import type { Speed } from '../speed-option.ts';

/** Options of the command line. */
export interface PredictOptions {
  readonly sizes: string;
  readonly depths: string;
  readonly backend?: string;
  readonly speed?: Speed;
  readonly direction: 'in' | 'out';
  readonly turnaround: string;
  readonly svg?: string;
  readonly json?: boolean;
}

/** Most transfers in a queue. No controller queues more. */
const DEEPEST = 1024;
/** Longest turnaround in microseconds. A program that takes a second for each transfer does not stream. */
const LONGEST = 1_000_000;

/** `gadgetloom predict`: predicts throughput and latency by size and depth. @returns exit status */
export async function predict(file: string | undefined, options: PredictOptions, output: Output): Promise<number> {
  const sizes = list(options.sizes, '--sizes', (text) => parseSize(text, '--sizes'));
  if (sizes.some((size) => size < 1)) throw new UsageError('--sizes has a 0; a transfer has at least one byte.');
  const depths = list(options.depths, '--depths', (text) => parseCount(text, '--depths', DEEPEST));
  const microseconds = options.turnaround.trim() === '' ? Number.NaN : Number(options.turnaround);
  if (!(microseconds >= 0 && microseconds <= LONGEST))
    throw new UsageError(
      `--turnaround is "${options.turnaround}"; allowed is a number of microseconds from 0 to ${LONGEST}, such as 30.`,
    );
  const turnaround = microseconds * MICROSECOND;
  const { name, definition } = await readGadget(file);
  const backends = knownBackends(options.speed ? { speed: options.speed } : {});
  const backend = backendOption(options.backend, backends);
  const settings = { gadget: definition, backends, backend, direction: options.direction, turnaround };
  const prediction = await predictPoints(settings, sizes, depths);
  const comparisons = await compare(settings, prediction.speed, prediction.backend);
  const title =
    `${name} on ${prediction.backend} at ${prediction.speed} speed, ${options.direction.toUpperCase()} ` +
    `(${prediction.endpoint}), ${prediction.path === 'copy' ? 'copying path' : 'zero copy'}`;
  if (options.svg !== undefined) {
    const { drawCurve } = await import('../../prediction/curve.ts');
    await save(options.svg, drawCurve(prediction, title));
  }
  if (options.json) {
    const published = comparisons.map(([measurement, predicted]) => ({ ...measurement, predicted }));
    output.line(JSON.stringify({ gadget: name, ...prediction, turnaround, published }, undefined, 2));
    return 0;
  }
  const pause = turnaround > 0 ? `; ${formatTime(turnaround)} from a completion to the next transfer` : '';
  output.line(title + pause, 2);
  for (const line of predictionLines(prediction, output.columns)) output.line(line);
  if (options.svg !== undefined) output.line(`The curve is in ${options.svg}.`, 2);
  if (comparisons.length > 0) output.line('Published measurements of real hardware, for comparison:', 2);
  for (const [measurement, predicted] of comparisons) output.line(`  ${comparisonLine(measurement, predicted)}`, 2);
  return 0;
}

/** Prints the published measurements of the same kind of controller and speed, each with the prediction for it. */
async function compare(
  settings: PredictionSettings,
  speed: string | undefined,
  backend: string | undefined,
): Promise<[Measurement, number][]> {
  const fitting = PUBLISHED.filter(
    (one) => one.speed === speed && (backend === 'mock' || one.hardware.startsWith(`${backend},`)),
  );
  const predicted = async (measurement: Measurement, direction: 'in' | 'out'): Promise<number> => {
    if (!hasBulk(settings.gadget, direction)) return Number.NaN;
    const { points } = await predictPoints({ ...settings, direction }, [measurement.size], [measurement.depth]);
    return points[0]!.bytesPerSecond;
  };
  const pairs: [Measurement, number][] = [];
  for (const measurement of fitting) {
    const directions = measurement.direction === 'both' ? (['in', 'out'] as const) : [measurement.direction];
    let sum = 0;
    for (const direction of directions) sum += await predicted(measurement, direction);
    // Below SuperSpeed, both directions share the wires.
    if (measurement.direction === 'both' && measurement.speed !== 'super') sum /= 2;
    if (!Number.isNaN(sum)) pairs.push([measurement, sum]);
  }
  return pairs;
}

function hasBulk({ functions }: GadgetDefinition, direction: 'in' | 'out'): boolean {
  return JSON.stringify(functions ?? {}).includes(`"direction":"${direction}"`);
}

function list(text: string, option: string, parse: (text: string) => number): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new UsageError(`${option} is "${text}"; allowed is a list such as 4k,64k,1M.`);
  return parts.map(parse);
}

/** @throws InputError the file cannot be written */
async function save(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError(`The curve "${path}" cannot be written (${reason(cause)}). Give --svg another file.`, {
      field: 'svg',
    });
  });
}
