import { MILLISECOND } from '@gadgetloom/core';
import { HostTransfer } from '@gadgetloom/virtual-host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKENDS, serialHost, serialStack } from '../../test/serial-stack.ts';
import type { SerialPort } from './serial-port.ts';

type Rig = Awaited<ReturnType<typeof serialStack>>;

/** What a bad host or a hasty program does. What fails, fails; nothing may throw past its caller or hang. */
type Deed = (rig: Rig, ports: SerialPort[]) => Promise<unknown>;

const waits = 5 * MILLISECOND;

/** Class and standard requests with any length, cancelled or left to their end. SET_ADDRESS would lose the device. */
const control = fc
  .record({
    requestType: fc.constantFrom(0x21, 0xa1, 0x22, 0x41, 0xc0, 0x01, 0x81, 0x02),
    request: fc.oneof(fc.constantFrom(0x20, 0x21, 0x22, 0x23, 1, 3), fc.nat({ max: 0xff })),
    value: fc.oneof(fc.constantFrom(0, 1, 0xffff), fc.nat({ max: 0xffff })),
    index: fc.oneof(fc.constantFrom(0, 1, 2, 0x81), fc.nat({ max: 0xffff })),
    length: fc.oneof(fc.constantFrom(0, 6, 7, 8, 64), fc.nat({ max: 0xffff })),
    cancelled: fc.boolean(),
  })
  .map(
    ({ cancelled, ...setup }): Deed =>
      async ({ stack }) => {
        const device = await stack.hostDevice();
        const pending = await device.startControl(setup, new Uint8Array(setup.length), waits);
        if (cancelled) pending.cancel();
        return pending.done;
      },
  );

/** A transfer of any length on any endpoint, with little patience. */
const transfer = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 3000 })).map(
  ([which, length]): Deed =>
    async ({ stack }) => {
      const pipe = (await stack.hostDevice()).endpoints()[which];
      await new Promise<void>((resolve) => {
        pipe?.submit(new HostTransfer(new Uint8Array(length), () => resolve()), waits);
        if (pipe === undefined) resolve();
      });
    },
);

const disturbance = fc.constantFrom<Deed>(
  async ({ stack }) => (await stack.hostDevice()).reset(),
  async ({ stack }) => (await stack.hostDevice()).setConfiguration(1),
  async ({ stack }) => (await stack.hostDevice()).setConfiguration(0),
  async ({ stack }) => (await stack.hostDevice()).setInterface(1, 0),
  async ({ stack }) => (await stack.hostDevice()).setInterface(0, 0),
  async ({ stack }) => {
    const device = await stack.hostDevice();
    for (const { address } of device.endpoints()) await device.clearHalt(address);
  },
  async ({ stack }) => {
    await stack.usbGadget.unbind();
    await stack.usbGadget.bind();
  },
);

const program = fc.constantFrom<Deed>(
  async ({ open }, ports) => ports.push(await open()),
  async (_, ports) => ports.shift()?.close(),
  async (_, ports) => ports[0]?.setBreak(true),
  async (_, ports) => ports[0]?.write(new Uint8Array(700), { signal: AbortSignal.abort() }),
  async (_, ports) => {
    void ports[0]?.write(new Uint8Array(700)).catch(() => {});
  },
  async (_, ports) => {
    void ports[0]?.read({ max: 100 });
  },
  async ({ pass }) => pass(5),
);

const deeds = fc.array(fc.oneof(control, transfer, disturbance, program), { minLength: 1, maxLength: 12 });

describe.each(BACKENDS)('after a host that does anything, a serial port on %s', (backend) => {
  it.each(['acm', 'gser'] as const)('serves the next good host: %s', { timeout: 120_000 }, async (kernel) => {
    await fc.assert(
      fc.asyncProperty(deeds, async (all) => {
        const rig = await serialStack(backend, kernel);
        const ports: SerialPort[] = [];
        for (const deed of all) await deed(rig, ports).catch(() => {});
        await rig.stack.usbGadget.unbind();
        for (const port of ports) await port.close();
        await using port = await rig.open();
        await rig.stack.usbGadget.bind();
        const host = await serialHost(rig);
        await host.send('good');
        expect(String.fromCharCode(...((await port.read()) ?? []))).toBe('good');
        await port.write(Uint8Array.of(1, 2, 3));
        expect(await host.receive()).toEqual([1, 2, 3]);
        await rig.stack.close();
      }),
      { numRuns: 25, seed: 15 },
    );
  });
});
