import { errnoCode } from '@gadgetloom/core';
import { RequestType, USB_DIR_IN } from '@gadgetloom/udc';
import type { Bench } from './bench.ts';
import { expectGuards, guarded } from './bulk-cases.ts';
import { CONTROL_READ, CONTROL_WRITE } from './source-sink.ts';

const { VENDOR, DEVICE } = RequestType;

/** What a test of control transfers is given. */
interface ControlParameters {
  readonly iterations: number;
  /** Bytes of the longest transfer, the first. */
  readonly length: number;
  /** By how much each is longer than the one before. */
  readonly vary: number;
  /** Bytes into its memory where each begins; 0 unless given. */
  readonly offset?: number;
}

/** Writes to the device in control transfers, and reads it back. Source: usbtest.c, ctrl_out. */
export async function writeAndReadBack(
  bench: Bench,
  { iterations, length: longest, vary, offset = 0 }: ControlParameters,
): Promise<void> {
  let length = longest;
  for (let round = 0; round < iterations; round++) {
    const sent = guarded(length, offset);
    for (let at = 0; at < length; at++) sent[at] = round + at;
    const read = guarded(length, offset);
    const setup = { value: 0, index: 0, length };
    expectBytes(
      'written',
      await bench.control({ requestType: VENDOR | DEVICE, request: CONTROL_WRITE, ...setup }, sent),
      length,
    );
    const requestType = USB_DIR_IN | VENDOR | DEVICE;
    expectBytes('read', await bench.control({ requestType, request: CONTROL_READ, ...setup }, read), length);
    const at = read.findIndex((byte, place) => byte !== sent[place]);
    if (at >= 0) throw new Error(`Byte ${at} of ${length} is ${read[at]}, and ${sent[at]} was written.`);
    for (const bytes of [sent, read]) expectGuards(bytes);
    length = length + vary > longest ? 1 : length + vary;
  }
}

function expectBytes(done: string, count: number, length: number): void {
  if (count !== length)
    throw new Error(`${count < 0 ? errnoCode(count) : `${count} bytes`} instead of ${length} bytes ${done}.`);
}
