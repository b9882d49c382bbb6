import { Errno, MILLISECOND, SECOND } from '@gadgetloom/core';
import type { SetupPacket } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { enumerated, settled, traced } from '../../test/rig.ts';
import type { Answer } from '../../test/scripted-device.ts';

const readSetup: SetupPacket = { requestType: 0xc0, request: 0x51, value: 1, index: 2, length: 4 };
const writeSetup: SetupPacket = { requestType: 0x40, request: 0x52, value: 1, index: 2, length: 3 };
const plainSetup: SetupPacket = { requestType: 0x40, request: 0x53, value: 0, index: 0, length: 0 };

async function answering(answer: Answer) {
  const rig = await enumerated();
  rig.device.script = (setup) => ((setup.requestType & 0x60) === 0x40 ? answer : undefined);
  return rig;
}

describe('a control transfer', () => {
  it('reads: SETUP, data to the host, status from the host', async () => {
    const { device, there } = await answering(Uint8Array.of(1, 2, 3, 4));
    expect(await there.control(readSetup)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(device.log).toEqual(['c0 51 1 2 4']);
  });

  it('reads less than it asked for', async () => {
    const { there } = await answering(Uint8Array.of(9));
    expect(await there.controlIn(readSetup)).toEqual(Uint8Array.of(9));
  });

  it('writes: SETUP, data from the host, status to the host', async () => {
    const { device, there } = await answering('ack');
    expect(await there.control(writeSetup, Uint8Array.of(5, 6, 7))).toBe(3);
    expect(device.log).toEqual(['40 52 1 2 3', '  data 5 6 7']);
  });

  it('can do without data, also as a read', async () => {
    const { there } = await answering('ack');
    expect(await there.controlOut(plainSetup)).toBe(0);
    expect(await there.controlIn({ ...readSetup, length: 0 })).toEqual(new Uint8Array());
  });

  it.each<[Answer, keyof typeof Errno]>([
    ['stall', 'EPIPE'],
    ['stall late', 'EPIPE'],
    ['silence', 'EPROTO'],
  ])('that is answered with %s fails with %s in all directions', async (answer, code) => {
    const { there } = await answering(answer);
    await expect(there.controlIn(readSetup)).rejects.toMatchObject({ code });
    await expect(there.controlOut(writeSetup, new Uint8Array(3))).rejects.toMatchObject({ code });
    await expect(there.controlOut(plainSetup)).rejects.toMatchObject({ code });
  });

  it('fails with EOVERFLOW if the device sends too much', async () => {
    const { there } = await answering('babble');
    await expect(there.controlIn(readSetup)).rejects.toMatchObject({ code: 'EOVERFLOW' });
  });

  it('needs as much data as it announces', async () => {
    const { there } = await answering('ack');
    await expect(there.controlOut(writeSetup, new Uint8Array(2))).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(there.controlOut(writeSetup)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('waits for a device that answers later', async () => {
    const { device, there } = await answering('nak');
    const [reading, writing] = [there.controlIn(readSetup), there.controlOut(plainSetup)];
    await settled();
    expect(device.log).toEqual(['c0 51 1 2 4']);
    device.release(Uint8Array.of(4, 3, 2, 1));
    expect(await reading).toEqual(Uint8Array.of(4, 3, 2, 1));
    await settled();
    device.release();
    expect(await writing).toBe(0);
  });

  it('waits for 5 seconds unless told otherwise, and leaves the way to the next', async () => {
    const { clock, device, there } = await answering('nak');
    await expect(there.controlIn(readSetup)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(clock.now()).toBe(5 * SECOND);
    await expect(there.controlIn(readSetup, MILLISECOND)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(clock.now()).toBe(5 * SECOND + MILLISECOND);
    device.script = () => Uint8Array.of(1);
    expect(await there.controlIn(readSetup)).toEqual(Uint8Array.of(1));
  });

  it('waits for ever if it has no timeout', async () => {
    const { clock, device, there } = await answering('nak');
    const reading = there.controlIn(readSetup, 0);
    await clock.advance(3600 * SECOND);
    device.release(Uint8Array.of(1));
    expect(await reading).toEqual(Uint8Array.of(1));
  });

  it('can be cancelled, under way or not', async () => {
    const { device, there } = await answering('nak');
    const first = await there.startControl(readSetup, new Uint8Array(4));
    const second = await there.startControl(readSetup, new Uint8Array(4));
    const third = await there.startControl(readSetup, new Uint8Array(4));
    await settled();
    second.cancel();
    first.cancel();
    first.cancel();
    expect(await Promise.all([first.done, second.done])).toEqual([-Errno.ECONNRESET, -Errno.ECONNRESET]);
    await settled();
    device.release(Uint8Array.of(1, 2));
    expect(await third.done).toBe(2);
    expect(device.log).toHaveLength(2);
  });

  it('ends with the device', async () => {
    const { device, there } = await answering('nak');
    const [first, second] = [there.controlIn(readSetup), there.controlOut(plainSetup)];
    await settled();
    device.disconnect();
    await expect(first).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(second).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(there.controlOut(plainSetup)).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('is not possible while the bus is suspended', async () => {
    const { host, there } = await answering('ack');
    await host.suspend();
    await expect(there.controlOut(plainSetup)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  });

  it('is traced', async () => {
    const rig = await answering(Uint8Array.of(1));
    await rig.there.controlIn(readSetup);
    expect(rig.trace.events.at(-1)).toMatchObject({
      what: 'control transfer',
      details: { ...readSetup, status: 0, actual: 1 },
    });
    expect(traced(rig, 'control transfer', 'status').every((status) => status === 0)).toBe(true);
  });
});
