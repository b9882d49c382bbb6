import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { composeStack, defineGadget } from '@gadgetloom/gadget';
import { ADI, CortexM, WebUSB } from 'dapjs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cmsisDap } from './cmsis-dap.ts';

const BASE = 0x2000_0000;
const pattern = (length: number) => Uint32Array.from({ length }, (_, at) => at * 0x0101_0703);

/** A device with the probe, and the way of dapjs to it. */
async function plugIn(backend: 'mock' | 'dwc3' | 'musb' = 'mock') {
  const gadget = defineGadget({
    vendorId: 0x1d6b,
    productId: 0x0104,
    functions: { probe: cmsisDap({ address: BASE, memory: 4096 }) },
  });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock(), dwc3(), musb()], backend, onError });
  const device = await stack.host();
  return {
    ...{ stack, device, errors, probe: stack.function('probe') },
    // dapjs wants the types of a browser's device, which the virtual host has at run time.
    transport: new WebUSB(device as unknown as ConstructorParameters<typeof WebUSB>[0]),
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

describe.each(['mock', 'dwc3', 'musb'] as const)('a debug probe on %s, with an unmodified dapjs', (backend) => {
  it('reads and writes memory, in words, half words and blocks', async () => {
    await using rig = await plugIn(backend);
    const target = new ADI(rig.transport);
    await target.connect();
    expect(await target.readDP(0)).toBe(0x2ba0_1477);
    await target.writeMem32(BASE + 8, 0xfeed_beef);
    await target.writeMem16(BASE + 10, 0x1234);
    expect((await target.readMem32(BASE + 8)) >>> 0).toBe(0x1234_beef);
    expect([...rig.probe.memory.subarray(8, 12)]).toEqual([0xef, 0xbe, 0x34, 0x12]);
    await target.writeBlock(BASE + 256, pattern(100));
    expect(await target.readBlock(BASE + 256, 100)).toEqual(pattern(100));
    await target.disconnect();
    expect(rig.errors).toEqual([]);
  });

  it('serves a host that selects the configuration anew each time', async () => {
    await using rig = await plugIn(backend);
    for (let time = 0; time < 3; time++) {
      const target = new CortexM(rig.transport);
      await target.connect();
      await target.writeMem32(BASE, time);
      expect(await target.readMem32(BASE)).toBe(time);
      await target.disconnect();
    }
  });
});

describe('a debug probe', () => {
  it('tells of faults, and goes on when the host has cleared them', async () => {
    await using rig = await plugIn();
    const target = new ADI(rig.transport);
    await target.connect();
    await expect(target.readMem32(BASE + 4096)).rejects.toThrow('Transfer');
    await target.writeMem32(BASE + 4092, 7);
    expect(await target.readMem32(BASE + 4092)).toBe(7);
  });

  it('survives a host that sends anything, and serves the next good one', { timeout: 60_000 }, async () => {
    const command = fc
      .tuple(fc.constantFrom(0, 2, 4, 5, 5, 5, 6, 6, 8, 10, 17, 18, 99), fc.uint8Array({ maxLength: 63 }))
      .map(([number, rest]) => Uint8Array.of(number, ...rest));
    const step = fc.oneof(
      fc.oneof(command, fc.uint8Array({ maxLength: 1500 })).map((bytes) => ({ do: 'send', bytes })),
      fc.constantFrom('read', 'reset', 'configure', 'clear').map((name) => ({ do: name, bytes: new Uint8Array(0) })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        await using rig = await plugIn();
        const { device } = rig;
        await device.open();
        await device.claimInterface(0);
        const endpoints = device.configuration!.interfaces[0]!.alternate.endpoints;
        const numberOf = (direction: string) => endpoints.find((one) => one.direction === direction)!.endpointNumber;
        // A host that does not read makes the probe wait. What waits when the host resets it is cancelled.
        const pending: Promise<unknown>[] = [];
        const wait = (transfer: Promise<unknown>) => pending.push(transfer.catch(() => {}));
        for (const one of steps) {
          if (one.do === 'send') wait(device.transferOut(numberOf('out'), Uint8Array.from(one.bytes)));
          else if (one.do === 'read') wait(device.transferIn(numberOf('in'), 64));
          else if (one.do === 'reset') await device.reset();
          else if (one.do === 'clear') await device.clearHalt('out', numberOf('out'));
          else {
            await device.selectConfiguration(1);
            await device.claimInterface(0);
          }
          await new Promise(setImmediate);
        }
        await device.close();
        await Promise.all(pending);
        const target = new ADI(rig.transport);
        // The first access of a careful host clears what the one before left.
        await target.connect();
        await target.writeBlock(BASE, pattern(20));
        expect(await target.readBlock(BASE, 20)).toEqual(pattern(20));
        expect(rig.errors).toEqual([]);
      }),
      { numRuns: 60, seed: 15 },
    );
  });
});
