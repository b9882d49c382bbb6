import { PassThrough } from 'node:stream';
import { KernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { answerCalls, RemoteCalls } from './remote-calls.ts';

const makeCounter = () => ({
  total: 0,
  async add(amount: number): Promise<number> {
    this.total += amount;
    return this.total;
  },
  async invert(bytes: Uint8Array): Promise<Uint8Array> {
    return bytes.map((byte) => ~byte);
  },
  async refuse(): Promise<void> {
    throw new KernelError('EPIPE', 'USBDEVFS_BULK', 'the endpoint is halted.');
  },
  async fail(): Promise<void> {
    throw new TypeError('a bug');
  },
});
type Counter = ReturnType<typeof makeCounter>;

function connect() {
  const [there, back] = [new PassThrough(), new PassThrough()];
  answerCalls({ counter: makeCounter() }, there, back);
  const calls = new RemoteCalls<{ counter: Counter; nobody: Counter }>(back, there);
  return { calls, remote: calls.service('counter') };
}

describe('calls over a line', () => {
  it('are answered, each with its own result', async () => {
    const { remote } = connect();
    expect(await Promise.all([remote.add(1), remote.add(2), remote.add(3)])).toEqual([1, 3, 6]);
  });

  it('take and give bytes', async () => {
    const { remote } = connect();
    expect(await remote.invert(Uint8Array.of(0, 1, 255))).toEqual(Uint8Array.of(255, 254, 0));
  });

  it('take and give more than the line does at a time', async () => {
    const { remote } = connect();
    const bytes = Uint8Array.from({ length: 10_000 }, (_, at) => at);
    expect(await Promise.all([remote.invert(bytes), remote.invert(bytes), remote.add(1)])).toEqual([
      ...[bytes.map((byte) => ~byte), bytes.map((byte) => ~byte)],
      1,
    ]);
  });

  it('fail as they did at the other end', async () => {
    const { remote } = connect();
    const expected = new KernelError('EPIPE', 'USBDEVFS_BULK', 'the endpoint is halted.');
    await expect(remote.refuse()).rejects.toThrow(expected);
    await expect(remote.refuse()).rejects.toMatchObject({ code: 'EPIPE', errno: 32, operation: 'USBDEVFS_BULK' });
    await expect(remote.fail()).rejects.toThrow(new Error('a bug'));
  });

  it('of what is not there fail', async () => {
    const { calls } = connect();
    const nobody = calls.service('nobody');
    await expect(nobody.add(1)).rejects.toThrow('Nobody answers to nobody.add.');
  });

  it('can be handed on by a promise', async () => {
    const { remote } = connect();
    expect(await (await Promise.resolve(remote)).add(0)).toBeTypeOf('number');
  });
});
