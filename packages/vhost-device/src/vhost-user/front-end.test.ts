import { openSync } from 'node:fs';
import { loadAddon } from '@gadgetloom/linux-native';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectGuest, type DeviceRig, openDescriptors, serveRegisters } from '../../test/device-rig.ts';
import { closeDescriptors } from '../descriptors.ts';
import { GUEST_BASE, type Guest, USER_BASE } from '../testing/guest.ts';
import { FEATURES, PROTOCOL_FEATURES, REQUESTS, type RequestName } from './requests.ts';

const addon = loadAddon();
const ready = Number(FEATURES);
const PAGE = addon.pageSize;

async function rigWithGuest(): Promise<DeviceRig & { guest: Guest }> {
  const rig = await serveRegisters();
  return { ...rig, guest: connectGuest(rig.socket) };
}

/** A file that can be handed over, for the time of a test. */
function memfd(size: number): number {
  const file = addon.memfd('test', size, 0);
  onTestFinished(() => closeDescriptors(file));
  return file;
}

describe('a front end', () => {
  it('is told the features, and what it needs to know', async () => {
    const { guest } = await rigWithGuest();
    expect(await guest.channel.ask('GET_FEATURES')).toBe(FEATURES);
    expect(await guest.channel.ask('GET_PROTOCOL_FEATURES')).toBe(PROTOCOL_FEATURES);
    await guest.setUp();
    expect(await guest.channel.ask('GET_VRING_BASE', [[1, 0]])).toBe(1n);
  });

  it('may stop the queues, and go on elsewhere', async () => {
    const { guest, registers } = await rigWithGuest();
    await guest.setUp();
    const { ring } = guest.queues[0]!;
    const read = async (head: number): Promise<void> => {
      const called = new Promise<void>((resolve) => guest.onCall(0, resolve));
      guest.view.setUint32(65_536, 1, true);
      guest.view.setUint32(65_540, 4, true);
      const part = { address: GUEST_BASE + 65_536, length: 16 };
      ring.offer(head, [part, { address: GUEST_BASE + 65_600, length: 8, writable: true }]);
      guest.kick(0);
      await called;
    };
    await read(0);
    expect(ring.reap()).toEqual({ head: 0, written: 4 });
    expect(await guest.channel.ask('GET_VRING_BASE', [[0, 0]])).toBe(1n << 32n);
    // What is handed over now waits until the queue is used again.
    const waiting = read(2);
    await guest.channel.ask('GET_FEATURES');
    expect(ring.reap()).toBeUndefined();
    guest.shareMemory();
    guest.channel.sendWords('SET_VRING_KICK', [0], [guest.queues[0]!.kick]);
    await waiting;
    expect(ring.reap()).toEqual({ head: 2, written: 4 });
    expect(guest.view.getUint32(65_600, true)).toBe(0x11e91234);
    expect(registers.accesses).toEqual([]);
  });

  it('may share other memory while queues are used, if they are in that, too', async () => {
    const { guest, disconnected } = await rigWithGuest();
    await guest.setUp();
    guest.shareMemory();
    await guest.channel.ask('GET_FEATURES');
    const ended = disconnected();
    guest.channel.sendWords('SET_MEM_TABLE', [[0, 0]]);
    expect(await ended).toMatchObject({ message: expect.stringContaining('not in the shared memory') });
  });

  it('may begin anew', async () => {
    const { guest } = await rigWithGuest();
    await guest.setUp();
    guest.channel.send('RESET_OWNER');
    await guest.setUp();
    expect(await guest.channel.ask('GET_VRING_BASE', [[0, 0]])).toBe(0n);
  });

  it('need not enable queues where protocol features were not negotiated', async () => {
    const { guest, device } = await rigWithGuest();
    guest.channel.sendWords('SET_FEATURES', [2 ** 32]);
    guest.shareMemory();
    const { ring, kick, call } = guest.queues[0]!;
    guest.channel.sendWords('SET_VRING_NUM', [[0, ring.size]]);
    const { descriptors, used, available } = ring.offsets;
    guest.channel.sendWords('SET_VRING_ADDR', [
      [0, 0],
      ...[descriptors, used, available].map((at) => USER_BASE + at),
      0,
    ]);
    guest.channel.sendWords('SET_VRING_CALL', [0], [call]);
    const called = new Promise<void>((resolve) => guest.onCall(0, resolve));
    guest.view.setUint32(65_536, 1, true);
    guest.view.setUint32(65_540, 4, true);
    ring.offer(0, [
      { address: GUEST_BASE + 65_536, length: 16 },
      { address: GUEST_BASE + 65_600, length: 8, writable: true },
    ]);
    guest.channel.sendWords('SET_VRING_KICK', [0], [kick]);
    await called;
    expect(device.statistics.configurationReads).toBe(1);
  });

  it('is replied to when it asks for that, also byte by byte', async () => {
    const { guest } = await rigWithGuest();
    const { channel } = guest;
    channel.sendWords('SET_PROTOCOL_FEATURES', [Number(PROTOCOL_FEATURES)]);
    const message = new Uint8Array(Uint32Array.of(2, 1 | 8, 8, ready >>> 0, ready / 2 ** 32).buffer);
    const reply = channel.ask('GET_FEATURES');
    expect(await reply).toBe(FEATURES);
    const status = channel.reply();
    for (const byte of message) channel.sendBytes(Uint8Array.of(byte));
    expect(await status).toBe(0n);
  });
});

describe('a message that cannot be', () => {
  const words =
    (name: RequestName, ...values: (number | readonly [number, number])[]) =>
    (guest: Guest) =>
      guest.channel.sendWords(name, values);
  const bytes =
    (...values: number[]) =>
    (guest: Guest) =>
      guest.channel.sendBytes(new Uint8Array(Uint32Array.from(values).buffer));
  const region = (guest: number, size: number, user = USER_BASE, offset = 0) => [guest, size, user, offset] as const;
  const table =
    (regions: readonly (readonly number[])[], file = (guest: Guest) => guest.file) =>
    (guest: Guest) =>
      guest.channel.sendWords(
        'SET_MEM_TABLE',
        [[regions.length, 0], ...regions.flat()],
        regions.map(() => file(guest)),
      );

  it.each<[string, (guest: Guest) => void, RegExp]>([
    ['an unknown message', bytes(99, 1, 0), /message 99 belongs to no feature/],
    ['a message of a feature that is not offered', bytes(17, 1, 0), /message 17 belongs to no feature/],
    ['another version', bytes(1, 2, 0), /flags are 0x2/],
    ['a reply', bytes(1, 5, 0), /flags are 0x5/],
    ['a request for a reply that was not negotiated', bytes(3, 9, 0), /was not negotiated/],
    ['too long a payload', bytes(1, 1, 8, 0, 0), /must have 0 bytes, but has 8/],
    ['a payload without end', bytes(5, 1, 0xffff_ffff), /8 to 264 bytes/],
    ['too short a payload', words('SET_VRING_ADDR', 0), /must have 40 bytes, but has 8/],
    ['features that were not offered', words('SET_FEATURES', ready + 2), /0x2 were not offered/],
    ['a driver of old', words('SET_FEATURES', 2 ** 30), /requires VIRTIO_F_VERSION_1/],
    ['protocol features that were not offered', words('SET_PROTOCOL_FEATURES', 1), /0x1 were not offered/],
    ['a queue that is not there', words('SET_VRING_NUM', [2, 256]), /no queue 2/],
    ['a queue of no size', words('SET_VRING_NUM', [0, 0]), /power of two/],
    ['a queue of an odd size', words('SET_VRING_NUM', [0, 100]), /power of two/],
    ['a queue that is too large', words('SET_VRING_NUM', [0, 32_768]), /power of two/],
    ['a queue without a size', words('SET_VRING_ADDR', 0, 0, 0, 0, 0), /size of the queue cmd comes first/],
    ['a log', words('SET_VRING_ADDR', [0, 1], 0, 0, 0, 0), /logging was not offered/],
    [
      'a queue that is nowhere',
      (guest) => {
        guest.channel.sendWords('SET_VRING_NUM', [[0, 256]]);
        guest.channel.sendWords('SET_VRING_ADDR', [0, 0, 0, 0, 0]);
      },
      /descriptors part is not in the shared memory/,
    ],
    ['an enabled queue that cannot be', words('SET_VRING_ENABLE', [0, 1]), /protocol features were not negotiated/],
    [
      'a state that is neither',
      (guest) => {
        guest.channel.sendWords('SET_FEATURES', [ready]);
        guest.channel.sendWords('SET_VRING_ENABLE', [[0, 2]]);
      },
      /state of a queue is 2/,
    ],
    ['a missing descriptor', words('SET_VRING_KICK', 0), /announces a descriptor, but has 0/],
    ['a queue without kicks', words('SET_VRING_KICK', 0x100), /requires a kick descriptor/],
    [
      'a descriptor for no queue',
      (guest) => guest.channel.sendWords('SET_VRING_CALL', [7], [guest.file]),
      /no queue 7/,
    ],
    [
      'a surplus descriptor',
      (guest) => guest.channel.sendWords('SET_VRING_CALL', [0x100], [guest.file]),
      /no descriptor, but has 1/,
    ],
    [
      'two descriptors',
      (guest) => guest.channel.sendWords('SET_VRING_CALL', [0], [guest.file, guest.file]),
      /descriptors, but has 2/,
    ],
    [
      'descriptors for nothing',
      (guest) => guest.channel.send('SET_OWNER', undefined, [guest.file]),
      /descriptors, but has 1/,
    ],
    ['no channel', words('SET_BACKEND_REQ_FD'), /descriptors, but has 0/],
    [
      'a kick that nobody can wait for',
      (guest) => guest.channel.sendWords('SET_VRING_KICK', [0], [guest.file]),
      /EPERM/,
    ],
    [
      'fewer regions than announced',
      (guest) => guest.channel.sendWords('SET_MEM_TABLE', [[2, 0], ...region(0, PAGE)], [guest.file, guest.file]),
      /room for 1/,
    ],
    [
      'fewer descriptors than regions',
      (guest) => guest.channel.sendWords('SET_MEM_TABLE', [[1, 0], ...region(0, PAGE)]),
      /each of 1 regions, but has 0/,
    ],
    ['memory of no size', table([region(0, 0)]), /region 0 is refused/],
    ['memory without end', table([region(0, 2 ** 62)]), /region 0 is refused/],
    ['addresses beyond every number', table([region(2 ** 63, PAGE)]), /beyond 2\^53/],
    ['memory behind the end of its file', table([region(0, PAGE, USER_BASE, 131_072)]), /its file 131072/],
    ['memory that begins inside a page', table([region(0, PAGE, USER_BASE, 64)]), /cannot be mapped: EINVAL/],
    ['memory that is no file', table([region(0, PAGE)], ({ queues }) => queues[0]!.kick), /its file none/],
    [
      'memory that overlaps',
      table([region(0, 2 * PAGE), region(PAGE, PAGE, 0)]),
      /region 0 is refused: it overlaps region 1/,
    ],
  ])('ends the connection, and nothing is left open: %s', async (_, send, message) => {
    const { guest, disconnected } = await rigWithGuest();
    await guest.channel.ask('GET_FEATURES');
    const before = await openDescriptors();
    const ended = disconnected();
    send(guest);
    expect(await ended).toMatchObject({ code: 'EPROTO', message: expect.stringMatching(message) });
    await guest.channel.closed;
    // The socket, and the poller of the connection.
    expect(await openDescriptors()).toBeLessThanOrEqual(before - 2);
  });

  it('may be memory that can only be read', async () => {
    const { guest, disconnected } = await rigWithGuest();
    const readOnly = openSync(new URL(import.meta.url), 'r');
    onTestFinished(() => closeDescriptors(readOnly));
    const ended = disconnected();
    guest.channel.sendWords('SET_MEM_TABLE', [[1, 0], ...region(0, 64)], [readOnly]);
    expect(await ended).toMatchObject({ message: expect.stringContaining('EACCES') });
  });

  it('may be half a message, or descriptors in heaps', async () => {
    const rig = await serveRegisters();
    for (const send of [
      (guest: Guest) => guest.channel.sendBytes(Uint8Array.of(1, 0, 0)),
      (guest: Guest) =>
        guest.channel.sendBytes(new Uint8Array(Uint32Array.of(1, 1, 0).buffer), Array(253).fill(guest.file)),
    ]) {
      const guest = connectGuest(rig.socket);
      const before = await openDescriptors();
      const ended = rig.disconnected();
      send(guest);
      guest.channel[Symbol.dispose]();
      expect(await ended).toMatchObject({ code: 'EPROTO' });
      expect(await openDescriptors()).toBeLessThan(before);
    }
  });

  it('may be about a queue that is used', async () => {
    for (const [name, word] of [
      ['SET_VRING_NUM', 8],
      ['SET_VRING_BASE', 0],
      ['SET_VRING_ADDR', 0],
    ] as const) {
      const { guest, disconnected } = await rigWithGuest();
      await guest.setUp();
      const ended = disconnected();
      guest.channel.sendWords(name, name === 'SET_VRING_ADDR' ? [0, 0, 0, 0, 0] : [[0, word]]);
      expect(await ended).toMatchObject({ operation: name, message: expect.stringContaining('is in use') });
    }
  });

  it('is told on the error descriptor', async () => {
    const { guest, disconnected } = await rigWithGuest();
    const error = addon.eventfd();
    onTestFinished(() => closeDescriptors(error));
    guest.channel.sendWords('SET_VRING_ERR', [0], [error]);
    const ended = disconnected();
    guest.channel.sendWords('SET_VRING_NUM', [[0, 3]]);
    await ended;
    expect(addon.eventTake(error)).toBe(1);
  });

  it('never leaves anything open, nor ends anything else than its connection', async () => {
    const rig = await serveRegisters();
    const names = Object.values(REQUESTS).map(({ name }) => name);
    const message = fc.record({
      name: fc.constantFrom(...names),
      words: fc.array(fc.oneof(fc.nat(4), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { maxLength: 9 }),
      descriptors: fc.array(fc.constantFrom('memory', 'event'), { maxLength: 3 }),
    });
    const file = memfd(PAGE);
    const event = addon.eventfd();
    onTestFinished(() => closeDescriptors(event));
    const before = await openDescriptors();
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), async (messages) => {
        const guest = connectGuest(rig.socket, PAGE * 32);
        const ended = rig.disconnected();
        if (messages.length % 2 === 0) await guest.setUp();
        for (const { name, words: values, descriptors } of messages) {
          const payload = new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
          guest.channel.send(
            name,
            payload,
            descriptors.map((kind) => (kind === 'memory' ? file : event)),
          );
        }
        guest.channel[Symbol.dispose]();
        const error = await ended;
        expect(error === undefined || (error as { code?: string }).code === 'EPROTO').toBe(true);
        guest[Symbol.dispose]();
        expect(await openDescriptors()).toBe(before);
      }),
      { numRuns: 60 },
    );
    expect(rig.removed()).toBe(rig.made());
  });
});
