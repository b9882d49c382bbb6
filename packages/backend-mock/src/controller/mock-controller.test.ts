import { isInputError } from '@gadgetloom/core';
import { hostTransfer, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';
import { DUMMY_ENDPOINTS } from '../index.ts';

describe('a mock controller', () => {
  it('presents itself as dummy_hcd does', () => {
    const { controller } = new ControllerRig();
    expect(controller).toMatchObject({
      driver: 'dummy_udc',
      name: 'dummy_udc.0',
      maxSpeed: 'high',
      speed: undefined,
      scatterGather: true,
      dmaDevice: { name: 'dummy_udc.0' },
    });
    expect(controller.ep0).toMatchObject({ name: 'ep0', maxPacket: 64 });
    expect(controller.endpoints).toHaveLength(24);
    expect(controller.endpoints.filter(({ capabilities }) => capabilities.bulk && capabilities.in)).toHaveLength(9);
    expect(controller.endpoints.some(({ capabilities }) => capabilities.isochronous)).toBe(false);
  });

  it('can be several, each with its own name, speed and endpoints', () => {
    const one = new ControllerRig({ name: 'dummy_udc.1', speed: 'super', endpoints: DUMMY_ENDPOINTS.slice(0, 2) });
    const two = new ControllerRig({ name: 'dummy_udc.2', scatterGather: false });
    expect(one.controller.endpoints.map(({ name }) => name)).toEqual(['ep1in-bulk', 'ep2out-bulk']);
    expect(one.controller).toMatchObject({ dmaDevice: { name: 'dummy_udc.1' }, maxSpeed: 'super' });
    expect(two.controller.scatterGather).toBe(false);
  });

  it.each([[['ep1in', 'ep1in']], [['ep0']], [['bulk1']]])('refuses endpoints named %j', (names) => {
    const endpoints = names.map((name) => ({ ...DUMMY_ENDPOINTS[0]!, name }));
    let caught: unknown;
    try {
      new ControllerRig({ endpoints });
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && caught.field).toBe('endpoints');
  });

  it.each([
    ['high', 'super', 'super', 'high'],
    ['super', 'high', 'super', 'high'],
    ['super', 'super', 'full', 'full'],
  ] as const)('of %s speed with a driver of %s on a host of %s runs at %s', (speed, driver, hostSpeed, result) => {
    const rig = new ControllerRig({ speed, hostSpeed });
    rig.driver.maxSpeed = driver;
    rig.connect();
    expect(rig.bus.told[0]).toBe(`connect ${result}`);
    expect(rig.controller.speed).toBe(result);
    rig.controller.unplug();
    expect(rig.controller.speed).toBe(result);
  });
});

describe('its driver is told', () => {
  it('of a reset, with all requests failed before, and that the bus runs', () => {
    const rig = new ControllerRig().connect();
    expect(rig.driver.told).toEqual(['reset', 'resume']);
    expect(rig.states).toEqual(['default']);
    const request = new WatchedRequest(new Uint8Array(512), () => rig.driver.told.push('request'));
    rig.enable('ep2out-bulk', 0x02).queue(request);
    rig.driver.told.length = 0;
    rig.controller.reset();
    expect(rig.driver.told).toEqual(['request', 'reset', 'resume']);
    expect(request.outcomes).toEqual(['ESHUTDOWN 0']);
  });

  it('of a suspended bus, which is silent until it resumes', () => {
    const rig = new ControllerRig().connect();
    rig.enable('ep2out-bulk', 0x02).queue(new WatchedRequest(new Uint8Array(512)));
    rig.driver.told.length = 0;
    rig.controller.suspend();
    rig.controller.suspend();
    expect(rig.out(2, hostTransfer(512))).toBe('TIMEOUT');
    rig.controller.resume();
    rig.controller.resume();
    expect(rig.driver.told).toEqual(['suspend', 'resume']);
    expect(rig.out(2, hostTransfer(512))).toBe('ACK');
  });

  it('of a suspend when it drops the pull-up; requests stay until the core disables the endpoints', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    const request = new WatchedRequest(new Uint8Array(512));
    endpoint.queue(request);
    rig.driver.told.length = 0;
    rig.controller.pullup(false);
    expect(rig.driver.told).toEqual(['suspend']);
    expect(rig.bus.told.at(-1)).toBe('disconnect');
    expect(request.queued).toBe(true);
    endpoint.disable();
    expect(request.outcomes).toEqual(['ESHUTDOWN 0']);
  });

  it('of a disconnect when the cable is pulled, with all requests failed before', () => {
    const rig = new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(512), () => rig.driver.told.push('request'));
    rig.enable('ep2out-bulk', 0x02).queue(request);
    rig.driver.told.length = 0;
    rig.controller.vbusChanged(false);
    expect(rig.driver.told).toEqual(['request', 'disconnect']);
    expect(request.outcomes).toEqual(['ESHUTDOWN 0']);
    rig.controller.vbusChanged(true);
    expect(rig.bus.told.slice(-2)).toEqual(['disconnect', 'connect high']);
  });

  it('of nothing any more once callbacks are off, and the host hears nothing', () => {
    const rig = new ControllerRig().connect();
    const { controller } = rig;
    controller.pullup(false);
    rig.driver.told.length = 0;
    controller.asyncCallbacks(false);
    controller.pullup(true);
    controller.reset();
    controller.suspend();
    controller.resume();
    expect(rig.out(0, hostTransfer(0))).toBe('TIMEOUT');
    controller.unplug();
    expect(rig.driver.told).toEqual([]);
  });
});

describe('stopping', () => {
  it('fails what is queued on endpoint 0 too', () => {
    const rig = new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(8));
    rig.controller.ep0.queue(request);
    rig.controller.stop();
    expect(request.outcomes).toEqual(['ESHUTDOWN 0']);
    expect(() => rig.controller.ep0.dequeue(request)).toThrow('ESHUTDOWN');
  });

  it('by disposing leaves the bus, and twice is harmless', () => {
    const rig = new ControllerRig().connect();
    rig.controller[Symbol.dispose]();
    rig.controller[Symbol.dispose]();
    expect(rig.bus.told.filter((line) => line === 'disconnect')).toHaveLength(1);
  });
});

describe('remote wakeup', () => {
  it('resumes a suspended bus after 20 ms, if the host has allowed it', async () => {
    const rig = new ControllerRig().connect();
    const { controller } = rig;
    expect(() => controller.wakeup()).toThrow('EINVAL');
    controller.setup({ requestType: 0, request: 3, value: 1, index: 0, length: 0 });
    expect(() => controller.wakeup()).toThrow('EIO');
    controller.suspend();
    controller.wakeup();
    await rig.clock.advance(19_999_999);
    expect(rig.bus.told).not.toContain('wakeup');
    await rig.clock.advance(1);
    expect(rig.bus.told).toContain('wakeup');
    controller.pullup(false);
    expect(() => controller.wakeup()).toThrow('ENOLINK');
  });
});

describe('the frame number', () => {
  it('counts the milliseconds of a second', async () => {
    const rig = new ControllerRig();
    await rig.clock.advance(1_002_500_000);
    expect(rig.controller.frameNumber()).toBe(2);
  });
});
