import { CLOCK, isInputError, type Plugin, TRACE_SINK, TraceRecorder } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { FAULTS } from '@gadgetloom/udc/faults';
import { pattern } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { type MusbOptions, musb } from '../index.ts';

const tracing = (trace: TraceRecorder): Plugin => ({
  name: 'trace',
  provides: [TRACE_SINK],
  probe: () => ({ ok: true }),
  register: (container) => container.register(TRACE_SINK, { useFactory: () => trace }),
});

/** A gadget with bulk endpoints, configured by the host. */
async function loopback(options: MusbOptions = {}) {
  const trace = new TraceRecorder();
  const pieces = new TinyContainer(musb(options), tracing(trace));
  const opened = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  return { pieces, trace, source: opened.ep1, sink: opened.ep2, ...opened };
}

/** Sends some bytes in each direction, and returns the trace as text. */
async function traceOf(options: MusbOptions): Promise<string> {
  const { trace, source, sink, device } = await loopback(options);
  await Promise.all([source.write(pattern(20_000)), device.pipe(0x81).transferIn(20_000)]);
  await Promise.all([sink.read(new Uint8Array(5000)), device.pipe(0x01).transferOut(pattern(5000))]);
  return JSON.stringify(trace.events);
}

describe('a stack on the musb backend', () => {
  it.each([
    ['full', 64],
    ['high', 512],
  ] as const)('is enumerated at %s speed, with the endpoints of fifo_mode 4', async (speed, packet) => {
    const { controller, device } = await loopback({ speed });
    expect(controller).toMatchObject({ name: 'musb-hdrc.0', driver: 'musb-hdrc', speed, state: 'configured' });
    expect([0x81, 0x01].map((address) => device.pipe(address).maxPacketSize)).toEqual([packet, packet]);
  });

  it('copies: ATTACH is EPERM, write and read work', async () => {
    const { pieces, source, sink, device } = await loopback();
    expect(() => source.attach(pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 4096 }))).toThrow('EPERM');
    const [count, { data }] = await Promise.all([source.write(pattern(70_000)), device.pipe(0x81).transferIn(70_000)]);
    expect([count, data.length, Buffer.compare(data, pattern(70_000))]).toEqual([70_000, 70_000, 0]);
    const into = new Uint8Array(1024);
    const [read] = await Promise.all([sink.read(into), device.pipe(0x01).transferOut(pattern(700))]);
    expect(into.subarray(0, read)).toEqual(pattern(700));
  });

  it('takes DMABUFs in one run where it hypothetically can, and no others', async () => {
    const { pieces, source, sink, device } = await loopback({ hypotheticalContiguousDma: true });
    const buffer = pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 16_384 });
    buffer.bytes().set(pattern(16_384));
    source.attach(buffer);
    const fence = source.transfer(buffer, 16_384);
    const { data } = await device.pipe(0x81).transferIn(16_384);
    expect([await fence.wait(), Buffer.compare(data, pattern(16_384))]).toEqual([1, 0]);
    const into = new Uint8Array(10_000);
    const [read] = await Promise.all([sink.read(into), device.pipe(0x01).transferOut(pattern(10_000, 3))]);
    expect([read, Buffer.compare(into, pattern(10_000, 3))]).toEqual([10_000, 0]);

    const other = await loopback({ hypotheticalContiguousDma: true, layout: 'scattered', seed: 5 });
    const scattered = other.pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 64 * 4096 });
    expect(() => other.source.attach(scattered)).toThrow(/EINVAL.*pieces/);
  });

  it('has faults: a cable that is pulled fails what is under way, on both sides', async () => {
    const { pieces, source, device } = await loopback();
    const faults = pieces.resolve(FAULTS);
    faults.disconnectAfter({ packets: 3 });
    const write = source.write(pattern(65_536)).catch((refusal: unknown) => refusal);
    const { status, actual } = await device.pipe(0x81).transferIn(65_536);
    expect([status < 0, actual]).toEqual([true, 1536]);
    expect(await write).toMatchObject({ code: 'ESHUTDOWN' });
    faults.reconnect();
    const again = await pieces.resolve(VIRTUAL_HOST).waitForDevice();
    const [count] = await Promise.all([source.write(pattern(512)), again.pipe(0x81).transferIn(512)]);
    expect(count).toBe(512);
  });

  it('gives one trace for one seed, to the byte', async () => {
    const traces = await Promise.all([{ seed: 3 }, { seed: 3 }].map(traceOf));
    expect(traces[0]!.length).toBeGreaterThan(1000);
    expect(traces[0] === traces[1]).toBe(true);
  });

  it('leaves nothing behind on the bus', async () => {
    const { pieces, gadget, mount, ep0, ep1, ep2, ep3, ep4 } = await loopback();
    for (const file of [ep1, ep2, ep3, ep4, ep0]) file.close();
    await mount.unmount();
    await gadget[Symbol.asyncDispose]();
    await new Promise((resolve) => pieces.resolve(CLOCK).setTimer(1, () => resolve(undefined)));
    expect(pieces.resolve(VIRTUAL_HOST).devices).toEqual([]);
  });
});

describe('the plugin', () => {
  it('provides what it says, and can always run', async () => {
    const plugin = musb();
    const pieces = new TinyContainer(plugin);
    expect(plugin.provides.filter((piece) => !pieces.isRegistered(piece))).toEqual([]);
    expect(await plugin.probe()).toEqual({
      ok: true,
      summary: 'simulated, high speed, copies (no scatter-gather, as the real one)',
    });
    expect(await musb({ hypotheticalContiguousDma: true }).probe()).toMatchObject({
      summary: expect.stringMatching(/hypothetical/),
    });
  });

  it.each([
    ['speed', { speed: 'super' }, 'allowed is "full", "high"'],
    ['fifoMode', { fifoMode: 6 }, 'allowed is 0, 1, 2, 3, 4, 5'],
    ['quirks', { quirks: { typo: true } }, 'dropsEarlyPackets'],
    ['interruptLatency', { interruptLatency: -1 }, 'nanoseconds'],
    ['fifomode', { fifomode: 1 }, 'no option of this backend'],
  ])('names the option %s when it is wrong', (field, options, message) => {
    let caught: unknown;
    try {
      musb().configure!(options);
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && [caught.field, caught.message]).toEqual([field, expect.stringContaining(message)]);
  });

  it('takes options from a gadget file', () => {
    const { provides } = musb().configure!({
      fifoMode: 1,
      speed: 'full',
      quirks: { dropsEarlyPackets: true },
      seed: 1,
    });
    expect(provides).toContain(USB_DEVICE_CONTROLLER);
  });
});
