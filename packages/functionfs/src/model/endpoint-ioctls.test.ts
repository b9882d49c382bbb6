import { describe, expect, it } from 'vitest';
import { Bench, outcome, soFar } from '../../test/bench.ts';
import { loopback } from '../../test/functions.ts';
import type { EndpointFile } from '../index.ts';

const CALLS: readonly [string, (ep: EndpointFile) => Promise<unknown>][] = [
  ['FIFO_STATUS', (ep) => ep.fifoStatus()],
  ['FIFO_FLUSH', (ep) => ep.fifoFlush()],
  ['CLEAR_HALT', (ep) => ep.clearHalt()],
  ['ENDPOINT_REVMAP', (ep) => ep.endpointRevmap()],
  ['ENDPOINT_DESC', (ep) => ep.endpointDescriptor()],
  ['an unknown one', (ep) => ep.ioctl('FUNCTIONFS_BOGUS')],
];

describe('an ioctl on an endpoint that is not enabled', () => {
  it.each(CALLS)('%s fails with EAGAIN, or waits', async (_, call) => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1', true);
    expect(await outcome(() => call(ep1))).toBe('EAGAIN');
    ep1.nonblock = false;
    const waiting = call(ep1);
    waiting.catch(() => {});
    expect(await soFar(waiting)).toBe('pending');
    bench.controller.configure();
    expect(await soFar(waiting)).not.toBe('pending');
  });
});

describe('an ioctl on an enabled endpoint', () => {
  it.each([
    ['FIFO_STATUS', 'EOPNOTSUPP'],
    ['FIFO_FLUSH', '0'],
    ['CLEAR_HALT', '0'],
    ['ENDPOINT_REVMAP', '255'],
    ['ENDPOINT_DESC', '0'],
    ['an unknown one', 'ENOTTY'],
  ])('%s: %s', async (name, expected) => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const call = CALLS.find(([known]) => known === name)![1];
    expect(await outcome(() => call(ep1))).toBe(expected);
  });

  it('goes to the controller', async () => {
    const bench = await Bench.configured();
    const hardware = bench.controller.endpoint('ep1in');
    const ep1 = await bench.open('ep1');
    hardware.fifoStatus = () => 12;
    hardware.halted = true;
    expect(await ep1.fifoStatus()).toBe(12);
    await ep1.fifoFlush();
    expect(hardware.flushed).toBe(1);
    await ep1.clearHalt();
    expect(hardware.halted).toBe(false);
    hardware.refusal = { call: 'halt', code: 'EINVAL' };
    expect(await outcome(() => ep1.clearHalt())).toBe('EINVAL');
  });
});

describe('ENDPOINT_DESC', () => {
  it.each([
    ['full', 64],
    ['high', 512],
    ['super', 1024],
    ['super-plus', 1024],
    [undefined, 64],
  ] as const)('gives the descriptor for the speed %s', async (speed, maxPacketSize) => {
    const bench = await Bench.configured();
    const ep3 = await bench.open('ep3');
    bench.controller.speed = speed;
    expect(await ep3.endpointDescriptor()).toMatchObject({ address: 0x86, attributes: 2, maxPacketSize });
  });

  it('falls back to a lower speed', async () => {
    const bench = await Bench.configured({ descriptors: { full: loopback.full! } });
    const ep1 = await bench.open('ep1');
    expect(await ep1.endpointDescriptor()).toMatchObject({ maxPacketSize: 64 });
  });

  it('falls back to what the endpoint was enabled with, if only a higher speed is described', async () => {
    const bench = await Bench.configured({ descriptors: { high: loopback.high! } });
    const ep1 = await bench.open('ep1');
    bench.controller.speed = 'full';
    expect(await ep1.endpointDescriptor()).toMatchObject({ maxPacketSize: 512 });
  });
});
