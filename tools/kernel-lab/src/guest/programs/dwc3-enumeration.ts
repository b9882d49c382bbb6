#!/usr/bin/env node
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { bulk, defineGadget, interrupt } from '@gadgetloom/gadget';
import { dwc3Suite, host, openOnDwc3 } from '../shared/dwc3-suite.ts';
import { expectEqual } from '../shared/expect.ts';
import { keepAndGive } from '../shared/host-conversation.ts';

const { suite } = dwc3Suite({
  help: `dwc3-enumeration

Linux's dwc3 driver on the DWC3 beside the guest: it is there, is enumerated at high and at super speed, and endpoints of
every type but isochronous move data.`,
});

const PACKETS = { bulk: { high: 512, super: 1024 }, interrupt: 64 } as const;
const VENDOR_OUT = 0x41;
const VENDOR_IN = 0xc1;
const KEEP = 0x50;
const GIVE = 0x51;

function gadgetOf(maxSpeed: 'high' | 'super') {
  return defineGadget({
    name: 'every-type',
    vendorId: 0x1d6b,
    productId: 0x0104,
    product: 'Every type',
    serialNumber: 'S1',
    maxSpeed,
    functions: {
      all: {
        class: 0xff,
        endpoints: {
          bulkIn: bulk.in(),
          bulkOut: bulk.out(),
          interruptIn: interrupt.in({ packetSize: PACKETS.interrupt }),
          interruptOut: interrupt.out({ packetSize: PACKETS.interrupt }),
        },
      },
    },
  });
}

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 7) % 251);

for (const speed of ['high', 'super'] as const) {
  await using stack = await openOnDwc3(gadgetOf(speed), { onSetup: keepAndGive() });
  const addresses = new Map<string, number>();

  await suite.check(`the controller is there, at ${speed} speed, with the driver dwc3`, async () => {
    const { name, driver } = stack.controller;
    expectEqual([driver, basename(readlinkSync(`/sys/class/udc/${name}/device/driver`))], ['dwc3-gadget', 'dwc3']);
  });

  await suite.check(`is enumerated at ${speed} speed`, async () => {
    const { endpoints, ...device } = await host.device();
    await stack.enabled();
    const identity = { vendorId: 0x1d6b, productId: 0x0104, product: 'Every type', serialNumber: 'S1' };
    expectEqual(device, { speed, ...identity, configuration: 1 });
    for (const { address, type } of endpoints) addresses.set(`${type} ${address & 0x80 ? 'in' : 'out'}`, address);
    const packets = endpoints.map(({ type, packet }) => [type, packet]);
    const bulkPacket = PACKETS.bulk[speed];
    expectEqual(packets, [
      ['bulk', bulkPacket],
      ['bulk', bulkPacket],
      ['interrupt', PACKETS.interrupt],
      ['interrupt', PACKETS.interrupt],
    ]);
    expectEqual([stack.controller.speed, stack.controller.state], [speed, 'configured']);
  });

  await suite.check(`answers control transfers at ${speed} speed`, async () => {
    for (const length of [1, 64, 511, 512, 513, 4000]) {
      expectEqual(await host.controlOut(VENDOR_OUT, KEEP, pattern(length)), length);
      expectEqual([...(await host.controlIn(VENDOR_IN, GIVE, 4096))], [...pattern(length)]);
    }
    await host.controlIn(VENDOR_IN, 0x52, 1).then(
      () => expectEqual('answered', 'refused'),
      ({ code }) => expectEqual(code, 'EPIPE'),
    );
  });

  for (const type of ['bulk', 'interrupt'] as const) {
    await suite.check(`sends on an endpoint of type ${type} at ${speed} speed`, async () => {
      const data = pattern(type === 'bulk' ? 5000 : PACKETS[type]);
      const written = stack.endpoint(`all.${type}In`).write(data);
      const { status, data: got } = await host.receive(addresses.get(`${type} in`)!, data.length, 2000);
      expectEqual([status, [...got], await written], ['0', [...data], data.length]);
    });

    await suite.check(`receives on an endpoint of type ${type} at ${speed} speed`, async () => {
      const data = pattern(type === 'bulk' ? 5000 : PACKETS[type]);
      const into = new Uint8Array(8192).subarray(0, type === 'bulk' ? 8192 : PACKETS[type]);
      const read = stack.endpoint(`all.${type}Out`).read(into);
      const { status } = await host.send(addresses.get(`${type} out`)!, data, 2000);
      expectEqual([status, await read, [...into.subarray(0, data.length)]], ['0', data.length, [...data]]);
    });
  }
}

suite.end();
