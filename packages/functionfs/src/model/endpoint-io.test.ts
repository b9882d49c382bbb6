import { Errno } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, settle, soFar } from '../../test/bench.ts';
import { BenchEndpoint } from '../../test/bench-controller.ts';
import { loopback } from '../../test/functions.ts';
import type { FunctionDescriptor } from '../index.ts';

const isochronous = loopback.high!.map((descriptor) =>
  descriptor.type === 'endpoint' ? { ...descriptor, attributes: 1 } : descriptor,
) as FunctionDescriptor[];

describe('the checks of read and write, in their order', () => {
  it('not enabled: EAGAIN with O_NONBLOCK, otherwise it waits; before the direction is looked at', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1', true);
    expect(await outcome(() => ep1.write(new Uint8Array(1)))).toBe('EAGAIN');
    expect(await outcome(() => ep1.read(new Uint8Array(1)))).toBe('EAGAIN');
    ep1.nonblock = false;
    const writing = ep1.write(Uint8Array.of(5));
    expect(await soFar(writing)).toBe('pending');
    bench.controller.configure();
    await settle();
    expect([...bench.controller.endpoint('ep1in').hostReads()]).toEqual([5]);
    expect(await writing).toBe(1);
  });

  it('the wrong direction on an isochronous endpoint: EINVAL', async () => {
    const bench = await Bench.configured({ descriptors: { high: isochronous } });
    const ep1 = await bench.open('ep1');
    expect(await outcome(() => ep1.read(new Uint8Array(1)))).toBe('EINVAL');
  });

  it('another call in progress: EAGAIN with O_NONBLOCK, otherwise they take turns', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1', true);
    const hardware = bench.controller.endpoint('ep1in');
    const first = ep1.write(Uint8Array.of(1));
    await settle();
    expect(await outcome(() => ep1.write(Uint8Array.of(2)))).toBe('EAGAIN');
    ep1.nonblock = false;
    const second = ep1.write(Uint8Array.of(3));
    const third = ep1.write(Uint8Array.of(4));
    await settle();
    expect(hardware.requests).toHaveLength(1);
    const seen: number[] = [];
    for (const writing of [first, second, third]) {
      seen.push(...hardware.hostReads());
      expect(await writing).toBe(1);
    }
    expect(seen).toEqual([1, 3, 4]);
  });

  it('disabled while it waited for its turn: ESHUTDOWN; enabled again at once: it does not notice', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const first = outcome(() => ep1.write(Uint8Array.of(1)));
    const second = outcome(() => ep1.write(Uint8Array.of(2)));
    bench.controller.setInterface(0, 0);
    expect(await first).toBe('ESHUTDOWN');
    await settle();
    const third = outcome(() => ep1.write(Uint8Array.of(3)));
    bench.controller.configure(0);
    expect(await second).toBe('ESHUTDOWN');
    expect(await third).toBe('ESHUTDOWN');
  });

  it('more than one allocation without scatter-gather: ENOMEM', async () => {
    const bench = await Bench.configured({ scatterGather: false });
    const ep1 = await bench.open('ep1');
    expect(await outcome(() => ep1.write(new Uint8Array(4 * 1024 * 1024 + 1)))).toBe('ENOMEM');
  });

  it('what the controller answers', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    bench.controller.endpoint('ep1in').refusal = { call: 'queue', code: 'ESHUTDOWN' };
    expect(await outcome(() => ep1.write(Uint8Array.of(1)))).toBe('ESHUTDOWN');
    const writing = ep1.write(Uint8Array.of(1));
    bench.controller.endpoint('ep1in').finish();
    expect(await writing).toBe(1);
  });
});

describe('reading from an IN endpoint, or writing to an OUT endpoint', () => {
  it('halts it, and fails with EBADMSG', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const ep2 = await bench.open('ep2');
    expect(await outcome(() => ep1.read(new Uint8Array(1)))).toBe('EBADMSG');
    expect(await outcome(() => ep2.write(new Uint8Array(1)))).toBe('EBADMSG');
    expect(bench.controller.endpoint('ep1in').halted).toBe(true);
    expect(bench.controller.endpoint('ep2out').halted).toBe(true);
  });

  it('fails as the controller does where it cannot be halted', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const other = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    ep1.transfer(buffer, 1);
    expect(await outcome(() => other.read(new Uint8Array(1)))).toBe('EAGAIN');
    expect(bench.controller.endpoint('ep1in').halted).toBe(false);
  });
});

describe('what a transfer gives', () => {
  it('is the number of bytes moved', async () => {
    const bench = await Bench.configured();
    const ep2 = await bench.open('ep2');
    const into = new Uint8Array(8);
    const reading = ep2.read(into);
    bench.controller.endpoint('ep2out').hostWrites(Uint8Array.of(1, 2, 3));
    expect(await reading).toBe(3);
    expect([...into]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
  });

  it('may be nothing: a zero-length packet, either way', async () => {
    const bench = await Bench.configured();
    const [ep1, ep2] = [await bench.open('ep1'), await bench.open('ep2')];
    const writing = ep1.write(new Uint8Array(0));
    expect(bench.controller.endpoint('ep1in').requests[0]).toMatchObject({ length: 0, zero: false });
    bench.controller.endpoint('ep1in').finish();
    expect(await writing).toBe(0);
    const reading = ep2.read(new Uint8Array(8));
    bench.controller.endpoint('ep2out').finish(0, 0);
    expect(await reading).toBe(0);
  });

  it.each(['ESHUTDOWN', 'ECONNRESET', 'EOVERFLOW', 'EPIPE'] as const)('is %s if it failed so', async (code) => {
    const bench = await Bench.configured();
    const ep2 = await bench.open('ep2');
    const reading = outcome(() => ep2.read(new Uint8Array(8)));
    bench.controller.endpoint('ep2out').finish(-Errno[code], 3);
    expect(await reading).toBe(code);
  });

  it('never ends with a zero-length packet by itself', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const writing = ep1.write(new Uint8Array(512));
    expect(bench.controller.endpoint('ep1in').requests[0]).toMatchObject({ length: 512, zero: false });
    bench.controller.endpoint('ep1in').finish();
    expect(await writing).toBe(512);
  });

  it('is what was given when the call was made: later changes of the bytes do not matter', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const bytes = Uint8Array.of(1, 2);
    void ep1.write(bytes);
    await settle();
    bytes.fill(9);
    expect([...bench.controller.endpoint('ep1in').hostReads()]).toEqual([1, 2]);
  });
});

describe('long transfers', () => {
  const pattern = Uint8Array.from({ length: 10_000 }, (_, n) => n * 7);

  it('of more than a page are scattered over pages, if the controller gathers', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    for (const length of [10_000, 5000, 10_000]) {
      const writing = ep1.write(pattern.subarray(0, length));
      const [request] = bench.controller.endpoint('ep1in').requests;
      expect(request!.buffer).toBeUndefined();
      expect(request!.sg!.entries.reduce((sum, entry) => sum + entry.length, 0)).toBe(length);
      const [first, second] = request!.sg!.entries;
      expect(second!.dmaAddress).not.toBe(first!.dmaAddress + first!.length);
      expect(bench.controller.endpoint('ep1in').hostReads()).toEqual(pattern.subarray(0, length));
      expect(await writing).toBe(length);
    }
  });

  it('are linear otherwise, and up to a page', async () => {
    const linear = await Bench.configured({ scatterGather: false });
    const ep1 = await linear.open('ep1');
    void ep1.write(pattern);
    expect(linear.controller.endpoint('ep1in').requests[0]).toMatchObject({ sg: undefined, length: 10_000 });
    const bench = await Bench.configured();
    void (await bench.open('ep1')).write(pattern.subarray(0, 4096));
    expect(bench.controller.endpoint('ep1in').requests[0]).toMatchObject({ sg: undefined, length: 4096 });
  });
});

describe('reading on a controller that needs whole packets', () => {
  it('asks for whole packets, and keeps what is too much for the next read', async () => {
    const bench = await Bench.configured({ alignsOut: true });
    const ep2 = await bench.open('ep2');
    const into = new Uint8Array(3);
    const reading = ep2.read(into);
    expect(bench.controller.endpoint('ep2out').requests[0]!.length).toBe(512);
    bench.controller.endpoint('ep2out').hostWrites(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(await reading).toBe(3);
    expect([...into]).toEqual([1, 2, 3]);
    expect(await ep2.read(into)).toBe(3);
    expect([...into]).toEqual([4, 5, 6]);
    expect(await ep2.read(into)).toBe(2);
    expect([...into]).toEqual([7, 8, 6]);
    expect(await soFar(ep2.read(into))).toBe('pending');
  });

  it.each([
    [0, 0],
    [1, 512],
    [512, 512],
    [513, 1024],
  ])('rounds %i up to %i', async (length, rounded) => {
    const bench = await Bench.configured({ alignsOut: true });
    const ep2 = await bench.open('ep2');
    void ep2.read(new Uint8Array(length));
    expect(bench.controller.endpoint('ep2out').requests[0]!.length).toBe(rounded);
  });

  it('forgets what it kept when the endpoint is disabled', async () => {
    const bench = await Bench.configured({ alignsOut: true });
    const ep2 = await bench.open('ep2');
    const reading = ep2.read(new Uint8Array(1));
    bench.controller.endpoint('ep2out').hostWrites(Uint8Array.of(1, 2));
    await reading;
    bench.controller.setInterface(0, 0);
    expect(await soFar(ep2.read(new Uint8Array(1)))).toBe('pending');
  });

  it('does not round writes', async () => {
    const bench = await Bench.configured({ alignsOut: true });
    void (await bench.open('ep1')).write(new Uint8Array(3));
    expect(bench.controller.endpoint('ep1in').requests[0]!.length).toBe(3);
  });
});

describe('interrupting', () => {
  it('cancels the transfer: EINTR', async () => {
    const bench = await Bench.configured();
    const ep2 = await bench.open('ep2');
    const reading = outcome(() => ep2.read(new Uint8Array(4)));
    await settle();
    ep2[Symbol.dispose]();
    expect(await reading).toBe('EINTR');
    expect(bench.controller.endpoint('ep2out').requests).toEqual([]);
  });

  it('leaves the file usable, and does nothing when nothing waits', async () => {
    const bench = await Bench.bound();
    const ep2 = await bench.open('ep2');
    ep2.interrupt();
    const calls = [outcome(() => ep2.read(new Uint8Array(4))), outcome(() => ep2.clearHalt())];
    await settle();
    ep2.interrupt();
    expect(await Promise.all(calls)).toEqual(['EINTR', 'EINTR']);
    bench.controller.configure();
    const reading = ep2.read(new Uint8Array(4));
    bench.controller.endpoint('ep2out').hostWrites(Uint8Array.of(1));
    expect(await reading).toBe(1);
  });

  it('of one that finishes all the same gives its bytes', async () => {
    class Deaf extends BenchEndpoint {
      override dequeue(): void {}
    }
    const endpoints = [new Deaf('ep1in', { bulk: true, in: true }), new Deaf('ep2out', { bulk: true, out: true })];
    const descriptors = { high: loopback.high!.slice(0, 3) };
    const bench = await Bench.configured({ endpoints, descriptors });
    const ep2 = await bench.open('ep2');
    const reading = ep2.read(new Uint8Array(4));
    await settle();
    ep2[Symbol.dispose]();
    expect(await soFar(reading)).toBe('pending');
    endpoints[1]!.hostWrites(Uint8Array.of(1, 2));
    expect(await reading).toBe(2);
  });

  it('ends the wait for a turn as well', async () => {
    const bench = await Bench.configured();
    const [ep1, other] = [await bench.open('ep1'), await bench.open('ep1')];
    const first = ep1.write(Uint8Array.of(1));
    await settle();
    const second = outcome(() => other.write(Uint8Array.of(2)));
    await settle();
    other[Symbol.dispose]();
    expect(await second).toBe('EINTR');
    bench.controller.endpoint('ep1in').finish();
    expect(await first).toBe(1);
  });
});
