import { Errno, errnoCode } from '@gadgetloom/core';
import { type DevicePipe, HostTransfer } from '@gadgetloom/virtual-host';
import type { Bench } from './bench.ts';
import { fillMod63, leavesMod63 } from './pattern63.ts';

/** What stands around the bytes of a transfer, and has to be there afterwards (GUARD_BYTE). */
const GUARD_BYTE = 0xa5;

/** What a test is given, as testusb gives it. Source: usbtest.c, struct usbtest_param. */
interface BulkParameters {
  readonly iterations: number;
  /** Bytes of the longest transfer. */
  readonly length: number;
  /** By how much each transfer differs from the one before; 0 unless given: all have `length`. */
  readonly vary?: number;
  /** Bytes into its memory where each transfer begins; 0 unless given. */
  readonly offset?: number;
}

/** The length after `length`. Source: usbtest.c, simple_io and alloc_sglist. */
function nextLength(length: number, vary: number, longest: number): number {
  const next = (length + vary) % longest;
  if (next > 0) return next;
  return vary < longest ? vary : longest;
}

/** Memory between guard bytes. */
export function guarded(length: number, offset: number): Uint8Array {
  return new Uint8Array(offset + length + offset).fill(GUARD_BYTE).subarray(offset, offset + length);
}

/** @throws Error something was written outside */
export function expectGuards(bytes: Uint8Array): void {
  const around = new Uint8Array(bytes.buffer);
  const end = bytes.byteOffset + bytes.length;
  if (around.some((byte, at) => (at < bytes.byteOffset || at >= end) && byte !== GUARD_BYTE))
    throw new Error('Bytes next to the memory of a transfer were overwritten.');
}

/** @throws Error a transfer failed, was short, or brought something else than the source sends */
export function expectWhole(pipe: DevicePipe, transfer: HostTransfer, index: number): void {
  const { status, actual, length, data } = transfer;
  if (status !== 0) throw new Error(`Transfer ${index} of ${length} bytes ended with ${errnoCode(status)}.`);
  if (actual !== length) throw new Error(`Transfer ${index} moved ${actual} of ${length} bytes.`);
  const fault = pipe.direction === 'in' ? leavesMod63(data.subarray(0, actual), pipe.maxPacketSize) : undefined;
  if (fault !== undefined) throw new Error(`Transfer ${index}: ${fault}.`);
}

function memory(pipe: DevicePipe, length: number, offset = 0): Uint8Array {
  const bytes = guarded(length, offset);
  return pipe.direction === 'out' ? fillMod63(bytes, pipe.maxPacketSize) : bytes;
}

/** One transfer after the other. Source: usbtest.c, simple_io. */
export async function simpleIo(
  bench: Bench,
  pipe: DevicePipe,
  { iterations, length: longest, vary = 0, offset = 0 }: BulkParameters,
): Promise<void> {
  let length = longest;
  let sum = 0;
  for (let index = 0; index < iterations; index++) {
    const data = memory(pipe, length, offset);
    expectWhole(pipe, await bench.transfer(pipe, data), index);
    expectGuards(data);
    sum += length;
    if (vary > 0) length = nextLength(length, vary, longest);
  }
  if (pipe.direction === 'out') await bench.tookAll(sum);
}

/** Lists of transfers that are queued at once and end in their order. Source: usbtest.c, perform_sglist. */
export async function performLists(
  bench: Bench,
  pipe: DevicePipe,
  { iterations, length: longest, vary = 0, entries }: BulkParameters & { readonly entries: number },
): Promise<void> {
  let sum = 0;
  for (let list = 0; list < iterations; list++) {
    const lengths = [longest];
    while (lengths.length < entries) lengths.push(vary > 0 ? nextLength(lengths.at(-1)!, vary, longest) : longest);
    const ended: number[] = [];
    const transfers = lengths.map(async (length, index) => {
      const transfer = await bench.transfer(pipe, memory(pipe, length));
      ended.push(index);
      return transfer;
    });
    for (const [index, transfer] of (await Promise.all(transfers)).entries()) expectWhole(pipe, transfer, index);
    if (ended.some((index, place) => index !== place)) throw new Error(`The entries ended as ${ended.join(' ')}.`);
    sum += lengths.reduce((one, other) => one + other);
  }
  if (pipe.direction === 'out') await bench.tookAll(sum);
}

/** What a test of a queue is given. */
interface QueueParameters {
  /** How often each of the queued transfers is made. */
  readonly iterations: number;
  readonly length: number;
  /** How many are queued at a time. */
  readonly depth: number;
  /** See {@link BulkParameters.offset}. */
  readonly offset?: number;
}

/**
 * Several transfers at a time, each submitted again from its completion. Isochronous ones may fail sometimes: up to a
 * tenth. Source: usbtest.c, test_queue and complicated_callback.
 */
export async function keepQueue(
  pipe: DevicePipe,
  { iterations, length, depth, offset = 0 }: QueueParameters,
): Promise<void> {
  const total = iterations * depth;
  let left = total - depth;
  let pending = depth;
  let errors = 0;
  const transfers: HostTransfer[] = [];
  await new Promise<void>((over) => {
    const complete = (transfer: HostTransfer): void => {
      if (transfer.status !== 0 || transfer.actual !== transfer.length) errors++;
      const again = left > 0 && transfer.status !== -Errno.ESHUTDOWN;
      if (again) {
        left--;
        pipe.submit(transfer);
      } else if (--pending === 0) over();
    };
    for (let index = 0; index < depth; index++)
      transfers.push(new HostTransfer(memory(pipe, length, offset), complete));
    for (const transfer of transfers) pipe.submit(transfer);
  });
  for (const { data } of transfers) expectGuards(data);
  if (left > 0) throw new Error(`${left} of ${total} transfers were not made.`);
  const allowed = pipe.type === 'isochronous' ? Math.floor(total / 10) : 0;
  if (errors > allowed) throw new Error(`${errors} of ${total} transfers failed, and ${allowed} may.`);
}
