import { KernelError, MILLISECOND, SECOND, VirtualClock } from '@gadgetloom/core';
import type { UsbSpeed } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { connected, type RigOptions, settled, traced } from '../../test/rig.ts';
import { type Answer, ScriptedDevice } from '../../test/scripted-device.ts';
import { VirtualHost } from './virtual-host.ts';

const strings = ['GET string 0 255', 'GET string 2 255', 'GET string 1 255', 'GET string 3 255'];
const superSpeed: RigOptions = {
  speed: 'super',
  content: {
    device: make.device({ usbVersion: 0x0320, maxPacketSize0: 9 }),
    configurations: [
      make.configuration({}, make.iface({ endpoints: 1 }), make.endpoint(0x81, 'bulk', 1024), make.companion(15)),
    ],
    bos: make.bos(make.capability(2, 2, 0, 0, 0), make.capability(3, 0, 0x0e, 0, 1, 10, 0xff, 0x07)),
  },
};

describe('enumeration', () => {
  it('at high speed reads, resets, addresses, reads everything and configures', async () => {
    const { host, device } = connected();
    const there = await host.waitForDevice();
    expect(device.log).toEqual([
      'reset',
      'GET device 64',
      'reset',
      'SET_ADDRESS 2',
      'GET device 18',
      'GET configuration 0 9',
      'GET configuration 0 32',
      ...strings,
      'SET_CONFIGURATION 1',
      'GET string 4 255',
    ]);
    expect(there).toMatchObject({ speed: 'high', address: 2, state: 'configured', connected: true, bos: undefined });
    expect(there).toMatchObject({ manufacturer: 'Maker', product: 'Thing', serialNumber: 'S1' });
    expect(there.descriptor).toMatchObject({ vendorId: 0x1d6b, productId: 0x0104, deviceVersion: 0x0123 });
    expect(there.endpoints().map(({ address }) => address)).toEqual([0x81, 0x02]);
    expect(host.devices).toEqual([there]);
  });

  it('at full speed takes the packet size from the device and asks whether it could be faster', async () => {
    const content = { device: make.device({ maxPacketSize0: 8 }), configurations: [make.twoBulk(64)] };
    const qualifier = Uint8Array.of(10, 6, 0, 2, 0, 0, 0, 64, 1, 0);
    const rig = connected({ speed: 'full', content: { ...content, qualifier } });
    await rig.host.waitForDevice();
    expect(rig.device.log.slice(0, 7)).toEqual([
      'reset',
      'GET device 64',
      'reset',
      'SET_ADDRESS 2',
      'GET device 18',
      'GET qualifier 10',
      'GET configuration 0 9',
    ]);
    expect(traced(rig, 'descriptor notice', 'text')).toContain('the device could run at high speed');
  });

  it('at full speed asks three times a device that knows no high speed, and goes on', async () => {
    const { host, device } = connected({ speed: 'full', content: { configurations: [make.twoBulk(64)] } });
    await host.waitForDevice();
    expect(device.log.filter((request) => request === 'GET qualifier 10')).toHaveLength(3);
  });

  it.each<[string, RigOptions]>([
    ['the host is not faster either', { speed: 'full', maxSpeed: 'full' }],
    ['the device is older than USB 2.0', { speed: 'full', content: { device: make.device({ usbVersion: 0x0110 }) } }],
  ])('at full speed does not ask if %s', async (_, options) => {
    const { host, device } = connected(options);
    await host.waitForDevice();
    expect(device.log).not.toContain('GET qualifier 10');
  });

  it('at super speed addresses first, tells the delay and reads the BOS', async () => {
    const { host, device } = connected(superSpeed);
    const there = await host.waitForDevice();
    expect(device.log.slice(0, 8)).toEqual([
      'reset',
      'SET_ADDRESS 2',
      'GET device 8',
      'SET_ISOCH_DELAY 0',
      'GET device 18',
      'GET BOS 5',
      'GET BOS 22',
      'GET configuration 0 9',
    ]);
    expect(there.bos?.capabilities.map(({ type }) => type)).toEqual([2, 3]);
    expect(there.pipe(0x81).companion).toEqual({ maxBurst: 15, attributes: 0, bytesPerInterval: 0 });
  });

  it('does without the delay request and the BOS where the device stalls them', async () => {
    const rig = connected({ ...superSpeed, content: { ...superSpeed.content, bos: Uint8Array.of(4, 15, 0, 0) } });
    rig.device.script = (_, request) => (request.startsWith('SET_ISOCH') ? 'stall' : undefined);
    const there = await rig.host.waitForDevice();
    expect(there.bos).toBeUndefined();
    expect(traced(rig, 'descriptor notice', 'text')).toContain('the BOS descriptor cannot be read');
  });

  it('reads the BOS of USB 2.1 devices, and forgets one that ends early', async () => {
    const device = make.device({ usbVersion: 0x0201 });
    const whole = connected({ content: { device, bos: make.bos(make.capability(2, 6, 0, 0, 0)) } });
    expect((await whole.host.waitForDevice()).bos?.capabilities).toHaveLength(1);
    const cut = connected({ content: { device, bos: make.bos(make.capability(2, 6, 0, 0, 0)).subarray(0, 8) } });
    expect((await cut.host.waitForDevice()).bos).toBeUndefined();
  });

  it('runs at the speed of the slower end', async () => {
    const { host } = connected({ speed: 'super', maxSpeed: 'high' });
    expect((await host.waitForDevice()).speed).toBe('high');
  });

  it('leaves the device addressed if it is not to configure it', async () => {
    const { host, device } = connected({ autoConfigure: false });
    const there = await host.waitForDevice();
    expect(there).toMatchObject({ state: 'addressed', configuration: undefined });
    expect(there.endpoints()).toEqual([]);
    expect(device.log).not.toContain('SET_CONFIGURATION 1');
  });

  it('asks a device without strings for none', async () => {
    const device = make.device({ manufacturer: 0, product: 0, serialNumber: 0 });
    const rig = connected({ content: { device, configurations: [make.twoBulk(512, { name: 0 })], strings: {} } });
    const there = await rig.host.waitForDevice();
    expect(there.product).toBeUndefined();
    expect(rig.device.log.filter((request) => request.startsWith('GET string')).map((it) => it.slice(11, 12))).toEqual(
      // The interface has a name, index 4, which the device stalls: with 255 bytes, then with 2, three times each.
      ['0', '4', '4', '4', '4', '4', '4'],
    );
  });

  it('takes no time, unless it is to wait as Linux does', async () => {
    const quick = connected();
    await quick.host.waitForDevice();
    expect(quick.clock.now()).toBe(0);
    const slow = connected({ delays: true });
    await slow.host.waitForDevice();
    expect(slow.clock.now()).toBe((100 + 60 + 60 + 10) * MILLISECOND);
  });

  it('gives each device another address, up to 127', async () => {
    const host = new VirtualHost({ clock: new VirtualClock() });
    const addresses: number[] = [];
    for (let count = 0; count < 128; count++) {
      const device = new ScriptedDevice().connect(host);
      addresses.push((await host.waitForDevice()).address);
      device.disconnect();
    }
    expect(addresses.slice(0, 2)).toEqual([2, 3]);
    expect(addresses.slice(-3)).toEqual([127, 2, 3]);
  });

  it('traces every state', async () => {
    const rig = connected();
    await rig.host.waitForDevice();
    expect(traced(rig, 'state', 'state')).toEqual(['default', 'addressed', 'configured']);
  });
});

describe('enumeration of a device that fails', () => {
  /** What the host does about an answer that it gets to one request, every time or as often as given. */
  function failing(request: string, answer: Answer, times = Number.POSITIVE_INFINITY, options: RigOptions = {}) {
    const rig = connected(options);
    let left = times;
    rig.device.script = (_, name) => (name.startsWith(request) && left-- > 0 ? answer : undefined);
    return rig;
  }

  const shortDevice = make.device().subarray(0, 12);
  const otherType = Uint8Array.of(18, 9, 0, 0, 0, 0, 0, 64, ...new Array<number>(10).fill(0));
  const oddPacketSize = make.device({ maxPacketSize0: 24 });

  it.each<[string, Answer, string, string]>([
    ['GET device', 'stall', 'EPIPE', 'GET_DESCRIPTOR(device), 8 bytes'],
    ['GET device', 'silence', 'EPROTO', 'GET_DESCRIPTOR(device), 8 bytes'],
    ['GET device', 'nak', 'ETIMEDOUT', 'GET_DESCRIPTOR(device), 8 bytes'],
    ['GET device', 'babble', 'EOVERFLOW', 'GET_DESCRIPTOR(device), 8 bytes'],
    ['GET device', oddPacketSize, 'EPROTO', 'GET_DESCRIPTOR(device), 8 bytes'],
    ['SET_ADDRESS', 'stall', 'EPIPE', 'SET_ADDRESS(5)'],
    ['SET_ADDRESS', 'nak', 'ETIMEDOUT', 'SET_ADDRESS(5)'],
    ['GET device 18', 'stall', 'EPIPE', 'GET_DESCRIPTOR(device), 18 bytes'],
    ['GET device 18', shortDevice, 'EMSGSIZE', 'GET_DESCRIPTOR(device), 18 bytes'],
    ['GET device 18', otherType, 'ENODATA', 'GET_DESCRIPTOR(device), 18 bytes'],
    ['GET configuration 0 9', 'stall', 'EPIPE', 'GET_DESCRIPTOR(configuration 0), 9 bytes'],
    ['GET configuration 0 9', Uint8Array.of(9, 2), 'EINVAL', 'GET_DESCRIPTOR(configuration 0), 9 bytes'],
    ['GET configuration 0 32', 'nak', 'ETIMEDOUT', 'GET_DESCRIPTOR(configuration 0), 32 bytes'],
    ['GET configuration 0 32', Uint8Array.of(8, 2, 0, 0), 'EINVAL', 'configuration descriptor'],
  ])('gives up after four attempts if %s is answered with %o: %s, %s', async (request, answer, code, operation) => {
    const rig = failing(request, answer);
    const failure = await rig.host.waitForDevice().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KernelError);
    expect(failure).toMatchObject({ code, operation });
    expect(traced(rig, 'enumeration failed', 'attempt')).toEqual([0, 1, 2, 3]);
    expect(traced(rig, 'enumeration given up', 'reason')).toEqual([(failure as Error).message]);
    expect(rig.host.devices).toEqual([]);
    await expect(rig.host.waitForDevice(), 'who asks later is told as well').rejects.toBe(failure);
  });

  it.each<[string, RigOptions, string]>([
    ['no configurations', { content: { device: make.device({ configurations: 0 }) } }, 'EINVAL'],
    ['a packet size that low speed forbids', { speed: 'low' }, 'EMSGSIZE'],
    [
      'an exponent for a packet size at high speed',
      { content: { device: make.device({ maxPacketSize0: 9 }) } },
      'EMSGSIZE',
    ],
    [
      'SuperSpeed, but a version before 3.0',
      { speed: 'super', content: { device: make.device({ maxPacketSize0: 9 }) } },
      'EINVAL',
    ],
  ])('gives up on a device with %s', async (_, options, code) => {
    const { host } = connected(options);
    await expect(host.waitForDevice()).rejects.toMatchObject({ code });
  });

  it('reads before it addresses in two attempts, and addresses before it reads in the other two', async () => {
    const { host, device } = failing('GET device', 'stall');
    await expect(host.waitForDevice()).rejects.toThrow();
    const reading = ['reset', ...Array.from({ length: 3 }, () => 'GET device 64')];
    const addressing = (address: number) => [
      'reset',
      `SET_ADDRESS ${address}`,
      ...Array.from({ length: 6 }, () => 'GET device 8'),
    ];
    const first = [...reading, ...reading, 'reset'];
    expect(device.log).toEqual([...first, ...first, ...addressing(4), ...addressing(5)]);
  });

  it('resets at once if a fast device does not answer the first read, and reads again', async () => {
    const { host, device } = failing('GET device 64', 'nak', 1);
    await host.waitForDevice();
    expect(device.log.slice(0, 5)).toEqual(['reset', 'GET device 64', 'reset', 'GET device 64', 'reset']);
  });

  it.each<[string, Answer, number]>([
    ['GET device 64', 'stall', 2],
    ['GET device 64', 'silence', 5],
    ['SET_ADDRESS', 'stall', 1],
    ['GET device 18', 'stall', 2],
    ['GET configuration', 'stall', 2],
    ['GET string', 'stall', 1],
    ['GET', 'nak', 1],
  ])('does not mind if %s is answered with %s %i times', async (request, answer, times) => {
    const { host } = failing(request, answer, times);
    const there = await host.waitForDevice();
    expect(there.state).toBe('configured');
    expect(there.product).toBe('Thing');
  });

  it('uses a device whose strings cannot be read without them', async () => {
    const rig = failing('GET string', 'stall');
    const there = await rig.host.waitForDevice();
    expect([there.manufacturer, there.product, there.serialNumber]).toEqual([undefined, undefined, undefined]);
    expect(traced(rig, 'descriptor notice', 'text')).toEqual(['the device gives no strings']);
    expect(rig.device.log.filter((request) => request.startsWith('GET string'))).toHaveLength(6);
  });

  it.each<[string, Uint8Array]>([
    ['lists no language', Uint8Array.of(2, 3)],
    ['answers with another descriptor', Uint8Array.of(4, 9, 9, 4)],
  ])('asks for US English if the device %s', async (_, languages) => {
    const { host } = connected({ content: { languages } });
    expect((await host.waitForDevice()).product).toBe('Thing');
  });

  it('reads a string again, as long as it says it is, if the device chokes on 255 bytes', async () => {
    const { host, device } = failing('GET string 2 255', 'stall');
    expect((await host.waitForDevice()).product).toBe('Thing');
    expect(device.log).toContain('GET string 2 2');
    expect(device.log).toContain('GET string 2 12');
  });

  it('cuts junk behind the end of a string', async () => {
    const rig = failing('GET string 2', make.bytes(make.string('Short'), Uint8Array.of(1, 2, 3)));
    expect((await rig.host.waitForDevice()).product).toBe('Short');
  });

  it('keeps a device that does not accept its configuration, but tells', async () => {
    const { host, device } = failing('SET_CONFIGURATION', 'stall late');
    await expect(host.waitForDevice()).rejects.toMatchObject({
      code: 'EPIPE',
      operation: 'SET_CONFIGURATION(value 1, index 0)',
    });
    expect(host.devices).toMatchObject([{ state: 'addressed', configuration: undefined }]);
    await expect(host.waitForDevice()).rejects.toMatchObject({ code: 'EPIPE' });
    device.script = () => undefined;
    await host.devices[0]?.setConfiguration(1);
    expect((await host.waitForDevice()).state).toBe('configured');
  });

  it('does not configure a device that needs more current than there is', async () => {
    const { host } = connected({ content: { configurations: [make.twoBulk(512, { power: 251 })] } });
    await expect(host.waitForDevice()).rejects.toThrow('current');
    expect(host.devices).toHaveLength(1);
  });

  it('starts anew with the next device', async () => {
    const { host, device } = failing('GET device', 'stall');
    await expect(host.waitForDevice()).rejects.toThrow();
    device.disconnect();
    new ScriptedDevice().connect(host);
    expect((await host.waitForDevice()).state).toBe('configured');
  });

  it('waits for a device that leaves and comes back before it is enumerated', async () => {
    const { host, device } = connected();
    const waiting = host.waitForDevice();
    device.disconnect();
    device.connect(host);
    expect((await waiting).state).toBe('configured');
    expect(host.devices).toHaveLength(1);
  });

  it('takes 31 transactions when all goes well', async () => {
    const { host } = connected();
    host.cable.unplugAfter({ transactions: 32 });
    expect((await host.waitForDevice()).connected).toBe(true);
  });

  it.each(Array.from({ length: 32 }, (_, count) => count))(
    'survives that the cable falls out after %i transactions',
    async (transactions) => {
      const rig = connected();
      rig.host.cable.unplugAfter({ transactions });
      const outcome = await rig.host.waitForDevice(SECOND).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: 'ENODEV' });
      expect(rig.host.devices).toEqual([]);
      rig.host.cable.plug();
      expect((await rig.host.waitForDevice()).state).toBe('configured');
    },
  );
});

describe('connecting', () => {
  it('enumerates nothing from inside the call', () => {
    const { device } = connected();
    expect(device.log).toEqual([]);
  });

  it('takes one device at a time', () => {
    const { host } = connected();
    expect(() => new ScriptedDevice().connect(host)).toThrow(expect.objectContaining({ code: 'EBUSY' }));
  });

  it('ignores that a device leaves which is not there', async () => {
    const { host } = connected();
    host.disconnect(new ScriptedDevice());
    expect((await host.waitForDevice()).connected).toBe(true);
  });

  it('tells who waits too long', async () => {
    const clock = new VirtualClock({ auto: false });
    const host = new VirtualHost({ clock });
    const waiting = host.waitForDevice(SECOND).catch((error: unknown) => error);
    await clock.advance(SECOND);
    expect(await waiting).toMatchObject({ code: 'ETIMEDOUT', message: expect.stringContaining('no device connected') });
  });

  it('ends with the host', async () => {
    const { host, device } = connected();
    const there = await host.waitForDevice();
    host[Symbol.dispose]();
    host[Symbol.dispose]();
    expect(there.state).toBe('not attached');
    await expect(host.waitForDevice()).rejects.toMatchObject({ code: 'ENODEV' });
    device.disconnect();
    device.log.length = 0;
    device.connect(host);
    await settled();
    expect(device.log).toEqual([]);
  });

  it.each<UsbSpeed>(['full', 'high', 'super'])('forgets a device that leaves at %s speed', async (speed) => {
    const { host, device } = connected(speed === 'super' ? superSpeed : { speed });
    const there = await host.waitForDevice();
    device.disconnect();
    expect(there).toMatchObject({ connected: false, state: 'not attached', configuration: undefined });
    expect(host.devices).toEqual([]);
  });
});
