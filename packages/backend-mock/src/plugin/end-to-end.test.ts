import { CLOCK, isInputError, MILLISECOND, SECOND, TRACE_SINK, TraceRecorder } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, UDMABUF } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { GADGET_CONTROLLER } from '@gadgetloom/udc';
import { pattern, sameBytes } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { MOCK_FAULTS, type MockOptions, mock, mockHeap } from '../index.ts';

async function loopback(options: MockOptions = {}) {
  const pieces = new TinyContainer(mock(options));
  return {
    pieces,
    exporter: pieces.resolve(DMA_BUF_EXPORTER),
    ...(await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST))),
  };
}

describe('a stack on the mock backend', () => {
  it.each([
    ['full', 64],
    ['high', 512],
    ['super', 1024],
  ] as const)('is enumerated at %s speed, with the endpoints that dummy_hcd gives', async (speed, packet) => {
    const { device, controller } = await loopback({ speed });
    expect(controller).toMatchObject({ name: 'dummy_udc.0', driver: 'dummy_udc', speed, state: 'configured' });
    const addresses = [0x81, 0x02, 0x86, 0x07];
    expect(addresses.map((address) => device.pipe(address).maxPacketSize)).toEqual(Array(4).fill(packet));
  });

  it.each([['contiguous'], ['scattered']] as const)('moves the bytes of %s buffers both ways', async (layout) => {
    const { exporter, ep1, ep2, device } = await loopback({ layout });
    const buffer = exporter.allocate({ size: 65536 });
    buffer.bytes().set(pattern(65536));
    ep1.attach(buffer);
    ep2.attach(buffer);
    const sent = ep1.transfer(buffer, 65536);
    const { status, data } = await device.pipe(0x81).transferIn(65536);
    expect([status, sameBytes(data, pattern(65536))]).toEqual([0, true]);
    expect(await sent.wait()).toBe(1);
    const received = ep2.transfer(buffer, 65536);
    expect(await device.pipe(0x02).transferOut(pattern(65536, 7))).toMatchObject({ status: 0, actual: 65536 });
    expect(await received.wait()).toBe(1);
    expect(sameBytes(buffer.bytes(), pattern(65536, 7))).toBe(true);
  });

  it('moves the bytes of memfds', async () => {
    const { pieces, ep1, device } = await loopback();
    const udmabuf = pieces.resolve(UDMABUF);
    const buffer = udmabuf.create(udmabuf.memfd(8192, ['shrink']), 4096, 4096);
    buffer.bytes().set(pattern(4096));
    ep1.attach(buffer);
    ep1.transfer(buffer, 4096);
    expect((await device.pipe(0x81).transferIn(4096)).data).toEqual(pattern(4096));
  });

  it('copies where the controller takes no scatter-gather: ATTACH is EPERM, read and write work', async () => {
    const { exporter, ep1, ep2, device } = await loopback({ scatterGather: false });
    expect(() => ep1.attach(exporter.allocate({ size: 4096 }))).toThrow('EPERM');
    const [count, { data }] = await Promise.all([ep1.write(pattern(1000)), device.pipe(0x81).transferIn(4096)]);
    expect([count, data]).toEqual([1000, pattern(1000)]);
    const into = new Uint8Array(1024);
    const [read] = await Promise.all([ep2.read(into), device.pipe(0x02).transferOut(pattern(700))]);
    expect(into.subarray(0, read)).toEqual(pattern(700));
  });

  it('has faults: a disconnect fails what is under way, on both sides', async () => {
    const { pieces, exporter, ep1, device } = await loopback();
    const faults = pieces.resolve(MOCK_FAULTS);
    const buffer = exporter.allocate({ size: 65536 });
    ep1.attach(buffer);
    const fence = ep1.transfer(buffer, 65536);
    faults.disconnectAfter({ bytes: 4096 });
    const { status, actual } = await device.pipe(0x81).transferIn(65536);
    expect(actual).toBe(4096);
    expect(status).toBeLessThan(0);
    expect(await fence.wait()).toBe(-108);
    faults.reconnect();
    const again = await pieces.resolve(VIRTUAL_HOST).waitForDevice();
    const retry = ep1.transfer(buffer, 65536);
    expect((await again.pipe(0x81).transferIn(65536)).status).toBe(0);
    expect(await retry.wait()).toBe(1);
  });

  it('runs in virtual time, from a seed if need be', async () => {
    const { pieces, exporter, ep2, device } = await loopback({ seed: 3 });
    const clock = pieces.resolve(CLOCK);
    pieces.resolve(MOCK_FAULTS).lateInterrupt({ by: 10 * SECOND });
    const buffer = exporter.allocate({ size: 512 });
    ep2.attach(buffer);
    const fence = ep2.transfer(buffer, 512);
    const before = clock.now();
    await device.pipe(0x02).transferOut(pattern(512));
    expect(await fence.wait(9 * SECOND)).toBe(0);
    expect(await fence.wait()).toBe(1);
    expect(clock.now() - before).toBe(10 * SECOND);
  });

  it('tells a trace sink what happens', async () => {
    const trace = new TraceRecorder();
    const pieces = new TinyContainer(mock(), {
      name: 'trace',
      provides: [TRACE_SINK],
      probe: () => ({ ok: true }),
      register: (container) => container.register(TRACE_SINK, { useFactory: () => trace }),
    });
    await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
    const sources = new Set(trace.events.map(({ source }) => source));
    expect([...sources]).toEqual(expect.arrayContaining(['controller', 'host', 'udc']));
  });

  it('leaves nothing behind: no memory, nothing on the bus', async () => {
    const { pieces, exporter, gadget, mount, ep0, ep1, ep2, ep3, ep4 } = await loopback({ budget: 4096 });
    const buffer = exporter.allocate({ size: 4096 });
    ep1.attach(buffer);
    ep1.transfer(buffer, 4096);
    buffer.close();
    for (const file of [ep1, ep2, ep3, ep4, ep0]) file.close();
    await mount.unmount();
    await gadget[Symbol.asyncDispose]();
    await new Promise((resolve) => pieces.resolve(CLOCK).setTimer(MILLISECOND, () => resolve(undefined)));
    expect(pieces.resolve(VIRTUAL_HOST).devices).toEqual([]);
    exporter.allocate({ size: 4096 });
  });
});

describe('the plugins', () => {
  it('provide what they say', () => {
    for (const plugin of [mock(), mockHeap()]) {
      const pieces = new TinyContainer(plugin);
      expect(plugin.provides.filter((piece) => !pieces.isRegistered(piece))).toEqual([]);
    }
  });

  it('can always run', async () => {
    expect(await mock({ scatterGather: false, speed: 'super' }).probe()).toEqual({
      ok: true,
      summary: 'simulated, ideal, super speed, copies (no scatter-gather)',
    });
  });

  it('take options from a gadget file', async () => {
    const pieces = new TinyContainer(mock({ heap: 'system' }).configure!({ speed: 'super', scatterGather: false }));
    expect(pieces.resolve(DMA_BUF_EXPORTER).name).toBe('system');
    expect(pieces.resolve(GADGET_CONTROLLER)).toMatchObject({ maxSpeed: 'super', scatterGather: false });
    expect(mockHeap().configure!({ layout: 'scattered', budget: 4096 }).provides).toContain(DMA_BUF_EXPORTER);
  });

  it.each([
    ['speed', { speed: 'warp' }, 'allowed is "full", "high", "super"'],
    ['budget', { budget: -1 }, 'a number of bytes'],
    ['seed', { seed: 1.5 }, 'a whole number'],
    ['heap', { heap: '' }, 'a name'],
    ['layuot', { layuot: 'scattered' }, 'no option of this backend'],
  ])('name the option %s when it is wrong', (field, options, message) => {
    let caught: unknown;
    try {
      mock().configure!(options);
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && [caught.field, caught.message]).toEqual([field, expect.stringContaining(message)]);
  });
});
