import { errnoCode, KernelError } from '@gadgetloom/core';
import { type DevicePipe, HostTransfer } from '@gadgetloom/virtual-host';
import type { TransferPlan } from './plan.ts';

/** The host's part: sends everything that arrives through one pipe back through the other. */
export class HostLoop {
  readonly #in: DevicePipe;
  readonly #out: DevicePipe;
  readonly #plan: TransferPlan;
  readonly #transfers: HostTransfer[] = [];
  readonly #onFailure: (failure: KernelError) => void;
  #next = 0;
  #stopped = false;

  /** @param onFailure called once, if a transfer of the host fails */
  constructor(pipeIn: DevicePipe, pipeOut: DevicePipe, plan: TransferPlan, onFailure: (failure: KernelError) => void) {
    this.#in = pipeIn;
    this.#out = pipeOut;
    this.#plan = plan;
    this.#onFailure = onFailure;
  }

  /** @param depth host transfers at a time */
  start(depth: number): void {
    for (let slot = 0; slot < Math.min(depth, this.#plan.count); slot++) {
      const transfer = new HostTransfer(new Uint8Array(this.#plan.bufferSize), ignore);
      this.#transfers.push(transfer);
      this.#read(transfer);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const transfer of this.#transfers) {
      this.#in.cancel(transfer);
      this.#out.cancel(transfer);
    }
  }

  #read(transfer: HostTransfer): void {
    const length = this.#plan.length(this.#next);
    if (length === 0 || this.#stopped) return;
    this.#next++;
    transfer.length = length;
    transfer.complete = this.#received;
    this.#in.submit(transfer);
  }

  readonly #received = (transfer: HostTransfer): void => {
    if (!this.#succeeded(transfer)) return;
    transfer.length = transfer.actual;
    transfer.complete = this.#sent;
    this.#out.submit(transfer);
  };

  readonly #sent = (transfer: HostTransfer): void => {
    if (this.#succeeded(transfer)) this.#read(transfer);
  };

  #succeeded({ status }: HostTransfer): boolean {
    if (this.#stopped) return false;
    if (status === 0) return true;
    this.stop();
    this.#onFailure(new KernelError(errnoCode(status), 'host transfer', 'the host could not move the data.'));
    return false;
  }
}

function ignore(): void {}
