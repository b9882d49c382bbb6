import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KERNEL_DISK } from '../scsi/personalities.ts';
import { CheckCondition } from '../sense.ts';
import { sampleDisk } from '../testing/index.ts';
import { encodeCommand } from './wrappers.ts';

/** A random command: mostly one that is known, with fields that may be anything. */
const opcode = fc.oneof(
  fc.constantFrom(...[0, 3, 8, 0x0a, 0x12, 0x15, 0x1a, 0x1b, 0x1e, 0x23, 0x25, 0x28, 0x2a, 0x2f, 0x35, 0x41, 0x42]),
  fc.constantFrom(...[0x43, 0x44, 0x55, 0x5a, 0x88, 0x8a, 0x8f, 0x91, 0x93, 0x9e, 0xa0, 0xa8, 0xaa]),
  fc.integer({ min: 0, max: 255 }),
);
const small = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 }));
const cdb = fc
  .tuple(opcode, fc.array(small, { minLength: 0, maxLength: 15 }))
  .map(([code, rest]) => Uint8Array.of(code, ...rest));
const length = fc.oneof(
  fc.constantFrom(0, 8, 18, 24, 36, 192, 512, 1024, 4096, 20_000),
  fc.integer({ min: 0, max: 40_000 }),
  fc.constantFrom(0x7fff_ffff, 0xffff_ffff),
);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('command' as const),
      dataLength: length,
      direction: fc.constantFrom('in' as const, 'out' as const),
      unit: fc.integer({ min: 0, max: 17 }),
      command: cdb,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('out' as const), length: fc.nat(40_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('in' as const), length: fc.integer({ min: 1, max: 40_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 64 }) }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: 'clear in' as const }, { kind: 'clear out' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pause' as const }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does what a bad host does, and waits for nothing for long. */
async function misbehave(sample: ReturnType<typeof sampleDisk>, move: Step, tag: number): Promise<void> {
  const { host } = sample.bus;
  if (move.kind === 'command') await host.send(encodeCommand({ ...move, tag }));
  else if (move.kind === 'out') await host.send(new Uint8Array(move.length).fill(tag));
  else if (move.kind === 'bytes') await host.send(move.bytes);
  else if (move.kind === 'in') void host.receive(move.length);
  else if (move.kind === 'clear in') await host.clearHalt('in');
  else if (move.kind === 'clear out') await host.clearHalt('out');
  else if (move.kind === 'reset') await host.reset();
  else await new Promise((resolve) => setTimeout(resolve, 0));
}

describe.each([
  ['a disk', {}],
  ['the disk of the kernel', { personality: KERNEL_DISK }],
] as const)('a bad host and %s', (_, options) => {
  it('neither ends the disk nor costs it a buffer: the next good host is served', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (moves, stall) => {
        await using sample = sampleDisk({
          ...options,
          stall,
          bufferSize: 4096,
          units: [{}, { store: undefined }, { cdrom: true }],
        });
        for (const [tag, move] of moves.entries()) await misbehave(sample, move, tag);
        sample.bus.forgetReaders();
        await sample.host.recover();
        const ready = { cdb: [0, 0, 0, 0, 0, 0] };
        await sample.host.command(ready);
        if (sample.units[0]!.medium === undefined) return;
        expect(await sample.host.command(ready)).toMatchObject({ status: 0, residue: 0 });
        const out = new Uint8Array(9 * 512).fill(0xa5);
        await sample.host.command({ cdb: [0x2a, 0, 0, 0, 0, 7, 0, 0, 9, 0], out });
        const { data } = await sample.host.command({ cdb: [0x28, 0, 0, 0, 0, 7, 0, 0, 9, 0], in: out.length });
        expect(Buffer.compare(data, out)).toBe(0);
        expect(sample.bus.free).toBe(sample.bus.buffers);
      }),
      { numRuns: 200, seed: 15 },
    );
  }, 60_000);
});

it('a store that throws anything at all fails the command, and nothing else', async () => {
  const store = {
    size: 1024 * 1024,
    blockSize: 512,
    readOnly: false,
    read: () => {
      throw undefined;
    },
    write: async () => {
      throw new CheckCondition(0x0e1d00);
    },
    flush: async () => {
      throw 'broken';
    },
  };
  await using sample = sampleDisk({ units: [{ store }] });
  const commands = [
    { cdb: [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0], in: 512 },
    { cdb: [0x2a, 8, 0, 0, 0, 0, 0, 0, 1, 0], out: new Uint8Array(512) },
    { cdb: [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
    { cdb: [0x2f, 0, 0, 0, 0, 0, 0, 0, 1, 0] },
  ];
  for (const command of commands) expect(await sample.host.command(command)).toMatchObject({ status: 1 });
  expect(await sample.host.command({ cdb: [0, 0, 0, 0, 0, 0] })).toMatchObject({ status: 0 });
});
