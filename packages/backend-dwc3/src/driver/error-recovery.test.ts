import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { UsbRequest } from '@gadgetloom/udc';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';
import { REGISTERS } from '../registers/register-map.ts';

async function stack() {
  const pieces = new TinyContainer(dwc3());
  const loopback = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  const board = pieces.resolve(DWC3_BOARD);
  const { hardware, gadget } = board;
  /** The hardware reports more events than its ring can hold, once. */
  const loseTrack = (): void => {
    const read = hardware.read.bind(hardware);
    hardware.read = (offset) => {
      if (offset !== REGISTERS.GEVNTCOUNT.offset) return read(offset);
      hardware.read = read;
      return 0x2000;
    };
    gadget.interrupt();
  };
  return { ...loopback, pieces, gadget, loseTrack };
}

describe('a driver that has lost track of the events', () => {
  it('refuses everything until it has connected anew', async () => {
    const { pieces, gadget, loseTrack, ep1, device } = await stack();
    loseTrack();
    const [, endpoint] = gadget.endpoints;
    expect(() => endpoint!.queue(new UsbRequest())).toThrow('ESHUTDOWN');
    expect(() => endpoint!.setHalt(true)).toThrow('recovered');
    expect(() => gadget.ep0.setHalt(true)).toThrow('ESHUTDOWN');
    await new Promise((resolve) => setImmediate(resolve));
    const again = await pieces.resolve(VIRTUAL_HOST).waitForDevice();
    expect(again).not.toBe(device);
    const buffer = pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 4096 });
    ep1.attach(buffer);
    const fence = ep1.transfer(buffer, 4096);
    expect((await again.pipe(0x81).transferIn(4096)).status).toBe(0);
    expect(await fence.wait()).toBe(1);
  });

  it('gives up after three recoveries without a working bus in between', async () => {
    const { gadget, loseTrack } = await stack();
    for (let times = 0; times < 4; times++) {
      loseTrack();
      // Only the recovery runs: the host does not get to reset the bus.
      await Promise.resolve();
    }
    await new Promise((resolve) => setImmediate(resolve));
    const [, endpoint] = gadget.endpoints;
    expect(() => endpoint!.queue(new UsbRequest())).toThrow('start the board anew');
  });
});
