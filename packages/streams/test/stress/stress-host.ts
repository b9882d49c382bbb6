import { isKernelError, MILLISECOND } from '@gadgetloom/core';
import type { Stack } from '@gadgetloom/gadget';
import { type ConnectedDevice, type DevicePipe, HOST_END, HostTransfer } from '@gadgetloom/virtual-host';
import { LONGEST, readWords, writeWords } from './words.ts';

/** How long the host waits for a transfer. */
const PATIENCE = 2 * MILLISECOND;

/** The host: reads and writes, and keeps everything that it got, also of transfers that failed. */
export class StressHost {
  /** Every word that was read, in order. */
  readonly read: number[] = [];
  /** Transfers that were written and acknowledged to the last byte. */
  readonly written: number[] = [];
  readonly #stack: Stack;
  #transfers = 0;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  get device(): ConnectedDevice | undefined {
    return this.#stack.resolve(HOST_END).devices[0];
  }

  pipe(direction: 'in' | 'out'): DevicePipe | undefined {
    if (this.device?.configuration === undefined) return undefined;
    return this.device.endpoints().find((pipe) => pipe.direction === direction);
  }

  /** @param packets to ask for; fewer come if one is short */
  async reads(packets: number): Promise<void> {
    const pipe = this.pipe('in');
    if (pipe === undefined) return;
    const data = new Uint8Array(packets * pipe.maxPacketSize);
    const transfer = await submit(pipe, data);
    if (transfer !== undefined) this.read.push(...readWords(data.subarray(0, transfer.actual)));
  }

  /** @param length a multiple of 4, at most LONGEST */
  async writes(length: number): Promise<void> {
    const pipe = this.pipe('out');
    if (pipe === undefined) return;
    const data = new Uint8Array(Math.min(length, LONGEST));
    const number = ++this.#transfers;
    writeWords(data, number, data.length);
    const transfer = await submit(pipe, data);
    if (transfer?.status === 0) this.written.push(number);
  }
}

/** Lets a pipe carry one transfer. Gives nothing if the pipe takes none now. */
function submit(pipe: DevicePipe, data: Uint8Array): Promise<HostTransfer | undefined> {
  return new Promise((resolve, reject) => {
    try {
      pipe.submit(new HostTransfer(data, resolve), PATIENCE);
    } catch (error) {
      if (isKernelError(error)) resolve(undefined);
      else reject(error);
    }
  });
}
