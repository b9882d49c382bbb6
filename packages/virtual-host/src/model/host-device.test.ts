import { Errno } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { enumerated, type RigOptions, settled, traced } from '../../test/rig.ts';
import type { DeviceContent } from '../../test/scripted-device.ts';

const twoInterfaces = make.configuration(
  { value: 3, attributes: 0xa0 },
  make.iface({ number: 0, endpoints: 1 }),
  make.endpoint(0x81, 'bulk', 512),
  make.iface({ number: 1 }),
  make.iface({ number: 1, alternate: 1, endpoints: 1, name: 4 }),
  make.endpoint(0x82, 'bulk', 512),
  make.iface({ number: 1, alternate: 2, endpoints: 2 }),
  make.endpoint(0x82, 'bulk', 512),
  make.endpoint(0x03, 'bulk', 512),
);
const one = make.twoBulk(512, { value: 1 });

const composite: RigOptions = {
  content: { device: make.device({ configurations: 2 }), configurations: [one, twoInterfaces] },
};

const addresses = (pipes: readonly { address: number }[]) => pipes.map(({ address }) => address);

describe('SET_CONFIGURATION', () => {
  it('opens the endpoints of the first setting of each interface', async () => {
    const { device, there } = await enumerated(composite);
    await there.setConfiguration(3);
    expect(device.log).toEqual(['SET_CONFIGURATION 3']);
    expect(there.configuration?.value).toBe(3);
    expect(there.alternates.map(({ alternateSetting }) => alternateSetting)).toEqual([0, 0]);
    expect(addresses(there.endpoints())).toEqual([0x81]);
    expect(() => there.pipe(0x02)).toThrow('there are 0x81');
  });

  it('0 takes the configuration away', async () => {
    const { there } = await enumerated();
    await there.setConfiguration(0);
    expect(there).toMatchObject({ configuration: undefined, state: 'addressed', alternates: [] });
    expect(() => there.pipe(0x81)).toThrow('not configured');
  });

  it('knows what the device has', async () => {
    const { device, there } = await enumerated(composite);
    await expect(there.setConfiguration(2)).rejects.toMatchObject({
      code: 'EINVAL',
      message: expect.stringContaining('1, 3'),
    });
    expect(there.configuration?.value).toBe(1);
    expect(device.log).toEqual([]);
  });

  it('leaves the device without one if it fails', async () => {
    const { device, there } = await enumerated();
    device.script = () => 'stall';
    await expect(there.setConfiguration(1)).rejects.toMatchObject({ code: 'EPIPE' });
    expect(there).toMatchObject({ configuration: undefined, state: 'addressed' });
  });

  it('is done one after the other', async () => {
    const { device, there } = await enumerated(composite);
    device.script = (_, request) => (request === 'SET_CONFIGURATION 3' ? 'nak' : undefined);
    const both = Promise.all([there.setConfiguration(3), there.setConfiguration(1)]);
    await settled();
    expect(device.log).toEqual(['SET_CONFIGURATION 3']);
    device.release();
    await both;
    expect(there.configuration?.value).toBe(1);
  });

  it('is not possible while the bus is suspended, or without the device', async () => {
    const { host, device, there } = await enumerated();
    await host.suspend();
    await expect(there.setConfiguration(1)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
    device.disconnect();
    await expect(there.setConfiguration(1)).rejects.toMatchObject({ code: 'ENODEV' });
  });
});

describe('SET_INTERFACE', () => {
  async function configured() {
    const rig = await enumerated(composite);
    await rig.there.setConfiguration(3);
    rig.device.log.length = 0;
    return rig;
  }

  it('opens the endpoints of the setting, and closes those of the one before', async () => {
    const { device, there } = await configured();
    await there.setInterface(1, 1);
    expect(addresses(there.endpoints())).toEqual([0x81, 0x82]);
    const before = there.pipe(0x82);
    await there.setInterface(1, 2);
    expect(addresses(there.endpoints())).toEqual([0x81, 0x82, 0x03]);
    expect(there.pipe(0x82)).not.toBe(before);
    await there.setInterface(1, 0);
    expect(addresses(there.endpoints())).toEqual([0x81]);
    expect(device.log.filter((request) => request.startsWith('SET'))).toEqual([
      'SET_INTERFACE 1 1',
      'SET_INTERFACE 1 2',
      'SET_INTERFACE 1 0',
    ]);
  });

  it.each([
    [2, 0],
    [1, 3],
  ])('knows what the device has: not interface %i setting %i', async (number, alternate) => {
    const { there } = await configured();
    await expect(there.setInterface(number, alternate)).rejects.toMatchObject({ code: 'EINVAL' });
  });

  it('clears the halts of an interface with one setting if the device stalls', async () => {
    const { device, there } = await configured();
    device.script = (_, request) => (request.startsWith('SET_INTERFACE') ? 'stall' : undefined);
    const pipe = there.pipe(0x81);
    await there.setInterface(0, 0);
    expect(device.log).toEqual(['SET_INTERFACE 0 0', 'CLEAR_FEATURE endpoint 0 0x81']);
    expect(there.pipe(0x81)).toBe(pipe);
  });

  it('leaves the endpoints closed if it fails otherwise', async () => {
    const { device, there } = await configured();
    await there.setInterface(1, 1);
    device.script = () => 'stall';
    await expect(there.setInterface(1, 2)).rejects.toMatchObject({ code: 'EPIPE' });
    expect(addresses(there.endpoints())).toEqual([0x81]);
  });
});

describe('halting an endpoint', () => {
  it('goes through the device, and clearing it lets transfers go on', async () => {
    const { device, there } = await enumerated();
    await there.setHalt(0x81);
    expect((await there.pipe(0x81).transferIn(64)).status).toBe(-Errno.EPIPE);
    device.send(0x81, Uint8Array.of(1));
    await there.clearHalt(0x81);
    expect((await there.pipe(0x81).transferIn(64)).actual).toBe(1);
    expect(device.log).toEqual(['SET_FEATURE endpoint 0 0x81', 'CLEAR_FEATURE endpoint 0 0x81']);
  });

  it('needs an endpoint that is there, and a device that plays along', async () => {
    const { device, there } = await enumerated();
    await expect(there.setHalt(0x83)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(there.clearHalt(0x83)).rejects.toMatchObject({ code: 'ENOENT' });
    device.script = () => 'stall';
    await expect(there.clearHalt(0x81)).rejects.toMatchObject({ code: 'EPIPE' });
  });
});

describe('a reset', () => {
  it('restores configuration and alternate settings', async () => {
    const { device, there, host } = await enumerated(composite);
    await there.setConfiguration(3);
    await there.setInterface(1, 2);
    const pipe = there.pipe(0x03);
    device.log.length = 0;
    await there.reset();
    expect(device.log).toEqual([
      'reset',
      'GET device 64',
      'reset',
      'SET_ADDRESS 2',
      'GET device 18',
      'GET configuration 0 32',
      'GET configuration 1 73',
      'GET string 3 255',
      'SET_CONFIGURATION 3',
      'SET_INTERFACE 1 2',
    ]);
    expect(there.pipe(0x03)).toBe(pipe);
    expect(there.state).toBe('configured');
    expect(host.devices).toEqual([there]);
    device.send(0x82, Uint8Array.of(1));
    expect((await there.pipe(0x82).transferIn(64)).actual).toBe(1);
  });

  it('leaves an unconfigured device addressed', async () => {
    const { there } = await enumerated({ autoConfigure: false });
    await there.reset();
    expect(there.state).toBe('addressed');
  });

  it.each<[string, Partial<DeviceContent>]>([
    ['its device descriptor', { device: make.device({ productId: 0x0105 }) }],
    ['its configuration', { configurations: [make.twoBulk(512, { power: 49 })] }],
    ['its serial number', { strings: { 3: 'S2' } }],
    ['the size of its control packets', { device: make.device({ maxPacketSize0: 32 }) }],
  ])('of a device that changes %s finds another device', async (_, change) => {
    const rig = await enumerated();
    Object.assign(rig.device.content, change);
    await expect(rig.there.reset()).rejects.toMatchObject({ code: 'ENODEV' });
    expect(rig.there.connected).toBe(false);
    const now = await rig.host.waitForDevice();
    expect(now).not.toBe(rig.there);
    expect(now.state).toBe('configured');
    expect(traced(rig, 'reset failed', 'reason')).toHaveLength(1);
  });

  it('of a device that gains a BOS finds another device', async () => {
    const { device, there } = await enumerated({ content: { device: make.device({ usbVersion: 0x0201 }) } });
    device.content.bos = make.bos();
    await expect(there.reset()).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('of a device that does not take its configuration again finds another device', async () => {
    const { host, device, there } = await enumerated();
    let refused = false;
    device.script = (_, request) => {
      if (refused || !request.startsWith('SET_CONFIGURATION')) return undefined;
      refused = true;
      return 'stall';
    };
    await expect(there.reset()).rejects.toMatchObject({ code: 'ENODEV' });
    expect((await host.waitForDevice()).state).toBe('configured');
  });

  it('tries a device that is slow to come back more than once', async () => {
    const { device, there } = await enumerated();
    let stalls = 8;
    device.script = (_, request) => (request.startsWith('GET device') && stalls-- > 0 ? 'stall' : undefined);
    await there.reset();
    expect(there.state).toBe('configured');
  });

  it('that the device does not survive ends', async () => {
    const { host, device, there } = await enumerated();
    device.script = (_, request) => {
      if (request.startsWith('GET device')) device.disconnect();
      return undefined;
    };
    await expect(there.reset()).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(there.reset()).rejects.toMatchObject({ code: 'EINVAL' });
    expect(host.devices).toEqual([]);
  });

  it('makes control transfers wait', async () => {
    const { device, there } = await enumerated();
    const done = Promise.all([there.reset(), there.string(2), there.clearHalt(0x81)]);
    await done;
    expect(device.log.at(-1)).toBe('CLEAR_FEATURE endpoint 0 0x81');
  });
});

describe('suspend and resume', () => {
  it('puts the device to sleep and asks it afterwards how it is', async () => {
    const { host, device, there } = await enumerated();
    await host.suspend();
    await host.suspend();
    expect(there.state).toBe('suspended');
    await expect(there.reset()).rejects.toMatchObject({ code: 'EINVAL' });
    await host.resume();
    await host.resume();
    expect(device.log).toEqual(['suspend', 'resume', 'GET_STATUS 0']);
    expect(there.state).toBe('configured');
    device.send(0x81, Uint8Array.of(1));
    expect((await there.pipe(0x81).transferIn(64)).actual).toBe(1);
  });

  it('lets the device wake the host, if it can and may', async () => {
    const rig = await enumerated({ content: { configurations: [make.twoBulk(512, { attributes: 0xa0 })] } });
    const woken: string[] = [];
    rig.host.onRemoteWakeup(() => woken.push('first'))[Symbol.dispose]();
    rig.host.onRemoteWakeup(() => woken.push(rig.there.state));
    rig.host.wakeup(rig.device);
    await rig.host.suspend({ remoteWakeup: true });
    rig.host.wakeup(rig.device);
    await settled();
    expect(woken).toEqual(['suspended']);
    expect(rig.there.state).toBe('configured');
    expect(rig.device.log).toEqual(['SET_FEATURE 1', 'suspend', 'resume', 'GET_STATUS 0', 'CLEAR_FEATURE 1']);
  });

  it.each<[string, RigOptions, string[]]>([
    ['a configuration that cannot', {}, ['suspend']],
    [
      'a device that refuses',
      { content: { configurations: [make.twoBulk(512, { attributes: 0xa0 })] } },
      ['SET_FEATURE 1', 'suspend'],
    ],
  ])('suspends %s wake the host as well', async (_, options, log) => {
    const { host, device } = await enumerated(options);
    device.script = () => 'stall';
    await host.suspend({ remoteWakeup: true });
    expect(device.log).toEqual(log);
  });

  it('at super speed speaks to the function', async () => {
    const { host, device } = await enumerated({
      speed: 'super',
      content: {
        device: make.device({ usbVersion: 0x0300, maxPacketSize0: 9 }),
        configurations: [make.twoBulk(1024, { attributes: 0xa0 })],
      },
    });
    device.script = (_, request) => (request.startsWith('GET_STATUS interface') ? Uint8Array.of(2, 0) : undefined);
    device.script = (
      (before) => (setup, request) =>
        request.startsWith('SET_FEATURE interface') ? 'ack' : before(setup, request)
    )(device.script);
    await host.suspend({ remoteWakeup: true });
    await host.resume();
    expect(device.log).toEqual([
      'SET_FEATURE interface 0 0x300',
      'suspend',
      'resume',
      'GET_STATUS 0',
      'GET_STATUS interface 0',
      'SET_FEATURE interface 0',
    ]);
  });

  it('resets a device that does not answer afterwards', async () => {
    const { host, device, there } = await enumerated();
    device.script = (_, request) => (request.startsWith('GET_STATUS') ? 'stall' : undefined);
    await host.suspend();
    await host.resume();
    expect(device.log).toContain('reset');
    expect(there.state).toBe('configured');
  });

  it('enumerates a device anew that does not survive it', async () => {
    const rig = await enumerated();
    rig.device.script = (_, request) => (request.startsWith('GET_STATUS') ? 'stall' : undefined);
    await rig.host.suspend();
    rig.device.content.strings[3] = 'S2';
    rig.host.wakeup(rig.device);
    expect((await rig.host.waitForDevice()).serialNumber).toBe('S1');
    await settled();
    expect((await rig.host.waitForDevice()).serialNumber).toBe('S2');
    expect(traced(rig, 'resume failed', 'reason')).toHaveLength(1);
  });

  it('needs a device', async () => {
    const { host, device } = await enumerated();
    device.disconnect();
    await expect(host.suspend()).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(host.resume()).rejects.toMatchObject({ code: 'ENODEV' });
  });
});
