import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { pattern, sameBytes } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { DWC3_BOARD, dwc3 } from './dwc3.ts';
import type { Dwc3Options } from './dwc3-options.ts';

async function loopback(options: Dwc3Options = {}) {
  const pieces = new TinyContainer(dwc3(options));
  return {
    pieces,
    exporter: pieces.resolve(DMA_BUF_EXPORTER),
    ...(await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST))),
  };
}

describe('a stack on the DWC3 backend', () => {
  it.each([
    ['full', 64],
    ['high', 512],
    ['super', 1024],
  ] as const)('is enumerated at %s speed', async (speed, packet) => {
    const { device, controller } = await loopback({ speed });
    expect(controller).toMatchObject({ name: 'fe800000.usb', driver: 'dwc3-gadget', speed, state: 'configured' });
    const addresses = [0x81, 0x01, 0x82, 0x02];
    expect(addresses.map((address) => device.pipe(address).maxPacketSize)).toEqual(Array(4).fill(packet));
  });

  it('is enumerated no faster than its host can, also where a gadget file says so', async () => {
    const slower = dwc3().configure!({ host: { maxSpeed: 'high' } });
    const pieces = new TinyContainer(slower);
    const { device, controller } = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
    expect([controller.speed, device.speed]).toEqual(['high', 'high']);
    expect(() => dwc3().configure!({ host: { maxSpeed: 'warp' } })).toThrow(
      'an object of maxSpeed: "full", "high", "super"',
    );
  });

  it.each([[512], [4096], [65536], [1 << 20], [3_000_001]])(
    'moves %i bytes of a scattered buffer both ways',
    async (size) => {
      const { pieces, exporter, ep1, ep2, device } = await loopback();
      const buffer = exporter.allocate({ size });
      buffer.bytes().set(pattern(size));
      ep1.attach(buffer);
      ep2.attach(buffer);
      const sent = ep1.transfer(buffer, size);
      const { status, data } = await device.pipe(0x81).transferIn(size);
      expect([status, sameBytes(data, pattern(size))]).toEqual([0, true]);
      expect(await sent.wait()).toBe(1);
      const received = ep2.transfer(buffer, size);
      expect(await device.pipe(0x01).transferOut(pattern(size, 7))).toMatchObject({ status: 0, actual: size });
      expect(await received.wait()).toBe(1);
      expect(sameBytes(buffer.bytes().subarray(0, size), pattern(size, 7))).toBe(true);
      expect(pieces.resolve(DWC3_BOARD).dmaFaults).toEqual([]);
    },
  );

  it('copies where the application reads and writes', async () => {
    const { ep1, ep2, device } = await loopback();
    const [count, { data }] = await Promise.all([ep1.write(pattern(1000)), device.pipe(0x81).transferIn(4096)]);
    expect([count, data]).toEqual([1000, pattern(1000)]);
    const into = new Uint8Array(1024);
    const [read] = await Promise.all([ep2.read(into), device.pipe(0x01).transferOut(pattern(700))]);
    expect(into.subarray(0, read)).toEqual(pattern(700));
  });
});
