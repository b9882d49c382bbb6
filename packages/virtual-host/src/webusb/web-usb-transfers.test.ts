import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { settled } from '../../test/rig.ts';
import { claimed, request } from '../../test/usb-rig.ts';
import type { UsbDevice } from './types.ts';

const text = (data: DataView | undefined) => (data === undefined ? undefined : [...new Uint8Array(data.buffer)]);

describe('transfers', () => {
  it('read', async () => {
    const { device, usb } = await claimed();
    device.send(0x81, Uint8Array.of(1, 2, 3));
    const { status, data } = await usb.transferIn(1, 512);
    expect([status, text(data)]).toEqual(['ok', [1, 2, 3]]);
    device.send(0x81, new Uint8Array(0));
    expect((await usb.transferIn(1, 512)).data?.byteLength).toBe(0);
  });

  it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => ArrayBuffer | ArrayBufferView<ArrayBuffer>]>([
    ['a view', (bytes) => bytes.subarray(1)],
    ['a DataView', (bytes) => new DataView(bytes.buffer, 1)],
    ['a buffer', (bytes) => bytes.slice(1).buffer],
  ])('write %s, as it was at the call', async (_, source) => {
    const { device, usb } = await claimed();
    device.accept(0x02, 512);
    const bytes = Uint8Array.of(9, 1, 2, 3);
    const writing = usb.transferOut(2, source(bytes));
    bytes.fill(0);
    expect(await writing).toMatchObject({ status: 'ok', bytesWritten: 3 });
    expect(device.endpoint(0x02).received).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it.each<[string, (buffer: ArrayBuffer) => ArrayBuffer | ArrayBufferView<ArrayBuffer>]>([
    ['buffer', (buffer) => buffer],
    ['view', (buffer) => new Uint8Array(buffer, 1)],
    ['DataView', (buffer) => new DataView(buffer)],
  ])('write no bytes of a detached %s', async (_, sourceOf) => {
    const { device, usb } = await claimed();
    device.accept(0x02, 512);
    const buffer = new ArrayBuffer(8);
    const source = sourceOf(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    expect(await usb.transferOut(2, source)).toMatchObject({ status: 'ok', bytesWritten: 0 });
    await expect(usb.isochronousTransferOut(3, source, [8])).rejects.toMatchObject({ name: 'DataError' });
  });

  it('write bytes of another realm, as test runners have', async () => {
    const { device, usb } = await claimed();
    device.accept(0x02, 512);
    device.accept(0x02, 512);
    const foreign: ArrayBuffer = runInNewContext('new Uint8Array([1, 2, 3]).buffer');
    expect(foreign instanceof ArrayBuffer).toBe(false);
    expect(await usb.transferOut(2, foreign)).toMatchObject({ status: 'ok', bytesWritten: 3 });
    expect(await usb.transferOut(2, new Uint8Array(foreign, 1))).toMatchObject({ status: 'ok', bytesWritten: 2 });
  });

  it('take packet lengths as a typed array, and cut each to a whole number', async () => {
    const { device, usb } = await claimed();
    device.send(0x83, Uint8Array.of(1, 2, 3, 4));
    device.send(0x83, Uint8Array.of(5, 6, 7, 8));
    const { data } = await usb.isochronousTransferIn(3, Uint32Array.of(4, 4) as unknown as number[]);
    expect(text(data)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (let packet = 0; packet < 3; packet++) device.accept(0x03, 8);
    const written = await usb.isochronousTransferOut(3, Uint8Array.of(1, 2, 3), [1.5, Number.NaN, 2.9]);
    expect(written.packets.map(({ bytesWritten }) => bytesWritten)).toEqual([1, 0, 2]);
  });

  it('cut the numbers of a request to the width of their fields', async () => {
    const { device, usb } = await claimed();
    await usb.controlTransferOut({ ...request, request: 0x151, value: -1, index: 0x1_0002 });
    expect(device.log.at(-1)).toBe('40 51 65535 2 0');
  });

  it('tell of stalls and of babble', async () => {
    const { device, usb } = await claimed();
    device.send(0x81, new Uint8Array(512));
    const babble = await usb.transferIn(1, 8);
    expect([babble.status, babble.data?.byteLength]).toEqual(['babble', 8]);
    device.endpoint(0x81).halted = true;
    device.endpoint(0x02).halted = true;
    expect(await usb.transferIn(1, 8)).toMatchObject({ status: 'stall', data: null });
    expect(await usb.transferOut(2, Uint8Array.of(1))).toMatchObject({ status: 'stall', bytesWritten: 0 });
    await usb.clearHalt('in', 1);
    await usb.clearHalt('out', 2);
    device.accept(0x02, 8);
    expect((await usb.transferOut(2, Uint8Array.of(1))).status).toBe('ok');
  });

  it('fail with NetworkError otherwise', async () => {
    const { host, device, usb } = await claimed();
    device.endpoint(0x81).silent = true;
    await expect(usb.transferIn(1, 8)).rejects.toMatchObject({
      name: 'NetworkError',
      message: expect.stringContaining('EPROTO'),
    });
    await host.suspend();
    await expect(usb.transferIn(1, 8)).rejects.toMatchObject({
      name: 'NetworkError',
      message: expect.stringContaining('EHOSTUNREACH'),
    });
  });

  it('control the device', async () => {
    const { device, usb } = await claimed();
    device.script = () => Uint8Array.of(4, 3, 2, 1);
    const { status, data } = await usb.controlTransferIn(request, 64);
    expect([status, text(data)]).toEqual(['ok', [4, 3, 2, 1]]);
    device.script = () => 'ack';
    expect(
      await usb.controlTransferOut({ ...request, requestType: 'class', recipient: 'other' }, Uint8Array.of(7)),
    ).toMatchObject({ status: 'ok', bytesWritten: 1 });
    expect(await usb.controlTransferOut({ ...request, recipient: 'interface' })).toMatchObject({
      status: 'ok',
      bytesWritten: 0,
    });
    await usb.controlTransferOut({ ...request, recipient: 'endpoint', index: 0x81 });
    expect(device.log.filter((it) => !it.startsWith(' '))).toEqual([
      'c0 51 1 0 64',
      '23 51 1 0 1',
      '41 51 1 0 0',
      '42 51 1 129 0',
    ]);
  });

  it('control the device and tell of stalls and of babble', async () => {
    const { device, usb } = await claimed();
    device.script = () => 'stall late';
    expect(await usb.controlTransferIn(request, 4)).toMatchObject({ status: 'stall', data: null });
    expect(await usb.controlTransferOut(request, Uint8Array.of(1))).toMatchObject({ status: 'stall', bytesWritten: 0 });
    device.script = () => 'babble';
    expect((await usb.controlTransferIn(request, 4)).status).toBe('babble');
    device.script = () => 'silence';
    await expect(usb.controlTransferIn(request, 4)).rejects.toMatchObject({ name: 'NetworkError' });
  });

  it('are isochronous, packet by packet', async () => {
    const { device, usb } = await claimed();
    for (const packet of [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3, 4, 5, 6, 7)])
      device.send(0x83, packet);
    const { data, packets } = await usb.isochronousTransferIn(3, [4, 4, 4]);
    expect(text(data)).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 3, 4, 5, 6]);
    expect(packets.map((packet) => [packet.status, packet.data?.byteOffset, packet.data?.byteLength])).toEqual([
      ['ok', 0, 2],
      ['ok', 4, 0],
      ['babble', 8, 4],
    ]);
    device.accept(0x03, 8);
    device.accept(0x03, 8);
    const written = await usb.isochronousTransferOut(3, Uint8Array.of(1, 2, 3, 4), [3, 1]);
    expect(written.packets).toMatchObject([
      { status: 'ok', bytesWritten: 3 },
      { status: 'ok', bytesWritten: 1 },
    ]);
    expect(device.endpoint(0x03).received).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  });
});

describe('what is under way', () => {
  async function underWay() {
    const rig = await claimed();
    rig.device.script = (setup) => ((setup.requestType & 0x60) === 0x40 ? 'nak' : undefined);
    const names: string[] = [];
    const watch = (name: string, promise: Promise<unknown>) =>
      promise.then(
        () => names.push(`${name} done`),
        (error: DOMException) => names.push(`${name} ${error.name}`),
      );
    void watch('bulk', rig.usb.transferIn(1, 64));
    void watch('isochronous', rig.usb.isochronousTransferIn(3, [64]));
    void watch('control', rig.usb.controlTransferIn(request, 4));
    await settled();
    return { ...rig, names };
  }

  it.each<[string, (usb: UsbDevice) => Promise<void>, string[]]>([
    ['the device is closed', (usb) => usb.close(), ['bulk AbortError', 'isochronous AbortError', 'control AbortError']],
    ['the device is reset', (usb) => usb.reset(), ['bulk AbortError', 'isochronous AbortError', 'control AbortError']],
    ['its interface is released', (usb) => usb.releaseInterface(0), ['bulk AbortError']],
    ['another setting is selected', (usb) => usb.selectAlternateInterface(1, 0), ['isochronous AbortError']],
  ])('is aborted when %s', async (_, call, aborted) => {
    const { device, usb, names } = await underWay();
    const calling = call(usb);
    await settled();
    device.release('stall late');
    await calling;
    await settled();
    expect([...names].sort()).toEqual(expect.arrayContaining([...aborted].sort()));
    expect(names.filter((name) => name.endsWith('AbortError'))).toHaveLength(aborted.length);
  });

  it('is aborted on the endpoints when another configuration is selected', async () => {
    const { device, usb, names } = await underWay();
    const selecting = usb.selectConfiguration(2);
    await settled();
    device.release(Uint8Array.of(1));
    await selecting;
    expect(names).toEqual(['bulk AbortError', 'isochronous AbortError', 'control done']);
  });

  it('fails with NetworkError when the device leaves', async () => {
    const { device, names } = await underWay();
    device.disconnect();
    await settled();
    expect([...names].sort()).toEqual(['bulk NetworkError', 'control NetworkError', 'isochronous NetworkError']);
  });

  it('does not disturb what comes after', async () => {
    const { device, usb } = await underWay();
    await usb.releaseInterface(0);
    await usb.claimInterface(0);
    device.send(0x81, Uint8Array.of(5));
    expect(text((await usb.transferIn(1, 64)).data)).toEqual([5]);
  });
});
