import { Errno, MICROSECOND, SECOND } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import * as make from '../../../test/descriptors.ts';
import { enumerated, type RigOptions } from '../../../test/rig.ts';

/** A device on a bus that takes time, and bytes per second between two moments. */
async function timed(options: RigOptions = {}) {
  const rig = await enumerated({ timed: true, ...options });
  const rate = async (bytes: number, work: () => Promise<unknown>) => {
    const start = rig.clock.now();
    await work();
    return (bytes * SECOND) / (rig.clock.now() - start);
  };
  return { ...rig, rate };
}

describe('pipes of a bus that takes time', () => {
  it('take time for enumeration', async () => {
    const { clock, there } = await timed();
    expect(there.configuration?.value).toBe(1);
    expect(clock.now()).toBeGreaterThan(20 * MICROSECOND);
  });

  it.each([
    ['high', 53_248_000],
    ['full', 1_216_000],
  ] as const)(
    'move bulk data at %s speed as fast as the specification allows: %i bytes per second',
    async (speed, most) => {
      const { device, there, rate } = await timed({ speed });
      device.send(0x81, new Uint8Array(200_000));
      const pipe = there.pipe(0x81);
      // The test device says 512 also at full speed; the host corrects it.
      const got = await rate(150_000, () => pipe.transferIn(150_000));
      expect(got).toBeLessThan(most * 1.02);
      expect(got).toBeGreaterThan(most * 0.95);
    },
  );

  it.each([
    ['high', 26_600_000],
    // Bursts of one packet of 512 bytes.
    ['super', 328_000_000],
  ] as const)('share the wires of %s speed between the directions, where both have the same', async (speed, most) => {
    const content = speed === 'super' ? { device: make.device({ usbVersion: 0x0300, maxPacketSize0: 9 }) } : {};
    const { device, there, rate } = await timed({ speed, content });
    device.send(0x81, new Uint8Array(100_000));
    device.accept(0x02, 100_000);
    const rates = await Promise.all([
      rate(50_000, () => there.pipe(0x81).transferIn(50_000)),
      rate(50_000, () => there.pipe(0x02).transferOut(new Uint8Array(50_000))),
    ]);
    for (const each of rates) expect(each / most).toBeCloseTo(1, 1);
  });

  it('end a write with a zero-length packet', async () => {
    const { device, there } = await timed();
    device.accept(0x02, 4096);
    expect(await there.pipe(0x02).transferOut(new Uint8Array(1024), 0, true)).toMatchObject({
      status: 0,
      actual: 1024,
    });
    expect(device.endpoint(0x02).received).toEqual([new Uint8Array(1024)]);
  });

  it('wait for a device that has nothing, and go on when it has', async () => {
    const { clock, device, there } = await timed();
    const reading = there.pipe(0x81).transferIn(512);
    clock.setTimer(SECOND, () => device.send(0x81, new Uint8Array(100)));
    expect(await reading).toMatchObject({ status: 0, actual: 100 });
    expect(clock.now()).toBeGreaterThan(SECOND);
  });

  it('end what is on the wire when the cable is pulled', async () => {
    const { clock, device, host, there } = await timed();
    device.send(0x81, new Uint8Array(100_000));
    clock.setTimer(200 * MICROSECOND, () => host.cable.unplug());
    const result = await there.pipe(0x81).transferIn(100_000);
    expect(result.status).toBe(-Errno.ESHUTDOWN);
    expect(result.actual).toBeGreaterThan(0);
    expect(result.actual).toBeLessThan(100_000);
  });

  it('give up in time', async () => {
    const { device, there } = await timed();
    device.send(0x81, new Uint8Array(100_000));
    const result = await there.pipe(0x81).transferIn(100_000, 300 * MICROSECOND);
    expect(result.status).toBe(-Errno.ETIMEDOUT);
    expect(result.actual % 512).toBe(0);
  });
});
