import { InputError } from '@gadgetloom/core';
import { describeGadget, formatDescription } from '@gadgetloom/gadget';
import { readGadget } from '../../gadget-file.ts';
import type { Output } from '../../terminal/output.ts';
import type { Speed } from '../speed-option.ts';

/** Options of the command line. */
export interface DescribeOptions {
  readonly json?: boolean;
  readonly speed?: Speed;
}

/** `gadgetloom describe`: prints the descriptors as a host would see them, for each speed. */
export async function describe(
  file: string | undefined,
  { json, speed }: DescribeOptions,
  output: Output,
): Promise<number> {
  const { definition } = await readGadget(file);
  const whole = await describeGadget(definition);
  const description = { ...whole, speeds: whole.speeds.filter((one) => speed === undefined || one.speed === speed) };
  if (description.speeds.length === 0) {
    const speeds = whole.speeds.map((one) => one.speed).join(', ');
    throw new InputError(`The gadget has no descriptors at ${speed} speed: it runs at ${speeds}; see its maxSpeed.`);
  }
  output.line(json ? JSON.stringify(description, hexBytes, 2) : formatDescription(description).trimEnd());
  return 0;
}

/** Bytes as hexadecimal text: `12 01 00 02`. */
function hexBytes(_: string, value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
