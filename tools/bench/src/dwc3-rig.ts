import { Dwc3Board } from '@gadgetloom/backend-dwc3';
import type { VirtualClock } from '@gadgetloom/core';
import { PAGE_SIZE, type ScatterTable } from '@gadgetloom/dmabuf';
import { PageAddresses } from '@gadgetloom/dmabuf/model';
import { UsbRequest } from '@gadgetloom/udc';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { BusHost, hostTransfers } from './bus-host.ts';
import { counterpart } from './counterpart.ts';
import { RequestLoop, silentDriver } from './request-loop.ts';

export type Direction = 'in' | 'out';

/** The memory of both sides, used in turns. */
export interface Memories {
  readonly gadget: readonly Uint8Array[];
  readonly host: readonly Uint8Array[];
  /** Those of the host. */
  readonly transfers: readonly BusTransfer[];
}

export function memories(size: number, count: number): Memories {
  const gadget = Array.from({ length: count }, () => new Uint8Array(size).fill(1));
  const host = gadget.map((memory) => counterpart(memory));
  return { gadget, host, transfers: hostTransfers(host) };
}

/**
 * A board with a DWC3 at SuperSpeed and a host at the other end of its cable, without anything above the controller: a
 * request is queued, its TRBs go to the core, bytes move, an event comes, the request is complete.
 */
export class Dwc3Rig {
  readonly #host: BusHost;
  readonly #board: Dwc3Board;
  readonly #addresses = new PageAddresses({ layout: 'scattered' });

  private constructor(host: BusHost, board: Dwc3Board) {
    this.#host = host;
    this.#board = board;
  }

  static async open(clock: VirtualClock): Promise<Dwc3Rig> {
    const host = new BusHost(clock, 'super');
    const board = new Dwc3Board({ bus: host, clock });
    const { gadget } = board;
    gadget.start(silentDriver('super'), { stateChanged() {}, reset() {}, vbusChanged() {} });
    gadget.asyncCallbacks(true);
    gadget.pullup(true);
    host.device?.reset();
    await clock.runUntilIdle();
    return new Dwc3Rig(host, board);
  }

  /** Requests on a bulk endpoint, one for each memory of the gadget, whose pages the controller has mapped. */
  loop(number: number, direction: Direction, { gadget, transfers }: Memories): RequestLoop {
    const address = direction === 'in' ? 0x80 | number : number;
    const endpoint = this.#board.gadget.endpoints.find(({ name }) => name === `ep${number}${direction}`)!;
    endpoint.enable(
      { address, attributes: 2, maxPacketSize: 1024, interval: 0 },
      { maxBurst: 15, attributes: 0, bytesPerInterval: 0 },
    );
    const requests = gadget.map((memory) => {
      const request = new UsbRequest();
      request.sg = this.#scatter(memory);
      request.sgWasMapped = true;
      request.length = memory.length;
      this.#board.memory.map(request.sg, direction === 'in' ? 'to-device' : 'from-device');
      return request;
    });
    return new RequestLoop(endpoint, this.#host.open(address, transfers), requests);
  }

  close(): void {
    this.#board[Symbol.dispose]();
  }

  /** Pages that lie all over the memory of the controller, none behind the one before: each takes a TRB. */
  #scatter(memory: Uint8Array): ScatterTable {
    const entries = [];
    for (let offset = 0; offset < memory.length; offset += PAGE_SIZE) {
      const [dmaAddress] = this.#addresses.take(1);
      entries.push({ dmaAddress, length: Math.min(PAGE_SIZE, memory.length - offset), memory, offset });
    }
    return { entries };
  }
}
