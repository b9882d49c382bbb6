import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { composeStack, defineGadget } from '@gadgetloom/gadget';
import { fillPattern } from '@gadgetloom/usb-classes/source-sink';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceSink } from './source-sink.ts';

const BACKENDS = ['mock', 'dwc3', 'musb'] as const;
const mod63 = (length: number, packet = 512) => fillPattern('mod63', new Uint8Array(length), packet);

async function plugIn(options: Parameters<typeof sourceSink>[0] = {}, backend: (typeof BACKENDS)[number] = 'mock') {
  const gadget = defineGadget({ vendorId: 0x1d6b, productId: 0x0104, functions: { test: sourceSink(options) } });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock(), dwc3(), musb()], backend, onError });
  const device = await stack.host();
  await device.open();
  await device.claimInterface(0);
  await stack.enabled();
  const address = (end: 'in' | 'out') =>
    device.configuration!.interfaces[0]!.alternate.endpoints.find(({ direction }) => direction === end)!.endpointNumber;
  const packet = device.configuration!.interfaces[0]!.alternate.endpoints[0]!.packetSize;
  const read = async (length: number) => {
    const { data, status } = await device.transferIn(address('in'), length);
    return status === 'ok' ? new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength) : status;
  };
  const write = async (bytes: Uint8Array<ArrayBuffer>) => (await device.transferOut(address('out'), bytes)).status;
  const vendor = (request: number, value = 0) =>
    ({ requestType: 'vendor', recipient: 'device', request, value, index: 0 }) as const;
  const test = stack.function('test');
  return {
    stack,
    device,
    test,
    errors,
    packet,
    address,
    read,
    write,
    vendor,
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

describe.each(BACKENDS)('a source and sink on %s', (backend) => {
  it.each(['bulk', 'interrupt'] as const)('sends its pattern and takes it (%s)', async (type) => {
    await using host = await plugIn({ type, pattern: 'mod63' }, backend);
    const { packet } = host;
    expect(await host.read(2 * packet)).toEqual(mod63(2 * packet, packet));
    for (const length of [1, packet - 1, packet, 5000]) {
      expect(await host.write(mod63(length, packet))).toBe('ok');
      if (length % packet === 0) await host.write(new Uint8Array(0));
    }
    expect(host.test.faults).toBe(0);
    expect(host.errors).toEqual([]);
  });

  it('halts the sink if the pattern is wrong, and goes on when the host has cleared the halt', async () => {
    await using host = await plugIn({}, backend);
    const fault = new Promise((resolve) => host.test.onFault(resolve));
    await host.write(Uint8Array.of(0, 0, 5));
    expect(await fault).toEqual({ offset: 2, found: 5, expected: 0 });
    expect(await host.write(new Uint8Array(3))).toBe('stall');
    await host.device.clearHalt('out', host.address('out'));
    expect(await host.write(new Uint8Array(3))).toBe('ok');
    expect(host.errors).toEqual([]);
  });

  it('gives back what was written in control transfers', async () => {
    await using host = await plugIn({}, backend);
    const bytes = mod63(1000);
    expect((await host.device.controlTransferOut(host.vendor(0x5b), bytes)).status).toBe('ok');
    const { data } = await host.device.controlTransferIn(host.vendor(0x5c), 1000);
    expect(new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength)).toEqual(bytes);
    expect((await host.device.controlTransferIn(host.vendor(0x5c, 1), 10)).status).toBe('stall');
  });

  it('sends back what the host sends, with the same ends', async () => {
    await using host = await plugIn({ mode: 'loopback' }, backend);
    const { packet } = host;
    for (const length of [3, packet, 1000]) {
      const bytes = mod63(length, 63);
      await host.write(bytes);
      if (length % packet === 0) await host.write(new Uint8Array(0));
      expect(await host.read(length % packet === 0 ? length : 4096)).toEqual(bytes);
      if (length % packet === 0) expect(await host.read(packet)).toEqual(new Uint8Array(0));
    }
    expect(host.errors).toEqual([]);
  });
});

describe('a source and sink', () => {
  it('has isochronous endpoints in an alternate setting', async () => {
    await using host = await plugIn({ alternate: true, pattern: 'mod63' }, 'dwc3');
    await host.device.selectAlternateInterface(0, 1);
    const { endpoints } = host.device.configuration!.interfaces[0]!.alternate;
    expect(endpoints.map(({ type }) => type)).toEqual(['isochronous', 'isochronous']);
    const { packets } = await host.device.isochronousTransferIn(host.address('in'), [512]);
    expect(packets[0]!.data!.byteLength % 512).toBe(0);
    expect(host.errors).toEqual([]);
  });

  it('survives a host that does anything, and serves the next good one', { timeout: 60_000 }, async () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 0, max: 1500 }), good: fc.boolean() }),
      fc.record({ read: fc.constantFrom(512, 1024) }),
      fc.record({
        request: fc.integer({ min: 0x5a, max: 0x5d }),
        value: fc.nat(1),
        length: fc.nat(5000),
        out: fc.boolean(),
      }),
      fc.constantFrom('reset', 'clear', 'alternate'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using host = await plugIn({ pattern: 'mod63' });
        const again = async () => {
          await host.device.reset();
          await host.device.selectConfiguration(1);
          await host.device.claimInterface(0);
          await host.stack.enabled();
        };
        for (const one of steps) {
          if (one === 'reset') await again();
          else if (one === 'clear') await host.device.clearHalt('out', host.address('out'));
          else if (one === 'alternate') await host.device.selectAlternateInterface(0, 0);
          else if ('read' in one) await host.read(one.read);
          else if ('write' in one) await host.write(one.good ? mod63(one.write) : new Uint8Array(one.write).fill(200));
          else if (one.out)
            await host.device.controlTransferOut(host.vendor(one.request, one.value), new Uint8Array(one.length));
          else await host.device.controlTransferIn(host.vendor(one.request, one.value), one.length);
        }
        await again();
        expect(await host.read(512)).toEqual(mod63(512));
        expect(await host.write(mod63(100))).toBe('ok');
        expect(host.errors).toEqual([]);
      }),
      { numRuns: 25, seed: 15 },
    );
  });
});
