#!/usr/bin/env node
import { defineGadget, isochronous, kernelFunction } from '@gadgetloom/gadget';
import { dwc3Suite, host, openOnDwc3, outside } from '../shared/dwc3-suite.ts';
import { expectEqual } from '../shared/expect.ts';

const { suite } = dwc3Suite({
  help: `dwc3-isochronous

Isochronous endpoints on Linux's dwc3 driver: of FunctionFS, and of SourceSink. Time has to pass slowly for the bus.`,
});

const PACKET = 512;
/** Milliseconds of the bus. */
const PATIENCE = 500;

function gadgetOf(maxSpeed: 'high' | 'super') {
  return defineGadget({
    name: 'isochronous',
    vendorId: 0x1d6b,
    productId: 0x0104,
    maxSpeed,
    functions: {
      stream: {
        class: 0xff,
        endpoints: {
          up: isochronous.in({ packetSize: PACKET, interval: 4 }),
          down: isochronous.out({ packetSize: PACKET, interval: 4 }),
        },
      },
    },
  });
}

const pattern = (from: number): Uint8Array => Uint8Array.from({ length: PACKET }, (_, at) => (from + at * 7) % 251);

for (const speed of ['high', 'super'] as const) {
  await using stack = await openOnDwc3(gadgetOf(speed));
  const { endpoints } = await host.device();
  await stack.enabled();
  const [up, down] = endpoints.map(({ address }) => address) as [number, number];

  await suite.check(`packets to the host at ${speed} speed`, async () => {
    for (let turn = 0; turn < 3; turn++) {
      const [written, got] = await Promise.all([
        stack.endpoint('stream.up').write(pattern(turn)),
        host.receive(up, PACKET, PATIENCE),
      ]);
      expectEqual([written, got.status, [...got.data]], [PACKET, '0', [...pattern(turn)]]);
    }
  });

  await suite.check(`packets from the host at ${speed} speed`, async () => {
    for (let turn = 0; turn < 3; turn++) {
      const into = new Uint8Array(PACKET);
      const [read, sent] = await Promise.all([
        stack.endpoint('stream.down').read(into),
        host.send(down, pattern(turn), PATIENCE),
      ]);
      expectEqual([read, sent.status, [...into]], [PACKET, '0', [...pattern(turn)]]);
    }
  });
}

await suite.check('packets of SourceSink', async () => {
  const zero = outside.service('zero');
  const source = kernelFunction('SourceSink', { pattern: 1, isoc_interval: 8 });
  await using _ = await openOnDwc3({ vendorId: 0x1d6b, productId: 0x0104, functions: { source } });
  await host.device();
  expectEqual(await zero.receivePackets(8), 8);
  expectEqual(await zero.sendPackets(8), 8);
});

suite.end();
