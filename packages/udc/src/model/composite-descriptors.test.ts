import { decodeConfiguration, decodeDeviceDescriptor } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { boundGadget, bytesOf, getDescriptor, twoFunctions } from '../../test/rig.ts';
import { TinyFunction } from '../../test/tiny-function.ts';

describe('the device descriptor', () => {
  it('says who the device is', () => {
    const strings = { 1033: { manufacturer: 'Loom', product: 'Tiny' } };
    const { controller } = twoFunctions({
      deviceVersion: 0x0123,
      deviceClass: 0xef,
      deviceSubClass: 2,
      deviceProtocol: 1,
      strings,
    });
    expect(decodeDeviceDescriptor(bytesOf(controller.control(getDescriptor(1))))).toEqual({
      usbVersion: 0x0200,
      deviceClass: 0xef,
      deviceSubClass: 2,
      deviceProtocol: 1,
      maxPacketSize0: 64,
      vendorId: 0x1d6b,
      productId: 0x0104,
      deviceVersion: 0x0123,
      manufacturerIndex: 1,
      productIndex: 2,
      serialNumberIndex: 3,
      configurationCount: 1,
    });
  });

  it('has the version of the kernel, and no strings, unless given', () => {
    const { controller } = twoFunctions();
    expect(decodeDeviceDescriptor(bytesOf(controller.control(getDescriptor(1))))).toMatchObject({
      deviceVersion: 0x0612,
      manufacturerIndex: 0,
      productIndex: 0,
      serialNumberIndex: 0,
    });
  });

  it.each([
    ['full', 'high', {}, 0x0200, 64],
    ['high', 'high', {}, 0x0200, 64],
    ['high', 'high', { lpmCapable: true }, 0x0201, 64],
    ['high', 'super', {}, 0x0210, 64],
    ['super', 'super', {}, 0x0320, 9],
    ['super-plus', 'super-plus', {}, 0x0320, 9],
  ] as const)(
    'at %s speed on a %s-speed controller %o: bcdUSB %i, packet size %i',
    (speed, maxSpeed, options, version, size) => {
      const { controller } = twoFunctions({ usbVersion: 0x0110 }, { maxSpeed, ...options });
      controller.speed = speed;
      expect(decodeDeviceDescriptor(bytesOf(controller.control(getDescriptor(1))))).toMatchObject({
        usbVersion: version,
        maxPacketSize0: size,
      });
    },
  );

  it('is cut to what the host asks for; a shorter answer may need a zero-length packet', () => {
    const { controller } = twoFunctions();
    expect(controller.control(getDescriptor(1, 0, 8))).toMatchObject({
      data: [18, 1, 0, 2, 0, 0, 0, 64],
      zero: false,
    });
    expect(controller.control(getDescriptor(1, 0, 64))).toMatchObject({ zero: true });
  });
});

describe('a configuration descriptor', () => {
  it('holds the functions in the order of their links', () => {
    const { controller } = twoFunctions();
    const tree = decodeConfiguration(bytesOf(controller.control(getDescriptor(2))));
    expect(tree).toMatchObject({ value: 1, attributes: 0x80, maxPower: 1 });
    expect(tree.interfaces.map(({ number }) => number)).toEqual([0, 1, 2]);
    expect(tree.interfaces[0]?.alternates[0]?.endpoints).toMatchObject([
      { address: 0x81, maxPacketSize: 512 },
      { address: 0x02, maxPacketSize: 512 },
    ]);
  });

  it.each([
    [{}, 'high', 0x80, 1],
    [{ maxPower: 0 }, 'high', 0x80, 1],
    [{ maxPower: 0, selfPowered: true }, 'high', 0xc0, 0],
    [{ maxPower: 500 }, 'high', 0x80, 250],
    [{ maxPower: 2040 }, 'high', 0x80, 250],
    [{ maxPower: 2040 }, 'super', 0x80, 112],
    [{ maxPower: 9, remoteWakeup: true }, 'super', 0xa0, 1],
  ] as const)('%o at %s speed: bmAttributes %i, bMaxPower %i', (power, speed, attributes, maxPower) => {
    const configurations = [{ value: 1, functions: [{ type: 'tiny', instance: 'a' }], ...power }];
    const { controller } = twoFunctions({ configurations }, { maxSpeed: 'super' });
    controller.speed = speed;
    const tree = decodeConfiguration(bytesOf(controller.control(getDescriptor(2))));
    expect(tree).toMatchObject({ attributes, maxPower });
  });

  it('claims no remote wakeup that the controller cannot do', () => {
    const configurations = [{ value: 1, functions: [{ type: 'tiny', instance: 'a' }], remoteWakeup: true }];
    const { controller } = twoFunctions({ configurations }, { wakeupCapable: false });
    expect(bytesOf(controller.control(getDescriptor(2)))[7]).toBe(0x80);
  });

  it('describes the other speed, below SuperSpeed', () => {
    const { controller } = twoFunctions();
    const other = decodeConfiguration(bytesOf(controller.control(getDescriptor(7))));
    expect(other).toMatchObject({ otherSpeed: true });
    expect(other.interfaces[0]?.alternates[0]?.endpoints[0]?.maxPacketSize).toBe(64);
    controller.speed = 'full';
    const high = decodeConfiguration(bytesOf(controller.control(getDescriptor(7))));
    expect(high.interfaces[0]?.alternates[0]?.endpoints[0]?.maxPacketSize).toBe(512);
  });

  it('has companions at SuperSpeed', () => {
    const { controller } = twoFunctions({}, { maxSpeed: 'super' });
    const tree = decodeConfiguration(bytesOf(controller.control(getDescriptor(2))));
    expect(tree.interfaces[0]?.alternates[0]?.endpoints[0]).toMatchObject({
      maxPacketSize: 1024,
      companion: { maxBurst: 3 },
    });
    expect(controller.control(getDescriptor(7))).toBe('stall EOPNOTSUPP');
    expect(controller.control(getDescriptor(6))).toBe('stall EOPNOTSUPP');
  });

  it('is found by index, not by value, and only if it runs at the speed', () => {
    const configurations = [
      { value: 7, functions: [{ type: 'tiny', instance: 'b' }] },
      { value: 3, functions: [{ type: 'tiny', instance: 'a' }] },
    ];
    const { controller } = twoFunctions({ configurations }, { maxSpeed: 'super' });
    controller.speed = 'high';
    expect(bytesOf(controller.control(getDescriptor(2, 0)))[5]).toBe(7);
    expect(bytesOf(controller.control(getDescriptor(2, 1)))[5]).toBe(3);
    expect(controller.control(getDescriptor(2, 2))).toBe('stall EINVAL');
    expect(bytesOf(controller.control(getDescriptor(1)))[17]).toBe(2);
    controller.speed = 'super';
    expect(bytesOf(controller.control(getDescriptor(2, 0)))[5]).toBe(3);
    expect(bytesOf(controller.control(getDescriptor(1)))[17]).toBe(1);
  });

  it('larger than 4096 bytes cannot be had', () => {
    const many = new TinyFunction([], 'tiny.many', { interfaces: 32 });
    const { controller } = boundGadget([many]);
    expect(bytesOf(controller.control(getDescriptor(2)))).toHaveLength(9 + 32 * 9);
    const padding = new Uint8Array(4096 - 9 - 32 * 9).fill(0x24);
    const original = many.descriptors.bind(many);
    const grown = (extra: number) => (speed: 'full' | 'high' | 'super') =>
      Uint8Array.from([...(original(speed) ?? []), ...padding, ...new Uint8Array(extra)]);
    many.descriptors = grown(0);
    expect(bytesOf(controller.control(getDescriptor(2)))).toHaveLength(4096);
    many.descriptors = grown(1);
    expect(controller.control(getDescriptor(2))).toBe('stall EINVAL');
  });
});

describe('the device qualifier', () => {
  it('says what the device is at the other speed', () => {
    const { controller } = twoFunctions({ deviceClass: 2 });
    controller.control(getDescriptor(1));
    expect([...bytesOf(controller.control(getDescriptor(6)))]).toEqual([10, 6, 0x00, 0x02, 2, 0, 0, 64, 1, 0]);
  });

  it('is refused by a device that has one speed only', () => {
    const { controller } = twoFunctions({}, { maxSpeed: 'full' });
    expect(controller.control(getDescriptor(6))).toBe('stall EOPNOTSUPP');
  });
});

describe('the binary object store', () => {
  it('of a SuperSpeed device', () => {
    const { controller } = twoFunctions({}, { maxSpeed: 'super', lpmCapable: true });
    expect([...bytesOf(controller.control(getDescriptor(15)))]).toEqual([
      5, 15, 22, 0, 2, 7, 0x10, 2, 0b110, 0, 0, 0, 10, 0x10, 3, 0, 15, 0, 1, 1, 0xf4, 0x01,
    ]);
  });

  it('of a SuperSpeedPlus device', () => {
    const { controller } = twoFunctions({}, { maxSpeed: 'super-plus' });
    expect([...bytesOf(controller.control(getDescriptor(15)))].slice(15)).toEqual([
      20, 0x10, 10, 0, 1, 0, 0, 0, 0x00, 0x11, 0, 0, 0x30, 0x40, 0x0a, 0, 0xb0, 0x40, 0x0a, 0,
    ]);
  });

  it('is refused by a high-speed device without link power management', () => {
    const { controller } = twoFunctions();
    expect(controller.control(getDescriptor(15))).toBe('stall EOPNOTSUPP');
  });
});
