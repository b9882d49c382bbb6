import { describe, expect, it } from 'vitest';
import { KERNEL_DISK } from '../scsi/personalities.ts';
import { sampleDisk } from '../testing/index.ts';
import { CommandStatus, decodeStatus, encodeCommand } from './wrappers.ts';

const { PASSED, PHASE_ERROR } = CommandStatus;
const BLOCK = 512;
const READ_10 = (blocks: number) => [0x28, 0, 0, 0, 0, 1, 0, 0, blocks, 0];
const WRITE_10 = (blocks: number) => [0x2a, 0, 0, 0, 0, 1, 0, 0, blocks, 0];
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const blocks = (count: number) => new Uint8Array(count * BLOCK).fill(7);

/** BOT, 6.7: what the host expects (n nothing, i in, o out) against what the device intends. */
const CASES = [
  { name: '1: Hn = Dn', cdb: TEST_UNIT_READY, status: PASSED, residue: 0 },
  { name: '2: Hn < Di', cdb: READ_10(1), status: PHASE_ERROR, residue: 0 },
  { name: '3: Hn < Do', cdb: WRITE_10(1), status: PHASE_ERROR, residue: 0 },
  {
    name: '4: Hi > Dn',
    cdb: TEST_UNIT_READY,
    in: 2 * BLOCK,
    status: PASSED,
    residue: 2 * BLOCK,
    received: 0,
    halt: true,
  },
  {
    name: '5: Hi > Di',
    cdb: READ_10(1),
    in: 3 * BLOCK,
    status: PASSED,
    residue: 2 * BLOCK,
    received: BLOCK,
    halt: true,
  },
  { name: '6: Hi = Di', cdb: READ_10(2), in: 2 * BLOCK, status: PASSED, residue: 0, received: 2 * BLOCK },
  { name: '7: Hi < Di', cdb: READ_10(3), in: 2 * BLOCK, status: PHASE_ERROR, residue: 0, received: 2 * BLOCK },
  {
    name: '8: Hi <> Do',
    cdb: WRITE_10(2),
    in: 2 * BLOCK,
    status: PHASE_ERROR,
    residue: 2 * BLOCK,
    received: 0,
    halt: true,
  },
  { name: '9: Ho > Dn', cdb: TEST_UNIT_READY, out: blocks(2), status: PASSED, residue: 2 * BLOCK },
  { name: '10: Ho <> Di', cdb: READ_10(2), out: blocks(2), status: PHASE_ERROR, residue: 2 * BLOCK },
  { name: '11: Ho > Do', cdb: WRITE_10(1), out: blocks(3), status: PASSED, residue: 2 * BLOCK },
  { name: '12: Ho = Do', cdb: WRITE_10(2), out: blocks(2), status: PASSED, residue: 0 },
  { name: '13: Ho < Do', cdb: WRITE_10(3), out: blocks(2), status: PHASE_ERROR, residue: 0 },
] as const;

describe.each([
  ['a disk', {}],
  ['the disk of the kernel', { personality: KERNEL_DISK }],
] as const)('the thirteen cases on %s', (_, options) => {
  for (const stall of [true, false])
    describe(stall ? 'that halts' : 'that does not halt', () => {
      it.each(CASES)('$name', async (wanted) => {
        await using sample = sampleDisk({ ...options, stall });
        const { host } = sample.bus;
        const direction = 'in' in wanted ? 'in' : 'out';
        const dataLength = 'in' in wanted ? wanted.in : 'out' in wanted ? wanted.out.length : 0;
        const command = Uint8Array.from(wanted.cdb);
        await host.send(encodeCommand({ tag: 99, dataLength, direction, command }));
        if ('in' in wanted) expect((await host.receive(wanted.in))?.length).toBe(wanted.received);
        if ('out' in wanted) await host.send(wanted.out);
        let status = await host.receive(13);
        if ('halt' in wanted && stall) {
          expect(status).toBeUndefined();
          await host.clearHalt('in');
          status = await host.receive(13);
        }
        expect(decodeStatus(status!)).toEqual({ tag: 99, residue: wanted.residue, status: wanted.status });
        // Whatever the host has done, the next command works.
        if (wanted.status === PHASE_ERROR) await sample.host.recover();
        expect(await sample.host.command({ cdb: TEST_UNIT_READY })).toMatchObject({ status: PASSED });
        expect(sample.bus.free).toBe(sample.bus.buffers);
      });
    });
});

it('writes what a host sends before it ends early, whole blocks only', async () => {
  await using sample = sampleDisk();
  const { host } = sample.bus;
  const command = Uint8Array.from(WRITE_10(4));
  await host.send(encodeCommand({ tag: 5, dataLength: 4 * BLOCK, direction: 'out', command }));
  await host.send(new Uint8Array(BLOCK + 100).fill(9));
  expect(decodeStatus((await host.receive(13))!)).toEqual({ tag: 5, residue: 3 * BLOCK, status: PASSED });
  const { data } = await sample.host.command({ cdb: READ_10(2), in: 2 * BLOCK });
  expect([data[0], data[BLOCK - 1], data[BLOCK]]).toEqual([9, 9, 0]);
});

it('lets a host allow more than it fetches, where the kernel sees a phase error', async () => {
  const inquiry = { cdb: [0x12, 0, 0, 0, 255, 0], in: 36 };
  await using ours = sampleDisk();
  expect(await ours.host.command(inquiry)).toMatchObject({ status: PASSED, residue: 0 });
  await using kernels = sampleDisk({ personality: KERNEL_DISK });
  expect(await kernels.host.command(inquiry)).toMatchObject({ status: PHASE_ERROR, residue: 0 });
});
