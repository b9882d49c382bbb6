import { CLOCK, Errno, MICROSECOND } from '@gadgetloom/core';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { UsbRequest } from '@gadgetloom/udc';
import { pattern } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';

const MICROFRAME = 125 * MICROSECOND;
/** Service interval of 2^(bInterval - 1) microframes. */
const B_INTERVAL = 3;
const INTERVAL = 4 * MICROFRAME;

async function stack(speed: 'high' | 'super' = 'high') {
  const pieces = new TinyContainer(dwc3({ speed }));
  const { device } = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST), { attributes: 1, interval: B_INTERVAL });
  const clock = pieces.resolve(CLOCK);
  const { gadget } = pieces.resolve(DWC3_BOARD);
  const outcomes: { status: number; actual: number; at: number }[] = [];
  const queue = (name: string, bytes: Uint8Array): UsbRequest => {
    const request = new UsbRequest();
    request.buffer = bytes;
    request.length = bytes.length;
    request.complete = () =>
      outcomes.push({ status: request.status, actual: request.actual, at: Math.floor(clock.now() / MICROFRAME) });
    gadget.endpoints.find((endpoint) => endpoint.name === name)!.queue(request);
    return request;
  };
  return { clock, device, gadget, outcomes, queue };
}

describe.each(['high', 'super'] as const)('isochronous endpoints at %s speed', (speed) => {
  it('start when the host comes, some intervals later, and move one buffer per interval', async () => {
    const { device, outcomes, queue, clock } = await stack(speed);
    const packets = [1, 2, 3].map((seed) => pattern(300, seed));
    for (const packet of packets) queue('ep1in', packet);
    const begun = clock.now();
    const times: number[] = [];
    for (const packet of packets) {
      expect((await device.pipe(0x81).transferIn(512)).data).toEqual(packet);
      times.push(clock.now());
    }
    expect(times[0]! - begun).toBeGreaterThanOrEqual(INTERVAL);
    expect([times[1]! - times[0]!, times[2]! - times[1]!]).toEqual([INTERVAL, INTERVAL]);
    await clockTurn(clock);
    expect(outcomes.map(({ status, actual }) => [status, actual])).toEqual(Array(3).fill([0, 300]));
  });

  it('complete with EXDEV what the host does not fetch in its interval', async () => {
    const { device, outcomes, queue, clock } = await stack(speed);
    for (const seed of [1, 2, 3]) queue('ep1in', pattern(100, seed));
    expect((await device.pipe(0x81).transferIn(512)).data).toEqual(pattern(100, 1));
    await wait(clock, 10 * INTERVAL);
    expect(outcomes.map(({ status }) => status)).toEqual([0, -Errno.EXDEV, -Errno.EXDEV]);
    // The transfer was ended; the next one begins when the host comes again.
    queue('ep1in', pattern(50, 9));
    expect((await device.pipe(0x81).transferIn(512)).data).toEqual(pattern(50, 9));
  });

  it('take what the host sends', async () => {
    const { device, outcomes, queue, clock } = await stack(speed);
    const memory = new Uint8Array(1024);
    queue('ep1out', memory);
    await device.pipe(0x01).transferOut(pattern(200));
    await clockTurn(clock);
    expect(outcomes).toMatchObject([{ status: 0, actual: 200 }]);
    expect(memory.subarray(0, 200)).toEqual(pattern(200));
  });

  it('go on with a request that came late, for a host that keeps coming', async () => {
    const { device, outcomes, queue, clock } = await stack(speed);
    const arrived: Uint8Array[] = [];
    for (let read = 0; read < 3; read++) {
      void device
        .pipe(0x81)
        .transferIn(512)
        .then(({ data }) => arrived.push(data));
    }
    for (const seed of [1, 2, 3]) {
      queue('ep1in', pattern(100, seed));
      await wait(clock, 10 * INTERVAL);
    }
    expect(arrived).toEqual([1, 2, 3].map((seed) => pattern(100, seed)));
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  it('do not halt', async () => {
    const { gadget } = await stack(speed);
    expect(() => gadget.endpoints[0]!.setHalt(true)).toThrow('EINVAL');
  });
});

const wait = (clock: { setTimer(delay: number, callback: () => void): unknown }, delay: number): Promise<void> =>
  new Promise((resolve) => void clock.setTimer(delay, resolve));
const clockTurn = (clock: Parameters<typeof wait>[0]): Promise<void> => wait(clock, 1);
