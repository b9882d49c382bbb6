import { Errno, SECOND } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { FAULTS } from '@gadgetloom/udc/faults';
import { pattern, sameBytes } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { dwc3 } from '../plugin/dwc3.ts';

async function stack() {
  const pieces = new TinyContainer(dwc3());
  const loopback = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  const buffer = pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 65536 });
  buffer.bytes().set(pattern(65536));
  loopback.ep1.attach(buffer);
  loopback.ep2.attach(buffer);
  return { pieces, buffer, faults: pieces.resolve(FAULTS), ...loopback };
}

describe('faults around the core', () => {
  it('a lost event leaves the request with the driver until it is cancelled', async () => {
    const { faults, ep1, buffer, device } = await stack();
    faults.loseEvent();
    const fence = ep1.transfer(buffer, 512);
    expect((await device.pipe(0x81).transferIn(512)).status).toBe(0);
    expect(await fence.wait(SECOND)).toBe(0);
    ep1.detach(buffer);
    expect(await fence.wait(SECOND)).toBe(-Errno.ECONNRESET);
  });

  it('each event of the endpoint completes one request: after a lost one, the one before', async () => {
    const { faults, ep1, buffer, device } = await stack();
    faults.loseEvent();
    const fences = [ep1.transfer(buffer, 512), ep1.transfer(buffer, 512)];
    await device.pipe(0x81).transferIn(512);
    await device.pipe(0x81).transferIn(512);
    expect(await Promise.all(fences.map((fence) => fence.wait(SECOND)))).toEqual([1, 0]);
  });

  it('a late interrupt is late', async () => {
    const { faults, ep1, buffer, device } = await stack();
    faults.lateInterrupt({ by: 10 * SECOND });
    const fence = ep1.transfer(buffer, 512);
    await device.pipe(0x81).transferIn(512);
    expect(await fence.wait(9 * SECOND)).toBe(0);
    expect(await fence.wait(2 * SECOND)).toBe(1);
  });

  it('a bus error fails the request with ECONNRESET, and the next one works', async () => {
    const { faults, ep1, ep2, buffer, device } = await stack();
    faults.dmaError({ endpoint: 'in' });
    const failed = ep1.transfer(buffer, 65536);
    const read = device.pipe(0x81).transferIn(65536);
    expect(await failed.wait(SECOND)).toBe(-Errno.ECONNRESET);
    const again = ep1.transfer(buffer, 65536);
    expect([(await read).status, await again.wait(SECOND)]).toEqual([0, 1]);
    expect(sameBytes((await read).data, pattern(65536))).toBe(true);
    faults.dmaError({ endpoint: 'out' });
    const lost = ep2.transfer(buffer, 65536);
    const write = device.pipe(0x01).transferOut(pattern(65536), SECOND);
    expect(await lost.wait(SECOND)).toBe(-Errno.ECONNRESET);
    // Bytes that the core could not write are lost. The host waits for the next request.
    expect((await write).status).toBe(-Errno.ETIMEDOUT);
  });

  it('a damaged packet is repeated; the third in a row ends the transfer of the host', async () => {
    const { faults, ep1, buffer, device } = await stack();
    const fence = ep1.transfer(buffer, 4096);
    faults.crcError({ times: 2 });
    expect((await device.pipe(0x81).transferIn(4096)).status).toBe(0);
    expect(await fence.wait()).toBe(1);
    ep1.transfer(buffer, 4096);
    faults.crcError({ after: { packets: 1 }, times: 3 });
    expect(await device.pipe(0x81).transferIn(4096)).toMatchObject({ status: -Errno.EPROTO, actual: 1024 });
  });

  it('babble and NAK are what the host sees', async () => {
    const { faults, ep1, buffer, device } = await stack();
    ep1.transfer(buffer, 4096);
    faults.babble({ after: { bytes: 1024 } });
    expect(await device.pipe(0x81).transferIn(4096)).toMatchObject({ status: -Errno.EOVERFLOW, actual: 1024 });
    const nak = faults.nak({ times: 5 });
    expect((await device.pipe(0x81).transferIn(3072)).status).toBe(0);
    expect(nak).toMatchObject({ hits: 5, over: true });
  });

  it('a host that never reads waits until it is let go', async () => {
    const { faults, ep1, buffer, device } = await stack();
    const fence = ep1.transfer(buffer, 4096);
    const hold = faults.neverReads({ endpoint: 0x81 });
    expect((await device.pipe(0x81).transferIn(4096, SECOND)).status).toBe(-Errno.ETIMEDOUT);
    const read = device.pipe(0x81).transferIn(4096);
    hold[Symbol.dispose]();
    expect([(await read).status, await fence.wait()]).toEqual([0, 1]);
  });

  it('a pulled cable fails what is under way, at the packet; the device comes back', async () => {
    const { pieces, faults, ep1, buffer, device } = await stack();
    const fence = ep1.transfer(buffer, 65536);
    faults.disconnectAfter({ packets: 3 });
    const { status, actual } = await device.pipe(0x81).transferIn(65536);
    expect(status).toBeLessThan(0);
    expect(actual).toBe(3072);
    expect(await fence.wait()).toBe(-Errno.ESHUTDOWN);
    faults.reconnect();
    const again = await pieces.resolve(VIRTUAL_HOST).waitForDevice();
    const retry = ep1.transfer(buffer, 65536);
    expect((await again.pipe(0x81).transferIn(65536)).status).toBe(0);
    expect(await retry.wait()).toBe(1);
  });
});
