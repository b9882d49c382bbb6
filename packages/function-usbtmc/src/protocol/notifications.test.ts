import { describe, expect, it } from 'vitest';
import { Notifications } from './notifications.ts';

function rig() {
  const sent: number[][] = [];
  const takes: (() => void)[] = [];
  const errors: unknown[] = [];
  const send = (bytes: Uint8Array, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      takes.push(() => {
        sent.push([...bytes]);
        resolve();
      });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  const notifications = new Notifications(send, (error) => errors.push(error));
  const take = async () => {
    takes.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { notifications, sent, take, errors };
}

describe('notifications', () => {
  it('are refused while the answer before has not been fetched, and nothing is read then', async () => {
    const { notifications, sent, take } = rig();
    notifications.open(new AbortController().signal);
    let reads = 0;
    const read = () => ++reads;
    expect([notifications.statusByte(5, read), notifications.statusByte(6, read)]).toEqual([true, false]);
    await take();
    expect([notifications.statusByte(7, read), sent]).toEqual([true, [[0x85, 1]]]);
  });

  it('of service that is not fetched get the newer status', async () => {
    const { notifications, sent, take, errors } = rig();
    notifications.open(new AbortController().signal);
    for (const value of [0x41, 0x42, 0x44]) notifications.serviceRequest(value);
    await take();
    await take();
    await take();
    expect(sent).toEqual([
      [0x81, 0x41],
      [0x81, 0x44],
    ]);
    expect(errors).toEqual([]);
  });

  it('of an old session are forgotten', async () => {
    const { notifications, sent, take, errors } = rig();
    const first = new AbortController();
    notifications.serviceRequest(1);
    notifications.open(first.signal);
    notifications.serviceRequest(2);
    first.abort();
    notifications.open(new AbortController().signal);
    notifications.serviceRequest(3);
    await take();
    await take();
    expect(sent).toContainEqual([0x81, 3]);
    expect(errors).toEqual([]);
  });
});
