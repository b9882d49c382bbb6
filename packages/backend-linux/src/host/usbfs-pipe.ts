import { Errno, type ErrnoCode, KernelError, type Timer } from '@gadgetloom/core';
import type { Direction, TransferType } from '@gadgetloom/udc';
import type { DevicePipe, HostEndpoint, HostTransfer } from '@gadgetloom/virtual-host';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { URB_TYPE, type Urb, ZERO_PACKET } from './urb.ts';
import type { UsbfsFile } from './usbfs-file.ts';

const inProgress = -Errno.EINPROGRESS;
const PACKET_SIZE = 0x7ff;

const ADVICE: Partial<Record<ErrnoCode, string>> = {
  EBUSY: 'the transfer is already submitted. Wait for its completion.',
  ENOENT: 'the endpoint is not part of the current configuration and alternate setting.',
  ENODEV: 'the device is gone or not configured.',
};

/**
 * A bulk or interrupt endpoint of a device behind a host controller of this machine. Source: devio.c,
 * proc_do_submiturb.
 */
export class UsbfsPipe implements DevicePipe {
  readonly address: number;
  readonly direction: Direction;
  readonly type: TransferType;
  readonly maxPacketSize: number;
  readonly #kernel: LinuxKernel;
  readonly #file: UsbfsFile;
  /** Claims the interface before the first transfer. */
  readonly #claim: () => void;
  readonly #under = new Map<HostTransfer, TransferUrb>();
  #refusal: ErrnoCode | undefined = 'ENOENT';

  constructor(kernel: LinuxKernel, file: UsbfsFile, endpoint: HostEndpoint, claim: () => void) {
    this.#kernel = kernel;
    this.#file = file;
    this.#claim = claim;
    this.address = endpoint.address;
    this.direction = endpoint.address >= 0x80 ? 'in' : 'out';
    this.type = endpoint.type;
    this.maxPacketSize = endpoint.maxPacketSize & PACKET_SIZE;
  }

  submit(transfer: HostTransfer, timeout = 0): void {
    if (transfer.status === inProgress) this.#refuse('EBUSY');
    if (this.#refusal !== undefined) this.#refuse(this.#refusal);
    if (this.type !== 'bulk' && this.type !== 'interrupt')
      this.#refuse('EOPNOTSUPP', `the endpoint is ${this.type}. Only bulk and interrupt endpoints are supported here.`);
    if (transfer.length < 0 || transfer.length > transfer.data.length)
      this.#refuse('EINVAL', `length is ${transfer.length}. Pass 0 to ${transfer.data.length}, the size of the data.`);
    transfer.status = inProgress;
    transfer.actual = 0;
    transfer.unlinked = 0;
    const urb = new TransferUrb(this, transfer);
    this.#under.set(transfer, urb);
    if (timeout > 0) urb.timer = this.#kernel.clock.setTimer(timeout, () => this.#file.cancel(urb, -Errno.ETIMEDOUT));
    this.#claim();
    this.#file.submit(urb);
  }

  cancel(transfer: HostTransfer): boolean {
    const urb = this.#under.get(transfer);
    if (urb === undefined || urb.unlinked !== 0) return false;
    this.#file.cancel(urb, -Errno.ECONNRESET);
    return true;
  }

  /** Enables the pipe: its endpoint is now part of the current setting. The device calls this and the next method. */
  open(): void {
    this.#refusal = undefined;
  }

  /** Ends all transfers with ESHUTDOWN and refuses new ones. */
  close(refusal: ErrnoCode): void {
    this.#refusal = refusal;
    for (const urb of this.#under.values()) this.#file.cancel(urb, -Errno.ESHUTDOWN);
  }

  /** Called when a transfer of this pipe has ended. */
  over(urb: TransferUrb, status: number, actual: number): void {
    const { transfer } = urb;
    this.#under.delete(transfer);
    urb.timer?.cancel();
    transfer.status = status;
    transfer.actual = Math.min(actual, transfer.length);
    const { trace, clock } = this.#kernel;
    if (trace !== undefined) {
      const details = { endpoint: this.address, length: transfer.length, actual, status };
      trace.event({ at: clock.now(), source: 'host', what: 'transfer', details });
    }
    transfer.complete(transfer);
  }

  #refuse(code: ErrnoCode, advice = ADVICE[code]): never {
    throw new KernelError(code, `submit endpoint 0x${this.address.toString(16).padStart(2, '0')}`, advice);
  }
}

class TransferUrb implements Urb {
  readonly transfer: HostTransfer;
  readonly type: number;
  readonly endpoint: number;
  readonly flags: number;
  readonly length: number;
  readonly bytes: Uint8Array | undefined;
  readonly into: Uint8Array | undefined;
  readonly offset = 0;
  slot = -1;
  unlinked = 0;
  timer: Timer | undefined = undefined;
  readonly #pipe: UsbfsPipe;

  constructor(pipe: UsbfsPipe, transfer: HostTransfer) {
    const { data, length } = transfer;
    const reads = pipe.direction === 'in';
    this.#pipe = pipe;
    this.transfer = transfer;
    this.type = pipe.type === 'interrupt' ? URB_TYPE.interrupt : URB_TYPE.bulk;
    this.endpoint = pipe.address;
    this.flags = transfer.zeroPacket && !reads ? ZERO_PACKET : 0;
    this.length = length;
    this.bytes = reads ? undefined : data.subarray(0, length);
    this.into = reads ? data : undefined;
  }

  ended(status: number, actual: number): void {
    this.#pipe.over(this, status, actual);
  }
}
