import { MusbBoard } from '@gadgetloom/backend-musb';
import { VirtualClock } from '@gadgetloom/core';
import { type GadgetDriver, type UsbEndpoint, UsbRequest } from '@gadgetloom/udc';
import { type BusDevice, type BusTransfer, Handshake, type UsbBus } from '@gadgetloom/udc/bus';
import { benchmark, type Contestant } from './benchmark.ts';

const SIZE = 512;
const QUEUED = 4;

const driver: GadgetDriver = {
  ...{ function: 'bench', maxSpeed: 'high' },
  setup: () => 0,
  disconnect() {},
  reset() {},
  suspend() {},
  resume() {},
};

/** A host that does nothing but move packets of one endpoint. */
class PacketHost implements UsbBus {
  readonly maxSpeed = 'high';
  device: BusDevice | undefined;
  left = 0;
  readonly #clock: VirtualClock;
  readonly #toHost: boolean;
  readonly #transfer: BusTransfer = { data: new Uint8Array(SIZE), length: SIZE, zeroPacket: false, actual: 0 };
  #coming = false;

  constructor(clock: VirtualClock, toHost: boolean) {
    this.#clock = clock;
    this.#toHost = toHost;
  }

  connect(device: BusDevice): void {
    this.device = device;
  }

  disconnect(): void {
    this.device = undefined;
  }

  ready(): void {
    if (this.#coming) return;
    this.#coming = true;
    this.#clock.defer(this.#move);
  }

  readonly #move = (): void => {
    this.#coming = false;
    const device = this.device;
    const transfer = this.#transfer;
    while (device !== undefined && this.left > 0) {
      const answer = this.#toHost
        ? device.in(1, transfer, Number.POSITIVE_INFINITY)
        : device.out(1, transfer, Number.POSITIVE_INFINITY);
      if (answer !== Handshake.ACK) return;
      transfer.actual = 0;
      this.left--;
    }
  };
}

/** Requests of one packet each, that are queued again from their completion. */
class PacketFlow implements Contestant {
  readonly #host: PacketHost;
  readonly #endpoint: UsbEndpoint;
  readonly #requests: readonly UsbRequest[];
  #left = 0;
  #done: () => void = () => {};

  constructor(host: PacketHost, endpoint: UsbEndpoint) {
    this.#host = host;
    this.#endpoint = endpoint;
    this.#requests = Array.from({ length: QUEUED }, () => {
      const request = new UsbRequest();
      request.buffer = new Uint8Array(SIZE);
      request.length = SIZE;
      request.complete = this.#completed;
      return request;
    });
  }

  run(operations: number): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#left = Math.max(operations, QUEUED);
      this.#host.left = this.#left;
      for (const request of this.#requests) this.#endpoint.queue(request);
      this.#host.ready();
    });
  }

  readonly #completed = (_: UsbEndpoint, request: UsbRequest): void => {
    this.#left--;
    if (this.#left >= QUEUED) this.#endpoint.queue(request);
    else if (this.#left === 0) this.#done();
  };
}

async function open(direction: 'in' | 'out', dma: boolean): Promise<Contestant> {
  const clock = new VirtualClock();
  const host = new PacketHost(clock, direction === 'in');
  const { controller } = new MusbBoard({ bus: host, clock, dma });
  controller.start(driver, { stateChanged() {}, reset() {}, vbusChanged() {} });
  controller.pullup(true);
  await clock.advance(0);
  host.device?.reset();
  await clock.advance(0);
  const endpoint = controller.endpoints.find(({ name }) => name === `ep1${direction}`)!;
  endpoint.enable({ address: direction === 'in' ? 0x81 : 0x01, attributes: 2, maxPacketSize: SIZE, interval: 0 });
  return new PacketFlow(host, endpoint);
}

for (const direction of ['in', 'out'] as const)
  for (const dma of [true, false])
    benchmark({
      kind: 'rate',
      name: `backend-musb: 512-byte ${direction.toUpperCase()} transfers ${dma ? 'by DMA' : 'by the CPU'}`,
      unit: 'transfers/s',
      ours: () => open(direction, dma),
      target: { atLeast: 200_000 },
    });
