import { KernelError } from '@gadgetloom/core';
import { DELAYED_STATUS } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { bytesOf, setConfiguration, twoFunctions } from '../../test/rig.ts';
import { type Control, setup } from '../../test/tiny-controller.ts';

const SET_INTERFACE = (number: number, alternate: number) => setup(0x01, 11, alternate, number);
const GET_INTERFACE = (number: number) => setup(0x81, 10, 0, number, 1);
const DONE: Control = { data: [], zero: false };

describe('SET_CONFIGURATION', () => {
  it('sets alternate 0 of each interface, once per interface', () => {
    const { controller, udc, log } = twoFunctions();
    expect(controller.control(setConfiguration(1))).toEqual(DONE);
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual([
      'tiny.a set 0.0',
      'tiny.a set 1.0',
      'tiny.b set 2.0',
    ]);
    expect(udc.state).toBe('configured');
    expect(bytesOf(controller.control(setup(0x80, 8, 0, 0, 1)))).toEqual(Uint8Array.of(1));
  });

  it('again disables what was configured first; 0 only disables, and the state stays', () => {
    const { controller, udc, log } = twoFunctions();
    controller.control(setConfiguration(1));
    log.length = 0;
    controller.control(setConfiguration(1));
    expect(log.filter((line) => /^tiny.b/.test(line))).toEqual(['tiny.b disable', 'tiny.b set 2.0']);
    log.length = 0;
    expect(controller.control(setConfiguration(0))).toEqual(DONE);
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual(['tiny.a disable', 'tiny.b disable']);
    expect(bytesOf(controller.control(setup(0x80, 8, 0, 0, 1)))).toEqual(Uint8Array.of(0));
    expect(udc.state).toBe('configured');
  });

  it('of an unknown value is refused and changes nothing', () => {
    const { controller, log } = twoFunctions();
    controller.control(setConfiguration(1));
    log.length = 0;
    expect(controller.control(setConfiguration(2))).toBe('stall EINVAL');
    expect(log).toEqual([]);
    expect(bytesOf(controller.control(setup(0x80, 8, 0, 0, 1)))).toEqual(Uint8Array.of(1));
  });

  it('refused by a function leaves nothing configured', () => {
    const { controller, two, log } = twoFunctions();
    two.answer = new KernelError('ENODEV', 'set_alt');
    expect(controller.control(setConfiguration(1))).toBe('stall ENODEV');
    expect(log.filter((line) => line.endsWith('disable') && line.startsWith('tiny'))).toEqual([
      'tiny.a disable',
      'tiny.b disable',
    ]);
    expect(controller.control(setup(0x80, 8, 0, 0, 1))).toMatchObject({ data: [0] });
  });

  it('waits for every function that asked for time', () => {
    const { controller, one, two } = twoFunctions();
    one.answer = DELAYED_STATUS;
    two.answer = DELAYED_STATUS;
    expect(controller.control(setConfiguration(1))).toBe('delayed');
    one.binding?.setupContinue();
    one.binding?.setupContinue();
    expect(controller.ep0.requests).toEqual([]);
    two.binding?.setupContinue();
    expect(controller.answered()).toEqual(DONE);
    two.binding?.setupContinue();
    expect(controller.ep0.requests).toEqual([]);
  });

  it('ends without an answer if the late status stage cannot be queued', () => {
    const { controller, one } = twoFunctions();
    one.answer = DELAYED_STATUS;
    controller.control(setConfiguration(1));
    controller.ep0.refusal = { call: 'queue', code: 'EINVAL' };
    one.binding?.setupContinue();
    one.binding?.setupContinue();
    expect(controller.ep0.requests).toEqual([]);
  });

  it('draws what the configuration says, and tells whether the device powers itself', () => {
    const functions = [{ type: 'tiny', instance: 'a' }];
    const { controller } = twoFunctions({
      configurations: [
        { value: 1, functions, maxPower: 300, remoteWakeup: true },
        { value: 2, functions: [{ type: 'tiny', instance: 'b' }], maxPower: 50, selfPowered: true },
      ],
    });
    controller.control(setConfiguration(1));
    expect(controller).toMatchObject({ milliamperes: 300, selfPowered: false, remoteWakeup: true });
    controller.control(setConfiguration(2));
    expect(controller).toMatchObject({ milliamperes: 50, selfPowered: true, remoteWakeup: false });
    controller.control(setConfiguration(0));
    expect(controller).toMatchObject({ milliamperes: 100, selfPowered: true });
  });
});

describe('SET_INTERFACE and GET_INTERFACE', () => {
  it('go to the function that owns the interface', () => {
    const { controller, one, log } = twoFunctions();
    one.alternate = (number) => 4 + number;
    controller.control(setConfiguration(1));
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
    const { controller } = twoFunctions();
    if (configured) controller.control(setConfiguration(1));
    expect(controller.control(request)).toBe('stall EOPNOTSUPP');
  });

  it('may be delayed as well', () => {
    const { controller, one } = twoFunctions();
    controller.control(setConfiguration(1));
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
    const { controller, one } = twoFunctions();
    controller.control(setConfiguration(1));
    controller.control(GET_STATUS);
    expect(one.setups).toEqual([GET_STATUS]);
  });

  it('status is the function’s, without wakeup bits where the configuration has none', () => {
    const plain = twoFunctions({}, { maxSpeed: 'super' });
    plain.one.status = () => 0x0103;
    expect(plain.controller.control(GET_STATUS)).toMatchObject({ data: [0, 0] });
    plain.controller.control(setConfiguration(1));
    expect(plain.controller.control(GET_STATUS)).toMatchObject({ data: [0x00, 0x01] });
    const { controller, one } = twoFunctions(wakeable, { maxSpeed: 'super' });
    one.status = () => 0x0103;
    controller.control(setConfiguration(1));
    expect(controller.control(GET_STATUS)).toMatchObject({ data: [0x03, 0x01] });
  });

  it('function suspend suspends and resumes the function once', () => {
    const { controller, log } = twoFunctions({}, { maxSpeed: 'super' });
    controller.control(setConfiguration(1));
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
    const { controller, log } = twoFunctions({}, { maxSpeed: 'super' });
    controller.control(setConfiguration(1));
    controller.control(SUSPEND);
    log.length = 0;
    controller.gadgetDriver?.resume();
    expect(log).toEqual(['tiny.b resume']);
  });

  it('arms wakeup by the function, if the configuration may wake the host', () => {
    const woken: number[] = [];
    const { controller, one } = twoFunctions(wakeable, { maxSpeed: 'super' });
    controller.control(setConfiguration(1));
    expect(() => one.binding?.wakeup()).toThrow('EOPNOTSUPP');
    controller.functionWakeup = (number) => void woken.push(number);
    expect(() => one.binding?.wakeup()).toThrow('EINVAL');
    controller.control(ARM);
    one.binding?.wakeup();
    expect(woken).toEqual([0]);
    controller.control(CLEAR);
    expect(() => one.binding?.wakeup()).toThrow('EINVAL');
    const plain = twoFunctions({}, { maxSpeed: 'super' });
    plain.controller.functionWakeup = (number) => void woken.push(number);
    plain.controller.control(setConfiguration(1));
    expect(plain.controller.control(ARM)).toEqual(DONE);
    expect(() => plain.one.binding?.wakeup()).toThrow('EINVAL');
  });

  it('may be the function’s own business', () => {
    const options: number[] = [];
    const { controller, one, log } = twoFunctions({}, { maxSpeed: 'super' });
    one.suspendFunction = (option) => void options.push(option);
    controller.control(setConfiguration(1));
    log.length = 0;
    controller.control(setup(0x01, 3, 0, 0x0300));
    controller.control(CLEAR);
    expect(options).toEqual([3, 0]);
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual([]);
  });

  it('other features are refused', () => {
    const { controller } = twoFunctions({}, { maxSpeed: 'super' });
    controller.control(setConfiguration(1));
    expect(controller.control(setup(0x01, 3, 1, 0))).toBe('stall EOPNOTSUPP');
    expect(controller.control(setup(0x01, 3, 0, 9))).toBe('stall EOPNOTSUPP');
  });
});
