import type { Clock } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';

/** A host that does nothing but move transfers, one after the other on each endpoint, as soon as the device lets it. */
export class BusHost implements UsbBus {
  readonly maxSpeed: UsbSpeed;
  device: BusDevice | undefined;
  readonly clock: Clock;
  readonly #pipes: (BusPipe | undefined)[] = new Array<BusPipe | undefined>(32).fill(undefined);

  constructor(clock: Clock, maxSpeed: UsbSpeed) {
    this.clock = clock;
    this.maxSpeed = maxSpeed;
  }

  /** @param address with the direction bit @param transfers see {@link hostTransfers} */
  open(address: number, transfers: readonly BusTransfer[]): BusPipe {
    const pipe = new BusPipe(this, address, transfers);
    this.#pipes[slot(address)] = pipe;
    return pipe;
  }

  connect(device: BusDevice): void {
    this.device = device;
  }

  disconnect(): void {
    this.device = undefined;
  }

  ready(address: number): void {
    this.#pipes[slot(address)]?.come();
  }
}

/** Position of an endpoint address among 32: OUT 0 to 15, IN 16 to 31. */
const slot = (address: number): number => (address & 0x0f) | ((address & 0x80) >> 3);

/**
 * What the host moves on a pipe, in turns. Pipes may share it if each of their transfers goes by as a whole: then it costs many
 * as little as one.
 */
export function hostTransfers(arrays: readonly Uint8Array[]): BusTransfer[] {
  return arrays.map((data) => ({ data, length: data.length, zeroPacket: false, actual: 0 }));
}

/** The host's side of one endpoint. */
export class BusPipe {
  readonly #host: BusHost;
  readonly #number: number;
  readonly #toHost: boolean;
  readonly #transfers: readonly BusTransfer[];
  #at = 0;
  #left = 0;
  #coming = false;
  /** Bytes of the transfer that has its turn. */
  #moved = 0;

  constructor(host: BusHost, address: number, transfers: readonly BusTransfer[]) {
    this.#host = host;
    this.#number = address & 0x0f;
    this.#toHost = (address & 0x80) !== 0;
    this.#transfers = transfers;
  }

  /** Wants so many transfers more. */
  want(transfers: number): void {
    this.#left += transfers;
    this.come();
  }

  come(): void {
    if (this.#coming || this.#left === 0) return;
    this.#coming = true;
    this.#host.clock.defer(this.#move);
  }

  readonly #move = (): void => {
    this.#coming = false;
    const { device } = this.#host;
    while (device !== undefined && this.#left > 0) {
      const transfer = this.#transfers[this.#at]!;
      if (transfer.actual !== this.#moved) throw new Error('another pipe is in the middle of this transfer');
      const answer = this.#toHost
        ? device.in(this.#number, transfer, Number.POSITIVE_INFINITY)
        : device.out(this.#number, transfer, Number.POSITIVE_INFINITY);
      this.#moved = transfer.actual;
      if (answer === Handshake.NAK) return;
      if (answer !== Handshake.ACK) throw new Error(`the device answered with ${answer}`);
      this.#moved = 0;
      transfer.actual = 0;
      this.#left--;
      this.#at = this.#at + 1 === this.#transfers.length ? 0 : this.#at + 1;
    }
  };
}
