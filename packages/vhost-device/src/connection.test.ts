import { loadAddon } from '@gadgetloom/linux-native';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectGuest, Registers, socketPath } from '../test/device-rig.ts';
import { PATIENT } from './attention.ts';
import { Connection } from './connection.ts';
import { closeDescriptors } from './descriptors.ts';
import { DeviceCounts } from './device-statistics.ts';
import { GUEST_BASE } from './testing/guest.ts';

const addon = loadAddon();
const AT = 65_536;

/** A connection that looks for work only when it is told to. */
async function asleep() {
  const path = socketPath();
  const listener = addon.unixListen(path);
  const guest = connectGuest(path);
  const counts = new DeviceCounts();
  const bars = [{ size: 64, space: new Registers(64).space }];
  const connection = new Connection({
    addon,
    socket: addon.unixAccept(listener),
    create: () => ({ configuration: { vendor: 1, device: 2, classCode: 3, bars } }),
    counts,
    report: undefined,
    vigilance: PATIENT,
    ended: () => undefined,
  });
  onTestFinished(() => connection.end(undefined));
  closeDescriptors(listener);
  connection.start();
  await guest.setUp();
  const { ring } = guest.queues[0]!;
  await vi.waitFor(() => expect(ring.wantsKicks).toBe(true));
  /** Hands a read of configuration space over, and does not kick. */
  const offer = (head: number): void => {
    guest.view.setUint32(AT, 1, true);
    guest.view.setUint32(AT + 4, 4, true);
    const answer = { address: GUEST_BASE + AT + 64, length: 8, writable: true };
    ring.offer(head, [{ address: GUEST_BASE + AT, length: 16 }, answer]);
  };
  return { connection, guest, ring, counts, offer };
}

describe('a connection', () => {
  it('asks for kicks when it rests, and not while it looks for work', async () => {
    const { connection, ring } = await asleep();
    connection.begin();
    expect(ring.wantsKicks).toBe(false);
    expect(connection.rest()).toBe(false);
    expect(ring.wantsKicks).toBe(true);
  });

  it('does not rest if a command came before it asked for kicks', async () => {
    const { connection, ring, offer } = await asleep();
    connection.begin();
    expect(connection.serve()).toBe(false);
    offer(0);
    expect(connection.rest()).toBe(true);
    expect(ring.wantsKicks).toBe(false);
    expect(connection.serve()).toBe(true);
    expect(connection.rest()).toBe(false);
    expect(ring.reap()).toEqual({ head: 0, written: 4 });
  });

  it('tells the driver of many commands at once, and of few when it pauses', async () => {
    const { connection, counts, offer, ring } = await asleep();
    connection.begin();
    const calls = counts.calls;
    for (let head = 0; head < 64; head++) offer(2 * head);
    expect([connection.serve(), counts.calls - calls]).toEqual([true, 0]);
    expect([connection.serve(), counts.calls - calls]).toEqual([true, 1]);
    while (ring.reap() !== undefined);
    offer(0);
    expect([connection.serve(), counts.calls - calls]).toEqual([true, 1]);
    connection.pause();
    connection.pause();
    expect(counts.calls - calls).toBe(2);
  });

  it('calls nobody who does not want to be called', async () => {
    const { connection, counts, offer, ring } = await asleep();
    ring.available[0] = 1;
    const calls = counts.calls;
    offer(0);
    connection.serve();
    connection.pause();
    expect(counts.calls).toBe(calls);
  });
});
