import { Errno, errnoCode } from '@gadgetloom/core';
import { type DevicePipe, HostTransfer } from '@gadgetloom/virtual-host';
import type { Bench } from './bench.ts';
import { fillMod63 } from './pattern63.ts';

/**
 * Cancels a transfer that is submitted again and again, after some completions. Source: usbtest.c, unlink1.
 *
 * @param completions after how many of them; 0 is directly after the first submission
 */
async function unlinkOne(pipe: DevicePipe, length: number, completions: number): Promise<void> {
  const status = await new Promise<number>((over) => {
    let completed = 0;
    const transfer = new HostTransfer(fillMod63(new Uint8Array(length), pipe.maxPacketSize), (ended) => {
      if (ended.status !== 0) {
        over(ended.status);
        return;
      }
      pipe.submit(transfer);
      // It may be faster than that: then it has another turn.
      if (++completed >= completions) pipe.cancel(transfer);
    });
    transfer.zeroPacket = pipe.direction === 'out';
    pipe.submit(transfer);
    if (completions === 0) pipe.cancel(transfer);
  });
  if (status !== -Errno.ECONNRESET)
    throw new Error(`After ${completions} completions it ended with ${errnoCode(status)}.`);
}

/** Cancels the only transfer of a queue, in many states. Source: usbtest.c, unlink_simple. */
export async function unlinkSimple(pipe: DevicePipe, iterations: number, length: number): Promise<void> {
  for (let round = 0; round < iterations; round++) await unlinkOne(pipe, length, round % 4);
}

/** Cancels two out of a queue of writes: all others arrive. Source: usbtest.c, unlink_queued. */
export async function unlinkQueued(bench: Bench, iterations: number, length: number, depth: number): Promise<void> {
  const { sink } = bench;
  for (let round = 0; round < iterations; round++) {
    const cancelled = [depth - 4, depth - 2];
    const made: HostTransfer[] = [];
    const ends = Promise.all(
      Array.from(
        { length: depth },
        () =>
          new Promise<number>((over) => {
            const transfer = new HostTransfer(fillMod63(new Uint8Array(length), sink.maxPacketSize), (ended) =>
              over(ended.status),
            );
            transfer.zeroPacket = true;
            made.push(transfer);
            sink.submit(transfer);
          }),
      ),
    );
    for (const index of cancelled) sink.cancel(made[index]!);
    for (const [index, status] of (await ends).entries()) {
      // One that is cancelled may have been faster.
      const right = status === 0 || (cancelled.includes(index) && status === -Errno.ECONNRESET);
      if (!right) throw new Error(`Transfer ${index} of ${depth} ended with ${errnoCode(status)}.`);
    }
  }
}
