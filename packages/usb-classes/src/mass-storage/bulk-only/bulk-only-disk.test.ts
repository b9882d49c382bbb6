import { describe, expect, it } from 'vitest';
import { memoryStore } from '../memory-store.ts';
import { Sense } from '../sense.ts';
import { sampleDisk } from '../testing/index.ts';
import { encodeCommand } from './wrappers.ts';

const BLOCK = 512;
const READ = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
const TEST_UNIT_READY = { cdb: [0, 0, 0, 0, 0, 0] };
const REQUEST_SENSE = { cdb: [3, 0, 0, 0, 18, 0], in: 18 };
const wrapped = (fields: Partial<Parameters<typeof encodeCommand>[0]> = {}): Uint8Array =>
  encodeCommand({ tag: 1, dataLength: 0, direction: 'out', command: new Uint8Array(6), ...fields });

describe('a wrapper that is none (BOT, 6.6.1)', () => {
  it.each([
    ['too short', wrapped().subarray(0, 30)],
    ['too long', Uint8Array.of(...wrapped(), 0)],
    ['empty', new Uint8Array(0)],
    ['with another signature', Uint8Array.of(0, ...wrapped().subarray(1))],
  ])('%s: halts IN until a reset, and takes nothing for a command', async (_, bytes) => {
    await using sample = sampleDisk();
    const { host } = sample.bus;
    await host.send(bytes);
    expect(await host.receive(13)).toBeUndefined();
    await host.clearHalt('in');
    expect(await host.receive(13)).toBeUndefined();
    await host.send(wrapped());
    expect(await host.receive(13)).toBeUndefined();
    await sample.host.recover();
    expect(await sample.host.command(TEST_UNIT_READY)).toMatchObject({ status: 0 });
  });
});

describe('a wrapper that cannot be (BOT, 6.2.2)', () => {
  it.each([
    ['unit 16', { unit: 16 }],
    ['no command', { command: new Uint8Array(0) }],
  ])('%s: halts both endpoints, and goes on without a reset', async (_, fields) => {
    await using sample = sampleDisk();
    const { host } = sample.bus;
    await host.send(wrapped(fields));
    expect(await host.receive(13)).toBeUndefined();
    expect(sample.bus.halted).toEqual({ in: true, out: true });
    await host.clearHalt('in');
    await host.clearHalt('out');
    expect(await sample.host.command(TEST_UNIT_READY)).toMatchObject({ status: 0 });
  });
});

describe('a reset of the protocol', () => {
  it('ends a read that the host does not fetch', async () => {
    await using sample = sampleDisk();
    await sample.bus.host.send(
      wrapped({ dataLength: 65536, direction: 'in', command: Uint8Array.of(0x28, 0, 0, 0, 0, 0, 0, 0, 128, 0) }),
    );
    expect((await sample.bus.host.receive(BLOCK))?.length).toBe(BLOCK);
    await sample.host.recover();
    expect(await sample.host.command({ cdb: READ, in: BLOCK })).toMatchObject({ status: 0, residue: 0 });
    expect(sample.bus.free).toBe(sample.bus.buffers);
  });

  it('ends a write whose data does not come', async () => {
    await using sample = sampleDisk();
    const command = Uint8Array.of(0x2a, 0, 0, 0, 0, 0, 0, 0, 128, 0);
    await sample.bus.host.send(wrapped({ dataLength: 65536, command }));
    await sample.bus.host.send(new Uint8Array(BLOCK * 3));
    await sample.host.recover();
    expect(await sample.host.command({ cdb: READ, in: BLOCK })).toMatchObject({ status: 0, residue: 0 });
    expect(sample.bus.free).toBe(sample.bus.buffers);
  });

  it('waits for a store that is busy, and does not let it write into a new command', async () => {
    let begin = (): void => {};
    let finish = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const store = memoryStore({ size: 1024 * 1024 });
    const slow = {
      ...store,
      async read(at: number, into: Uint8Array) {
        begin();
        await finished;
        await store.read(at, into);
      },
    };
    await using sample = sampleDisk({ units: [{ store: slow }] });
    await sample.bus.host.send(wrapped({ dataLength: BLOCK, direction: 'in', command: Uint8Array.from(READ) }));
    await begun;
    const recovered = sample.host.recover();
    finish();
    await recovered;
    expect(await sample.host.command(TEST_UNIT_READY)).toMatchObject({ status: 0 });
  });

  it('unlocks the medium and forgets the sense data', async () => {
    await using sample = sampleDisk();
    await sample.host.command({ cdb: [0x1e, 0, 0, 0, 1, 0] });
    await sample.host.command({ cdb: [0xee] });
    expect(sample.units[0]).toMatchObject({ locked: true, sense: Sense.INVALID_COMMAND });
    await sample.host.recover();
    expect(sample.units[0]).toMatchObject({ locked: false, sense: Sense.NONE });
  });
});

describe('a configuration', () => {
  it('is told to every unit once: RESET OCCURRED', async () => {
    await using sample = sampleDisk({ units: [{}, {}], attention: true });
    for (const unit of [0, 1]) {
      expect(await sample.host.command({ ...TEST_UNIT_READY, unit })).toMatchObject({ status: 1 });
      const { data } = await sample.host.command({ ...REQUEST_SENSE, unit });
      expect([data[2], data[12], data[13]]).toEqual([6, 0x29, 0]);
      expect(await sample.host.command({ ...TEST_UNIT_READY, unit })).toMatchObject({ status: 0 });
    }
  });

  it('ends when the endpoints are disabled, with the reason, and a reset that waits is answered', async () => {
    const sample = sampleDisk();
    await sample.bus.disconnect();
    expect(await sample.served).toMatchObject({ code: 'ESHUTDOWN' });
    await sample.disk.reset();
  });

  it('gives Get Max LUN', async () => {
    await using sample = sampleDisk({ units: [{}, {}, {}] });
    expect(sample.disk.highestUnit).toBe(2);
  });
});

describe('a host that fetches no status', () => {
  it('gets no second one: the disk waits for it', async () => {
    await using sample = sampleDisk();
    for (let round = 0; round < 50; round++) await sample.bus.host.send(wrapped({ tag: round }));
    expect((await sample.bus.host.receive(13))?.[4]).toBe(0);
    expect((await sample.bus.host.receive(13))?.[4]).toBe(1);
  });
});

describe('a unit that does not exist', () => {
  it('answers INQUIRY and REQUEST SENSE, and fails the rest', async () => {
    await using sample = sampleDisk();
    const inquiry = await sample.host.command({ cdb: [0x12, 0, 0, 0, 36, 0], in: 36, unit: 3 });
    expect(inquiry).toMatchObject({ status: 0 });
    expect(inquiry.data[0]).toBe(0x7f);
    const sense = await sample.host.command({ ...REQUEST_SENSE, unit: 3 });
    expect([sense.data[2], sense.data[12]]).toEqual([5, 0x25]);
    expect(await sample.host.command({ ...TEST_UNIT_READY, unit: 3 })).toMatchObject({ status: 1 });
  });
});
