import { InputError } from '@gadgetloom/core';
import { describeGadget, formatDescription } from '@gadgetloom/gadget';
import { readGadget } from '../../gadget-file.ts';
import type { Output } from '../../terminal/output.ts';
import type { Speed } from '../speed-option.ts';
import type { DescribedBackend } from './described-backend.ts';

/** Options of the command line. */
export interface DescribeOptions {
  readonly backend?: string;
  readonly controller?: string;
  readonly json?: boolean;
  readonly speed?: Speed;
}

/** `gadgetloom describe`: prints the descriptors as a host would see them, for each speed. */
export async function describe(
  file: string | undefined,
  { backend, controller, json, speed }: DescribeOptions,
  output: Output,
): Promise<number> {
  const { definition } = await readGadget(file);
  const named = backend !== undefined || Boolean(process.env['GADGETLOOM_BACKEND']);
  const on = named ? await (await import('./described-backend.ts')).describedBackend(backend, controller) : undefined;
  const whole = await describeGadget(definition, on && { controller: on.controller });
  const description = { ...whole, speeds: whole.speeds.filter((one) => speed === undefined || one.speed === speed) };
  if (description.speeds.length === 0) {
    const speeds = whole.speeds.map((one) => one.speed).join(', ');
    const where = on === undefined ? 'see its maxSpeed' : `see its maxSpeed and the controller ${on.controller.name}`;
    throw new InputError(`The gadget has no descriptors at ${speed} speed: it runs at ${speeds}; ${where}.`);
  }
  if (json) {
    output.line(JSON.stringify(description, hexBytes, 2));
    return 0;
  }
  output.line(formatDescription(description).trimEnd(), 2);
  output.line('');
  output.line(controllerText(on), 0);
  return 0;
}

/** Tells which controller gave the numbers of the endpoints. */
function controllerText(on: DescribedBackend | undefined): string {
  if (on === undefined)
    return (
      'Endpoint numbers and capabilities may differ by controller: these are for a controller that has every endpoint. ' +
      'Give --backend NAME to see those of a backend.'
    );
  const who = `the controller ${on.controller.name} of the backend ${on.backend}`;
  return on.controller.features.endpoints === undefined
    ? `Endpoint numbers may differ: ${who} does not tell which endpoints it has.`
    : `Endpoint numbers and capabilities are those of ${who}.`;
}

/** Bytes as hexadecimal text: `12 01 00 02`. */
function hexBytes(_: string, value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
