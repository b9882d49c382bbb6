import { MusbBoard } from '@gadgetloom/backend-musb';
import { VirtualClock } from '@gadgetloom/core';
import { UsbRequest } from '@gadgetloom/udc';
import { benchmark, type Contestant } from './benchmark.ts';
import { BusHost, hostTransfers } from './bus-host.ts';
import { RequestLoop, runLoops, silentDriver } from './request-loop.ts';

const SIZE = 512;
const QUEUED = 4;
/** Transfers before anything is measured: a machine that is busy takes long to compile. */
const WARM_UP = 200_000;

async function open(direction: 'in' | 'out', dma: boolean): Promise<Contestant> {
  const clock = new VirtualClock();
  const host = new BusHost(clock, 'high');
  const { controller } = new MusbBoard({ bus: host, clock, dma });
  controller.start(silentDriver('high'), { stateChanged() {}, reset() {}, vbusChanged() {} });
  controller.pullup(true);
  await clock.advance(0);
  host.device?.reset();
  await clock.advance(0);
  const endpoint = controller.endpoints.find(({ name }) => name === `ep1${direction}`)!;
  const address = direction === 'in' ? 0x81 : 0x01;
  endpoint.enable({ address, attributes: 2, maxPacketSize: SIZE, interval: 0 });
  const requests = Array.from({ length: QUEUED }, () => {
    const request = new UsbRequest();
    request.buffer = new Uint8Array(SIZE);
    request.length = SIZE;
    return request;
  });
  const loop = new RequestLoop(endpoint, host.open(address, hostTransfers([new Uint8Array(SIZE)])), requests);
  await runLoops([loop], WARM_UP);
  return { run: (operations) => runLoops([loop], operations) };
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
