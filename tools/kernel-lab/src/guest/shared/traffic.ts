import { fillPattern } from '@gadgetloom/conformance';
import { SECOND } from '@gadgetloom/core';
import type { DmaBuf } from '@gadgetloom/dmabuf';
import { BufferPool, type EngineOptions, receiveFrom, type TransferCompletion, transferTo } from '@gadgetloom/streams';
import { COMMANDS, SAMPLES, type SampleStack } from './sample-gadget.ts';
import type { UsbfsHost } from './usbfs-host.ts';

const PATIENCE = 20 * SECOND;

/** What is to be moved: one transfer for each size, with bytes that follow from the seed. */
export interface Traffic extends EngineOptions {
  readonly sizes: readonly number[];
  readonly seed: number;
  /** At least as large as the largest size. */
  readonly buffers: Iterable<DmaBuf>;
}

/** The bytes of one transfer. */
export function patternOf(seed: number, index: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  fillPattern(bytes, seed * 4099 + index);
  return bytes;
}

/** @throws Error the bytes differ, and where */
export function expectSame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((byte, index) => byte !== actual[index]);
  throw new Error(`${what}: ${actual.length} bytes instead of ${expected.length}, or different from byte ${at} on`);
}

/** Sends through the IN endpoint and compares what the host gets. Gives the completions. */
export async function sendToHost(stack: SampleStack, host: UsbfsHost, traffic: Traffic): Promise<TransferCompletion[]> {
  const { sizes, seed, buffers, ...options } = traffic;
  using pool = new BufferPool(buffers);
  async function* filled() {
    for (const [index, length] of sizes.entries()) {
      const buffer = await pool.acquire();
      await buffer.beginCpuAccess('write');
      buffer.bytes().set(patternOf(seed, index, length));
      buffer.endCpuAccess('write');
      yield { buffer, length };
    }
  }
  const sending = completionsOf(
    transferTo(stack.endpoint('stream.samples'), { clock: stack.clock, ...options, returnTo: pool })(filled()),
  );
  const reading = (async () => {
    for (const [index, size] of sizes.entries())
      expectSame(await host.bulkIn(SAMPLES, size, PATIENCE), patternOf(seed, index, size), `IN transfer ${index}`);
  })();
  const [completions] = await Promise.all([sending, reading]);
  return completions;
}

/** Receives through the OUT endpoint what the host sends, and compares. Gives the completions. */
export async function receiveFromHost(
  stack: SampleStack,
  host: UsbfsHost,
  traffic: Traffic,
): Promise<TransferCompletion[]> {
  const { sizes, seed, buffers, ...options } = traffic;
  using pool = new BufferPool(buffers);
  const received = receiveFrom(stack.endpoint('stream.commands'), pool, {
    clock: stack.clock,
    ...options,
    length: (sequence) => sizes[sequence] ?? 0,
  });
  const completions: TransferCompletion[] = [];
  const receiving = new Promise<void>((resolve, reject) => {
    received.subscribe({
      next: (transfer) => {
        completions.push(transfer);
        const { sequence, buffer } = transfer;
        buffer
          .beginCpuAccess('read')
          .then(() => {
            const size = sizes[sequence]!;
            expectSame(buffer.bytes().subarray(0, size), patternOf(seed, sequence, size), `OUT transfer ${sequence}`);
            buffer.endCpuAccess('read');
            transfer.release();
          })
          .catch(reject);
      },
      complete: resolve,
      error: reject,
    });
  });
  const writing = (async () => {
    for (const [index, size] of sizes.entries()) await host.bulkOut(COMMANDS, patternOf(seed, index, size), PATIENCE);
  })();
  await Promise.all([receiving, writing]);
  return completions;
}

/** Everything that a stream emits. */
function completionsOf(stream: ReturnType<ReturnType<typeof transferTo>>): Promise<TransferCompletion[]> {
  return new Promise((resolve, reject) => {
    const completions: TransferCompletion[] = [];
    stream.subscribe({
      next: (completion) => completions.push(completion),
      complete: () => resolve(completions),
      error: reject,
    });
  });
}

/** @throws Error not exactly one completion for each of `count` transfers, or one that is not ok */
export function expectAllOk(completions: readonly TransferCompletion[], count: number): void {
  const sequences = new Set(completions.map(({ sequence }) => sequence));
  if (completions.length !== count || sequences.size !== count)
    throw new Error(`${completions.length} completions of ${sequences.size} transfers instead of ${count}`);
  const bad = completions.find(({ status }) => status !== 'ok');
  if (bad) throw new Error(`transfer ${bad.sequence}: ${bad.status}`, { cause: bad.error });
}
