import { Errno } from '@gadgetloom/core';
import { encodeCommand } from '@gadgetloom/usb-classes/mass-storage';
import { HostTransfer } from '@gadgetloom/virtual-host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DiskRig, diskRig } from '../test/disk-rig.ts';

const MIB = 1024 * 1024;
const byte = fc.integer({ min: 0, max: 255 });
const cdb = fc
  .tuple(
    fc.oneof(fc.constantFrom(0, 3, 0x12, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0x2a, 0x2f, 0x35, 0x42, 0x88, 0x8a, 0xa0), byte),
    fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, byte), { maxLength: 15 }),
  )
  .map(([code, rest]) => Uint8Array.of(code, ...rest));
const length = fc.oneof(fc.constantFrom(0, 36, 512, 8192, 65536, 0xffff_ffff), fc.nat(100_000));
const move = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      dataLength: length,
      direction: fc.constantFrom('in' as const, 'out' as const),
      unit: fc.integer({ min: 0, max: 16 }),
      command: cdb,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('out' as const), length: fc.nat(100_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('in' as const), length: fc.integer({ min: 1, max: 100_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      type: byte,
      request: byte,
      value: byte,
      index: byte,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'clear' as const }, { kind: 'configure' as const }) },
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

/** Does what a bad host does. Transfers that do not end are left behind, and cancelled with the next configuration. */
async function misbehave({ device }: DiskRig, step: Move, tag: number, left: HostTransfer[]): Promise<void> {
  const [source, sink] = device.endpoints();
  const submit = (address: number, data: Uint8Array): void => {
    const transfer = new HostTransfer(data, () => {});
    device.pipe(address).submit(transfer);
    left.push(transfer);
  };
  if (step.kind === 'command') submit(sink!.address, encodeCommand({ ...step, tag }));
  else if (step.kind === 'out') submit(sink!.address, new Uint8Array(step.length).fill(tag));
  else if (step.kind === 'in') submit(source!.address, new Uint8Array(step.length));
  else if (step.kind === 'clear') for (const { address } of [source!, sink!]) await device.clearHalt(address);
  else if (step.kind === 'configure') await device.setConfiguration(1);
  else {
    // Standard requests would change the configuration behind the host's back.
    const requestType = (step.type & 0x9f) | (step.type & 0x20 ? 0x20 : 0x40);
    const { request, value, index } = step;
    const setup = { requestType, request, value, index, length: requestType & 0x80 ? 8 : 0 };
    await (await device.startControl(setup, new Uint8Array(8))).done;
  }
}

describe.each(['mock', 'mock without scatter-gather', 'dwc3', 'musb'] as const)(
  'a bad host of a disk on %s',
  (backend) => {
    it('neither ends it nor makes it deaf: the next good host is served', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(move, { maxLength: 15 }), async (steps) => {
          await using rig = await diskRig(backend, { luns: [{ memory: MIB, removable: false }, { removable: true }] });
          const left: HostTransfer[] = [];
          for (const [tag, step] of steps.entries()) await misbehave(rig, step, tag, left);
          // The next host begins as every host does.
          await rig.device.setConfiguration(1);
          await rig.host.recover();
          for (const transfer of left) expect(transfer.status).not.toBe(-Errno.EINPROGRESS);
          const ready = { cdb: [0, 0, 0, 0, 0, 0] };
          await rig.host.command(ready);
          expect(await rig.host.command(ready)).toMatchObject({ status: 0 });
          const out = new Uint8Array(40 * 512).fill(0x5a);
          expect(await rig.host.command({ cdb: [0x2a, 0, 0, 0, 0, 9, 0, 0, 40, 0], out })).toMatchObject({ status: 0 });
          const { data } = await rig.host.command({ cdb: [0x28, 0, 0, 0, 0, 9, 0, 0, 40, 0], in: out.length });
          expect(Buffer.compare(data, out)).toBe(0);
          expect(rig.errors).toEqual([]);
        }),
        { numRuns: 12, seed: 15 },
      );
    }, 60_000);
  },
);
