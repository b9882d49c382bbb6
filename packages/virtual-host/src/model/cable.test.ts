import { Errno, InputError, MICROSECOND, MILLISECOND } from '@gadgetloom/core';
import { Handshake } from '@gadgetloom/udc/bus';
import { describe, expect, it } from 'vitest';
import { connected, enumerated, settled, traced } from '../../test/rig.ts';
import type { ScriptedDevice } from '../../test/scripted-device.ts';

const gone = -Errno.ESHUTDOWN;

/** Real controllers move whole packets only: what does not fit into the budget of a call stays where it is. */
function wholePackets(device: ScriptedDevice, size: number): void {
  for (const direction of ['in', 'out'] as const) {
    const move = device[direction].bind(device);
    device[direction] = (number, transfer, budget) => {
      const endpoint = device.endpoint(direction === 'in' ? 0x80 | number : number);
      const request = endpoint?.sending[0];
      const sending = request === undefined ? 0 : request.bytes.length - request.at;
      const waiting = direction === 'in' ? sending : transfer.length - transfer.actual;
      const fits = waiting <= budget ? budget : budget - (budget % size);
      return number !== 0 && fits === 0 ? Handshake.MORE : move(number, transfer, number === 0 ? budget : fits);
    };
  }
}

describe('the cable', () => {
  it('falls out after so many bytes, in the middle of a transfer', async () => {
    const { host, device, there } = await enumerated();
    host.cable.unplugAfter({ bytes: 1300 });
    device.send(0x81, new Uint8Array(4096));
    const [first, second] = await Promise.all([there.pipe(0x81).transferIn(1024), there.pipe(0x81).transferIn(1024)]);
    expect(first).toMatchObject({ status: 0, actual: 1024 });
    expect(second).toMatchObject({ status: gone, actual: 276 });
    expect(host.devices).toEqual([]);
    expect(host.cable.plugged).toBe(false);
  });

  it.each(['in', 'out'] as const)(
    'falls out before a packet that would go beyond the count (%s)',
    async (direction) => {
      const { host, device, there } = await enumerated();
      wholePackets(device, 512);
      host.cable.unplugAfter({ bytes: 700 });
      device.send(0x81, new Uint8Array(4096));
      device.accept(0x02, 4096);
      const transfer =
        direction === 'in' ? there.pipe(0x81).transferIn(4096) : there.pipe(0x02).transferOut(new Uint8Array(4096));
      expect(await transfer).toMatchObject({ status: gone, actual: 512 });
      expect(host.cable.plugged).toBe(false);
    },
  );

  it('falls out before anything moves if the first packet would go beyond the count', async () => {
    const { host, device, there } = await enumerated();
    wholePackets(device, 512);
    host.cable.unplugAfter({ bytes: 100 });
    device.send(0x81, new Uint8Array(4096));
    expect(await there.pipe(0x81).transferIn(4096)).toMatchObject({ status: gone, actual: 0 });
  });

  it('stays in for a short packet that is within the count', async () => {
    const { host, device, there } = await enumerated();
    wholePackets(device, 512);
    host.cable.unplugAfter({ bytes: 100 });
    device.send(0x81, new Uint8Array(99));
    expect(await there.pipe(0x81).transferIn(512)).toMatchObject({ status: 0, actual: 99 });
    expect(host.cable.plugged).toBe(true);
  });

  it('lets a transfer pass that ends exactly there', async () => {
    const { host, device, there } = await enumerated();
    host.cable.unplugAfter({ bytes: 1024 });
    device.accept(0x02, 4096);
    const [first, second] = await Promise.all([
      there.pipe(0x02).transferOut(new Uint8Array(1024)),
      there.pipe(0x02).transferOut(new Uint8Array(1024)),
    ]);
    expect([first?.status, second?.status]).toEqual([0, gone]);
  });

  it('falls out after so many packets', async () => {
    const { host, device, there } = await enumerated();
    host.cable.unplugAfter({ transactions: 3 });
    device.send(0x81, new Uint8Array(4096));
    expect(await there.pipe(0x81).transferIn(4096)).toMatchObject({ status: gone, actual: 3 * 512 });
  });

  it('counts a stall and an empty packet as one transaction, and NAK as none', async () => {
    const { host, device, there } = await enumerated();
    host.cable.unplugAfter({ transactions: 3 });
    const pipe = there.pipe(0x81);
    const reading = pipe.transferIn(512);
    await settled();
    device.send(0x81, new Uint8Array());
    expect(await reading).toMatchObject({ status: 0, actual: 0 });
    device.endpoint(0x81).halted = true;
    expect((await pipe.transferIn(512)).status).toBe(-Errno.EPIPE);
    expect(there.connected).toBe(true);
    expect((await pipe.transferIn(512)).status).toBe(-Errno.EPIPE);
    expect(there.connected).toBe(false);
  });

  it('falls out at a time', async () => {
    const { clock, host, there } = await enumerated();
    host.cable.unplugAfter({ delay: 375 * MICROSECOND });
    expect(await there.pipe(0x81).transferIn(64)).toMatchObject({ status: gone });
    expect(clock.now()).toBe(375 * MICROSECOND);
  });

  it('falls out at once after nothing', async () => {
    const { host, there } = await enumerated();
    using armed = host.cable.unplugAfter({ bytes: 0 });
    expect(armed).toBeDefined();
    expect(there.connected).toBe(false);
  });

  it('stays in once it is disarmed, or armed otherwise', async () => {
    const { clock, host, device, there } = await enumerated();
    host.cable.unplugAfter({ bytes: 10 })[Symbol.dispose]();
    const timed = host.cable.unplugAfter({ delay: MILLISECOND });
    host.cable.unplugAfter({ transactions: 1000 });
    timed[Symbol.dispose]();
    device.send(0x81, new Uint8Array(4096));
    await there.pipe(0x81).transferIn(4096);
    await clock.advance(2 * MILLISECOND);
    expect(there.connected).toBe(true);
  });

  it.each([{}, { bytes: 1, delay: 1 }, { bytes: -1 }, { transactions: Number.NaN }])(
    'cannot be armed with %o',
    (point) => {
      const { host } = connected();
      expect(() => host.cable.unplugAfter(point)).toThrow(InputError);
    },
  );

  it('does nothing any more once the host is closed', async () => {
    const { clock, host } = await enumerated();
    host.cable.unplugAfter({ delay: MILLISECOND });
    host[Symbol.dispose]();
    await clock.runUntilIdle();
    expect(clock.now()).toBe(0);
  });

  it('tells the device of its power, never from inside the call', async () => {
    const { host, device } = await enumerated();
    host.cable.unplug();
    host.cable.unplug();
    host.cable.plug();
    host.cable.plug();
    expect(device.log).toEqual([]);
    await host.waitForDevice();
    expect(device.log.slice(0, 3)).toEqual(['no power', 'power', 'reset']);
  });

  it('hides a device that connects while it is out', async () => {
    const { host, device } = await enumerated();
    host.cable.unplug();
    device.disconnect();
    device.connect(host);
    await settled();
    expect(device.log).toEqual(['no power']);
    host.cable.plug();
    expect((await host.waitForDevice()).connected).toBe(true);
  });

  it('shows nothing if the device left meanwhile', async () => {
    const { host, device } = await enumerated();
    host.cable.unplug();
    device.disconnect();
    host.cable.plug();
    await settled();
    expect(device.log).toEqual(['no power', 'power']);
    expect(host.devices).toEqual([]);
  });

  it('traces its faults', async () => {
    const rig = await enumerated();
    rig.host.cable.hold(0x81)[Symbol.dispose]();
    rig.host.cable.unplug();
    rig.host.cable.plug();
    expect(traced(rig, 'fault', 'fault')).toEqual(['hold', 'release', 'unplug', 'plug']);
  });
});

describe('a host that is held', () => {
  it('does not read, but lets other endpoints pass', async () => {
    const { host, device, there } = await enumerated();
    const hold = host.cable.hold(0x81);
    device.send(0x81, new Uint8Array(100));
    device.accept(0x02, 512);
    const reading = there.pipe(0x81).transferIn(512);
    expect(await there.pipe(0x02).transferOut(new Uint8Array(3))).toMatchObject({ status: 0 });
    device.bus?.ready(0x81);
    await settled();
    expect(there.pipe(0x81).pending).toBe(1);
    hold[Symbol.dispose]();
    hold[Symbol.dispose]();
    expect(await reading).toMatchObject({ status: 0, actual: 100 });
  });

  it('never reads: transfers time out and can be cancelled', async () => {
    const { host, device, there } = await enumerated();
    host.cable.hold();
    device.send(0x81, new Uint8Array(100));
    const pipe = there.pipe(0x81);
    expect(await pipe.transferIn(512, MILLISECOND)).toMatchObject({ status: -Errno.ETIMEDOUT, actual: 0 });
    expect(await pipe.transferIn(512, MILLISECOND), 'and again').toMatchObject({ status: -Errno.ETIMEDOUT });
    const reading = pipe.transferIn(512);
    device.disconnect();
    expect(await reading).toMatchObject({ status: gone });
  });

  it('is held as long as any hold is', async () => {
    const { host, device, there } = await enumerated();
    const holds = [host.cable.hold(), host.cable.hold(0x81)];
    device.send(0x81, new Uint8Array(1));
    const reading = there.pipe(0x81).transferIn(512);
    holds[0]?.[Symbol.dispose]();
    await settled();
    expect(there.pipe(0x81).pending).toBe(1);
    holds[1]?.[Symbol.dispose]();
    expect((await reading).actual).toBe(1);
  });
});
