import { loadAddon } from '@gadgetloom/linux-native';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectGuest, socketPath } from '../test/device-rig.ts';
import { PATIENT } from './attention.ts';
import { Connection } from './connection.ts';
import { closeDescriptors } from './descriptors.ts';
import { DeviceCounts } from './device-statistics.ts';
import { INTERRUPT_QUEUE, Operation } from './pci/transaction.ts';
import { GUEST_BASE } from './testing/guest.ts';

const addon = loadAddon();
const AT = 65_536;

/** A connection that looks for work only when it is told to. */
async function asleep() {
  const path = socketPath();
  const listener = addon.unixListen(path);
  const guest = connectGuest(path);
  const counts = new DeviceCounts();
  let lowerLine = (): void => undefined;
  let raiseLine = (): void => undefined;
  const bars = [{ size: 16, space: { read: () => 0, write: () => lowerLine() } }];
  const connection = new Connection({
    addon,
    socket: addon.unixAccept(listener),
    create: ({ interrupt }) => {
      raiseLine = () => interrupt.raise();
      lowerLine = () => interrupt.lower();
      return { configuration: { vendor: 1, device: 2, classCode: 3, bars } };
    },
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
    guest.view.setUint32(AT, Operation.CONFIGURATION_READ, true);
    guest.view.setUint32(AT + 4, 4, true);
    const answer = { address: GUEST_BASE + AT + 64, length: 8, writable: true };
    ring.offer(head, [{ address: GUEST_BASE + AT, length: 16 }, answer]);
  };
  /** Hands a write of 16 bits over, and does not kick. */
  const offerWrite = (head: number, operation: number, offset: number, value: number): void => {
    const at = AT + 256 + head * 32;
    guest.view.setUint32(at, operation, true);
    guest.view.setUint32(at + 4, 2, true);
    guest.view.setUint32(at + 8, offset, true);
    guest.view.setUint32(at + 16, value, true);
    ring.offer(head, [{ address: GUEST_BASE + at, length: 18 }]);
  };
  const provideBuffer = (): void => {
    const buffer = { address: GUEST_BASE + AT + 128, length: 20, writable: true };
    guest.queues[INTERRUPT_QUEUE]!.ring.offer(0, [buffer]);
  };
  return { connection, ring, counts, offer, offerWrite, provideBuffer, raise: () => raiseLine() };
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

  it('does what the driver did in its handler before it looks whether the handler has returned', async () => {
    const { connection, counts, offer, offerWrite, provideBuffer, raise } = await asleep();
    connection.begin();
    offerWrite(200, Operation.CONFIGURATION_WRITE, 4, 2);
    provideBuffer();
    connection.serve();
    raise();
    expect(counts.interrupts).toBe(1);
    // More than is done in one go; the last one releases the line.
    for (let head = 0; head < 40; head++) offer(2 * head);
    offerWrite(201, Operation.MMIO_WRITE, 0, 0);
    provideBuffer();
    while (connection.serve());
    expect(counts).toMatchObject({ registerWrites: 1, interrupts: 1 });
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
