import { KernelError } from '@gadgetloom/core';
import { DELAYED_STATUS, decodeConfiguration, decodeDeviceDescriptor, type GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { boundGadget } from '../../test/rig.ts';
import { type Control, setup, type TinyOptions } from '../../test/tiny-controller.ts';
import { TinyFunction } from '../../test/tiny-function.ts';

const GET_DESCRIPTOR = (type: number, index = 0, length = 0xffff, language = 0) =>
  setup(0x80, 6, (type << 8) | index, language, length);
const SET_CONFIGURATION = (value: number) => setup(0x00, 9, value);
const SET_INTERFACE = (number: number, alternate: number) => setup(0x01, 11, alternate, number);
const GET_INTERFACE = (number: number) => setup(0x81, 10, 0, number, 1);
const DONE: Control = { data: [], zero: false };

const bytes = (outcome: Control): Uint8Array => {
  if (typeof outcome === 'string') throw new Error(`no data, but ${outcome}`);
  return Uint8Array.from(outcome.data);
};

function rig(fields: Partial<GadgetConfig> = {}, options: TinyOptions = {}) {
  const log: string[] = [];
  const one = new TinyFunction(log, 'tiny.a', {
    endpoints: [0x81, 0x02],
    interfaces: 2,
    speeds: ['full', 'high', 'super'],
  });
  const two = new TinyFunction(log, 'tiny.b');
  const made = boundGadget([one, two], fields, { log, ...options });
  log.length = 0;
  return { ...made, one, two, log };
}

describe('the device descriptor', () => {
  it('says who the device is', () => {
    const strings = { 1033: { manufacturer: 'Loom', product: 'Tiny' } };
    const { controller } = rig({
      deviceVersion: 0x0123,
      deviceClass: 0xef,
      deviceSubClass: 2,
      deviceProtocol: 1,
      strings,
    });
    expect(decodeDeviceDescriptor(bytes(controller.control(GET_DESCRIPTOR(1))))).toEqual({
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
    const { controller } = rig();
    expect(decodeDeviceDescriptor(bytes(controller.control(GET_DESCRIPTOR(1))))).toMatchObject({
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
      const { controller } = rig({ usbVersion: 0x0110 }, { maxSpeed, ...options });
      controller.speed = speed;
      expect(decodeDeviceDescriptor(bytes(controller.control(GET_DESCRIPTOR(1))))).toMatchObject({
        usbVersion: version,
        maxPacketSize0: size,
      });
    },
  );

  it('is cut to what the host asks for; a shorter answer may need a zero-length packet', () => {
    const { controller } = rig();
    expect(controller.control(GET_DESCRIPTOR(1, 0, 8))).toMatchObject({
      data: [18, 1, 0, 2, 0, 0, 0, 64],
      zero: false,
    });
    expect(controller.control(GET_DESCRIPTOR(1, 0, 64))).toMatchObject({ zero: true });
  });
});

describe('a configuration descriptor', () => {
  it('holds the functions in the order of their links', () => {
    const { controller } = rig();
    const tree = decodeConfiguration(bytes(controller.control(GET_DESCRIPTOR(2))));
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
    const { controller } = rig({ configurations }, { maxSpeed: 'super' });
    controller.speed = speed;
    const tree = decodeConfiguration(bytes(controller.control(GET_DESCRIPTOR(2))));
    expect(tree).toMatchObject({ attributes, maxPower });
  });

  it('claims no remote wakeup that the controller cannot do', () => {
    const configurations = [{ value: 1, functions: [{ type: 'tiny', instance: 'a' }], remoteWakeup: true }];
    const { controller } = rig({ configurations }, { wakeupCapable: false });
    expect(bytes(controller.control(GET_DESCRIPTOR(2)))[7]).toBe(0x80);
  });

  it('describes the other speed, below SuperSpeed', () => {
    const { controller } = rig();
    const other = decodeConfiguration(bytes(controller.control(GET_DESCRIPTOR(7))));
    expect(other).toMatchObject({ otherSpeed: true });
    expect(other.interfaces[0]?.alternates[0]?.endpoints[0]?.maxPacketSize).toBe(64);
    controller.speed = 'full';
    const high = decodeConfiguration(bytes(controller.control(GET_DESCRIPTOR(7))));
    expect(high.interfaces[0]?.alternates[0]?.endpoints[0]?.maxPacketSize).toBe(512);
  });

  it('has companions at SuperSpeed', () => {
    const { controller } = rig({}, { maxSpeed: 'super' });
    const tree = decodeConfiguration(bytes(controller.control(GET_DESCRIPTOR(2))));
    expect(tree.interfaces[0]?.alternates[0]?.endpoints[0]).toMatchObject({
      maxPacketSize: 1024,
      companion: { maxBurst: 3 },
    });
    expect(controller.control(GET_DESCRIPTOR(7))).toBe('stall EOPNOTSUPP');
    expect(controller.control(GET_DESCRIPTOR(6))).toBe('stall EOPNOTSUPP');
  });

  it('is found by index, not by value, and only if it runs at the speed', () => {
    const configurations = [
      { value: 7, functions: [{ type: 'tiny', instance: 'b' }] },
      { value: 3, functions: [{ type: 'tiny', instance: 'a' }] },
    ];
    const { controller } = rig({ configurations }, { maxSpeed: 'super' });
    controller.speed = 'high';
    expect(bytes(controller.control(GET_DESCRIPTOR(2, 0)))[5]).toBe(7);
    expect(bytes(controller.control(GET_DESCRIPTOR(2, 1)))[5]).toBe(3);
    expect(controller.control(GET_DESCRIPTOR(2, 2))).toBe('stall EOPNOTSUPP');
    expect(bytes(controller.control(GET_DESCRIPTOR(1)))[17]).toBe(2);
    controller.speed = 'super';
    expect(bytes(controller.control(GET_DESCRIPTOR(2, 0)))[5]).toBe(3);
    expect(bytes(controller.control(GET_DESCRIPTOR(1)))[17]).toBe(1);
  });

  it('larger than 4096 bytes cannot be had', () => {
    const many = new TinyFunction([], 'tiny.many', { interfaces: 32 });
    const { controller } = boundGadget([many]);
    expect(bytes(controller.control(GET_DESCRIPTOR(2)))).toHaveLength(9 + 32 * 9);
    const padding = new Uint8Array(4096 - 9 - 32 * 9).fill(0x24);
    const original = many.descriptors.bind(many);
    const grown = (extra: number) => (speed: 'full' | 'high' | 'super') =>
      Uint8Array.from([...(original(speed) ?? []), ...padding, ...new Uint8Array(extra)]);
    many.descriptors = grown(0);
    expect(bytes(controller.control(GET_DESCRIPTOR(2)))).toHaveLength(4096);
    many.descriptors = grown(1);
    expect(controller.control(GET_DESCRIPTOR(2))).toBe('stall EOPNOTSUPP');
  });
});

describe('the device qualifier', () => {
  it('says what the device is at the other speed', () => {
    const { controller } = rig({ deviceClass: 2 });
    controller.control(GET_DESCRIPTOR(1));
    expect([...bytes(controller.control(GET_DESCRIPTOR(6)))]).toEqual([10, 6, 0x00, 0x02, 2, 0, 0, 64, 1, 0]);
  });

  it('is refused by a device that has one speed only', () => {
    const { controller } = rig({}, { maxSpeed: 'full' });
    expect(controller.control(GET_DESCRIPTOR(6))).toBe('stall EOPNOTSUPP');
  });
});

describe('the binary object store', () => {
  it('of a SuperSpeed device', () => {
    const { controller } = rig({}, { maxSpeed: 'super', lpmCapable: true });
    expect([...bytes(controller.control(GET_DESCRIPTOR(15)))]).toEqual([
      5, 15, 22, 0, 2, 7, 0x10, 2, 0b110, 0, 0, 0, 10, 0x10, 3, 0, 15, 0, 1, 1, 0xf4, 0x01,
    ]);
  });

  it('of a SuperSpeedPlus device', () => {
    const { controller } = rig({}, { maxSpeed: 'super-plus' });
    expect([...bytes(controller.control(GET_DESCRIPTOR(15)))].slice(15)).toEqual([
      20, 0x10, 10, 0, 1, 0, 0, 0, 0x00, 0x11, 0, 0, 0x30, 0x40, 0x0a, 0, 0xb0, 0x40, 0x0a, 0,
    ]);
  });

  it('is refused by a high-speed device without link power management', () => {
    const { controller } = rig();
    expect(controller.control(GET_DESCRIPTOR(15))).toBe('stall EOPNOTSUPP');
  });
});

describe('SET_CONFIGURATION', () => {
  it('sets alternate 0 of each interface, once per interface', () => {
    const { controller, udc, log } = rig();
    expect(controller.control(SET_CONFIGURATION(1))).toEqual(DONE);
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual([
      'tiny.a set 0.0',
      'tiny.a set 1.0',
      'tiny.b set 2.0',
    ]);
    expect(udc.state).toBe('configured');
    expect(bytes(controller.control(setup(0x80, 8, 0, 0, 1)))).toEqual(Uint8Array.of(1));
  });

  it('again disables what was configured first; 0 only disables, and the state stays', () => {
    const { controller, udc, log } = rig();
    controller.control(SET_CONFIGURATION(1));
    log.length = 0;
    controller.control(SET_CONFIGURATION(1));
    expect(log.filter((line) => /^tiny.b/.test(line))).toEqual(['tiny.b disable', 'tiny.b set 2.0']);
    log.length = 0;
    expect(controller.control(SET_CONFIGURATION(0))).toEqual(DONE);
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual(['tiny.a disable', 'tiny.b disable']);
    expect(bytes(controller.control(setup(0x80, 8, 0, 0, 1)))).toEqual(Uint8Array.of(0));
    expect(udc.state).toBe('configured');
  });

  it('of an unknown value is refused and changes nothing', () => {
    const { controller, log } = rig();
    controller.control(SET_CONFIGURATION(1));
    log.length = 0;
    expect(controller.control(SET_CONFIGURATION(2))).toBe('stall EOPNOTSUPP');
    expect(log).toEqual([]);
    expect(bytes(controller.control(setup(0x80, 8, 0, 0, 1)))).toEqual(Uint8Array.of(1));
  });

  it('refused by a function leaves nothing configured', () => {
    const { controller, two, log } = rig();
    two.answer = new KernelError('ENODEV', 'set_alt');
    expect(controller.control(SET_CONFIGURATION(1))).toBe('stall ENODEV');
    expect(log.filter((line) => line.endsWith('disable') && line.startsWith('tiny'))).toEqual([
      'tiny.a disable',
      'tiny.b disable',
    ]);
    expect(controller.control(setup(0x80, 8, 0, 0, 1))).toMatchObject({ data: [0] });
  });

  it('waits for every function that asked for time', () => {
    const { controller, one, two } = rig();
    one.answer = DELAYED_STATUS;
    two.answer = DELAYED_STATUS;
    expect(controller.control(SET_CONFIGURATION(1))).toBe('delayed');
    one.binding?.setupContinue();
    one.binding?.setupContinue();
    expect(controller.ep0.requests).toEqual([]);
    two.binding?.setupContinue();
    expect(controller.answered()).toEqual(DONE);
    two.binding?.setupContinue();
    expect(controller.ep0.requests).toEqual([]);
  });

  it('draws what the configuration says, and tells whether the device powers itself', () => {
    const functions = [{ type: 'tiny', instance: 'a' }];
    const { controller } = rig({
      configurations: [
        { value: 1, functions, maxPower: 300, remoteWakeup: true },
        { value: 2, functions: [{ type: 'tiny', instance: 'b' }], maxPower: 50, selfPowered: true },
      ],
    });
    controller.control(SET_CONFIGURATION(1));
    expect(controller).toMatchObject({ milliamperes: 300, selfPowered: false, remoteWakeup: true });
    controller.control(SET_CONFIGURATION(2));
    expect(controller).toMatchObject({ milliamperes: 50, selfPowered: true, remoteWakeup: false });
    controller.control(SET_CONFIGURATION(0));
    expect(controller).toMatchObject({ milliamperes: 100, selfPowered: true });
  });
});

describe('SET_INTERFACE and GET_INTERFACE', () => {
  it('go to the function that owns the interface', () => {
    const { controller, one, log } = rig();
    one.alternate = (number) => 4 + number;
    controller.control(SET_CONFIGURATION(1));
    log.length = 0;
    expect(controller.control(SET_INTERFACE(1, 2))).toEqual(DONE);
    expect(log[0]).toBe('tiny.a set 1.2');
    expect(controller.control(GET_INTERFACE(1))).toMatchObject({ data: [5] });
    expect(controller.control(GET_INTERFACE(2))).toMatchObject({ data: [0] });
  });

  it.each([
    ['an interface that is not there', true, SET_INTERFACE(3, 0)],
    ['alternate 1 of a function that has no alternates', true, SET_INTERFACE(2, 1)],
    ['anything before SET_CONFIGURATION', false, SET_INTERFACE(0, 0)],
    ['GET_INTERFACE before SET_CONFIGURATION', false, GET_INTERFACE(0)],
    ['GET_INTERFACE of an interface that is not there', true, GET_INTERFACE(32)],
  ] as const)('refuse %s', (_, configured, request) => {
    const { controller } = rig();
    if (configured) controller.control(SET_CONFIGURATION(1));
    expect(controller.control(request)).toBe('stall EOPNOTSUPP');
  });

  it('may be delayed as well', () => {
    const { controller, one } = rig();
    controller.control(SET_CONFIGURATION(1));
    one.answer = DELAYED_STATUS;
    expect(controller.control(SET_INTERFACE(0, 0))).toBe('delayed');
    one.binding?.setupContinue();
    expect(controller.answered()).toEqual(DONE);
  });
});

describe('status and features of an interface, at SuperSpeed', () => {
  const GET_STATUS = setup(0x81, 0, 0, 0, 2);
  const SUSPEND = setup(0x01, 3, 0, 0x0100);
  const RESUME = setup(0x01, 3, 0, 0x0000);
  const ARM = setup(0x01, 3, 0, 0x0200);
  const CLEAR = setup(0x01, 1, 0, 0);
  const wakeable = { configurations: [{ value: 1, functions: [{ type: 'tiny', instance: 'a' }], remoteWakeup: true }] };

  it('are forwarded below', () => {
    const { controller, one } = rig();
    controller.control(SET_CONFIGURATION(1));
    controller.control(GET_STATUS);
    expect(one.setups).toEqual([GET_STATUS]);
  });

  it('status is the function’s, without wakeup bits where the configuration has none', () => {
    const plain = rig({}, { maxSpeed: 'super' });
    plain.one.status = () => 0x0103;
    expect(plain.controller.control(GET_STATUS)).toMatchObject({ data: [0, 0] });
    plain.controller.control(SET_CONFIGURATION(1));
    expect(plain.controller.control(GET_STATUS)).toMatchObject({ data: [0x00, 0x01] });
    const { controller, one } = rig(wakeable, { maxSpeed: 'super' });
    one.status = () => 0x0103;
    controller.control(SET_CONFIGURATION(1));
    expect(controller.control(GET_STATUS)).toMatchObject({ data: [0x03, 0x01] });
  });

  it('function suspend suspends and resumes the function once', () => {
    const { controller, log } = rig({}, { maxSpeed: 'super' });
    controller.control(SET_CONFIGURATION(1));
    log.length = 0;
    for (const request of [SUSPEND, SUSPEND, RESUME, RESUME, SUSPEND, CLEAR, CLEAR]) {
      expect(controller.control(request)).toEqual(DONE);
    }
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual([
      'tiny.a suspend',
      'tiny.a resume',
      'tiny.a suspend',
      'tiny.a resume',
    ]);
  });

  it('a function in function suspend sleeps through a resume of the bus', () => {
    const { controller, log } = rig({}, { maxSpeed: 'super' });
    controller.control(SET_CONFIGURATION(1));
    controller.control(SUSPEND);
    log.length = 0;
    controller.driver?.resume();
    expect(log).toEqual(['tiny.b resume']);
  });

  it('arms wakeup by the function, if the configuration may wake the host', () => {
    const woken: number[] = [];
    const { controller, one } = rig(wakeable, { maxSpeed: 'super' });
    controller.control(SET_CONFIGURATION(1));
    expect(() => one.binding?.wakeup()).toThrow('EOPNOTSUPP');
    controller.functionWakeup = (number) => void woken.push(number);
    expect(() => one.binding?.wakeup()).toThrow('EINVAL');
    controller.control(ARM);
    one.binding?.wakeup();
    expect(woken).toEqual([0]);
    controller.control(CLEAR);
    expect(() => one.binding?.wakeup()).toThrow('EINVAL');
    const plain = rig({}, { maxSpeed: 'super' });
    plain.controller.functionWakeup = (number) => void woken.push(number);
    plain.controller.control(SET_CONFIGURATION(1));
    expect(plain.controller.control(ARM)).toEqual(DONE);
    expect(() => plain.one.binding?.wakeup()).toThrow('EINVAL');
  });

  it('may be the function’s own business', () => {
    const options: number[] = [];
    const { controller, one, log } = rig({}, { maxSpeed: 'super' });
    one.suspendFunction = (option) => void options.push(option);
    controller.control(SET_CONFIGURATION(1));
    log.length = 0;
    controller.control(setup(0x01, 3, 0, 0x0300));
    controller.control(CLEAR);
    expect(options).toEqual([3, 0]);
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual([]);
  });

  it('other features are refused', () => {
    const { controller } = rig({}, { maxSpeed: 'super' });
    controller.control(SET_CONFIGURATION(1));
    expect(controller.control(setup(0x01, 3, 1, 0))).toBe('stall EOPNOTSUPP');
    expect(controller.control(setup(0x01, 3, 0, 9))).toBe('stall EOPNOTSUPP');
  });
});
