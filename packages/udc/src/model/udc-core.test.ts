import { KernelError, TraceRecorder } from '@gadgetloom/core';
import type { UsbDeviceState } from '@gadgetloom/udc';
import { beforeEach, describe, expect, it } from 'vitest';
import { stillClock, TinyController } from '../../test/tiny-controller.ts';
import { UdcCore, type UdcDriver } from './udc-core.ts';

const clock = stillClock();
const settled = (): Promise<void> => clock.runUntilIdle();

class Driver implements UdcDriver {
  readonly function = 'g1';
  readonly maxSpeed = 'super-plus' as const;
  readonly #log: string[];
  refusal: unknown = undefined;
  onBind: (core: UdcCore) => void = () => {};

  constructor(log: string[]) {
    this.#log = log;
  }

  bind(core: UdcCore): void {
    this.#log.push('bind');
    if (this.refusal !== undefined) throw this.refusal;
    this.onBind(core);
  }
  unbind = (): void => void this.#log.push('unbind');
  setup = (): number => 0;
  disconnect = (): void => void this.#log.push('disconnect');
  reset = (): void => void this.#log.push('reset');
  suspend = (): void => void this.#log.push('suspend');
  resume = (): void => void this.#log.push('resume');
}

let controller: TinyController;
let core: UdcCore;
let driver: Driver;

beforeEach(() => {
  controller = new TinyController();
  core = new UdcCore(controller, clock);
  driver = new Driver(controller.log);
});

/** What happened since the last time. */
const happened = (): string[] => controller.log.splice(0);

describe('a driver is bound', () => {
  it('speed, bind, start, callbacks, pull-up', () => {
    core.register(driver);
    expect(happened()).toEqual(['speed high', 'bind', 'start', 'callbacks on', 'pullup on']);
    expect(core.driver).toBe(driver);
    expect(core.connected).toBe(true);
  });

  it('and unbound in the opposite order, the host first', () => {
    core.register(driver);
    happened();
    core.unregister(driver);
    expect(happened()).toEqual(['pullup off', 'disconnect', 'callbacks off', 'unbind', 'stop']);
    expect(core.driver).toBeUndefined();
    core.unregister(driver);
    expect(happened()).toEqual([]);
  });

  it('only one: the second is told who was first', () => {
    core.register(driver);
    const other = new Driver(controller.log);
    expect(() => core.register(other)).toThrow('EBUSY: tiny_udc.0 is taken by gadget "g1"');
    core.unregister(other);
    expect(core.driver).toBe(driver);
  });

  it.each([
    ['bind refuses', 'bind', ['speed high', 'bind']],
    ['start fails', 'start', ['speed high', 'bind', 'start', 'unbind']],
    [
      'the pull-up fails',
      'pullup on',
      ['speed high', 'bind', 'start', 'callbacks on', 'pullup on', 'callbacks off', 'stop', 'unbind'],
    ],
  ] as const)('EBUSY if %s, with everything undone and the reason as cause', (_, call, calls) => {
    if (call === 'bind') driver.refusal = new KernelError('ENODEV', 'bind ffs');
    else controller.refusal = call;
    let refusal: unknown;
    try {
      core.register(driver);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'EBUSY', cause: { name: 'KernelError' } });
    expect(happened()).toEqual(calls);
    expect(core.driver).toBeUndefined();
    driver.refusal = undefined;
    core.register(driver);
    expect(core.driver).toBe(driver);
  });

  it('a defect is not taken for a refusal', () => {
    driver.refusal = new TypeError('oops');
    expect(() => core.register(driver)).toThrow(TypeError);
    expect(core.driver).toBeUndefined();
  });
});

describe('soft_connect', () => {
  it('without a driver: EOPNOTSUPP', () => {
    expect(() => core.softConnect()).toThrow('EOPNOTSUPP');
    expect(() => core.softDisconnect()).toThrow('EOPNOTSUPP');
  });

  it('disconnect hides the device, tells the driver and stops the controller', () => {
    core.register(driver);
    happened();
    core.softDisconnect();
    expect(happened()).toEqual(['pullup off', 'disconnect', 'stop']);
    core.softDisconnect();
    expect(happened()).toEqual([]);
  });

  it('connect starts it and shows the device again; connecting twice changes nothing', () => {
    core.register(driver);
    core.softDisconnect();
    happened();
    core.softConnect();
    expect(happened()).toEqual(['start', 'pullup on']);
    core.softConnect();
    expect(happened()).toEqual([]);
  });

  it('ignores what the controller answers, and says so in the trace only', () => {
    const trace = new TraceRecorder();
    core = new UdcCore(controller, clock, trace);
    core.register(driver);
    core.softDisconnect();
    controller.refusal = 'start';
    core.softConnect();
    expect(trace.events.map(({ what }) => what)).toContain('refusal ignored');
    // The wish to be connected was noted, although nothing started.
    expect(core.connected).toBe(true);
  });

  it('a stopped gadget can be unbound', () => {
    core.register(driver);
    core.softDisconnect();
    happened();
    core.unregister(driver);
    expect(happened()).toEqual(['callbacks off', 'unbind']);
  });
});

describe('a deactivated gadget', () => {
  it('stays hidden until it is activated', () => {
    driver.onBind = (bound) => bound.deactivate();
    core.register(driver);
    expect(happened()).not.toContain('pullup on');
    core.activate();
    expect(happened()).toEqual(['pullup on']);
  });

  it('is disconnected, and connected again', () => {
    core.register(driver);
    happened();
    core.deactivate();
    core.deactivate();
    expect(happened()).toEqual(['pullup off', 'disconnect']);
    core.activate();
    core.activate();
    expect(happened()).toEqual(['pullup on']);
  });

  it('stays hidden if it was disconnected meanwhile', () => {
    core.register(driver);
    core.deactivate();
    core.disconnect();
    happened();
    core.activate();
    expect(happened()).toEqual([]);
  });
});

describe('state', () => {
  it('is not attached at first, and what the controller says from then on; nobody resets it', () => {
    expect(core.state).toBe('not attached');
    core.register(driver);
    core.stateChanged('configured');
    core.softDisconnect();
    core.unregister(driver);
    expect(core.state).toBe('configured');
  });

  it('is default after a reset, which the driver hears of first', () => {
    core.register(driver);
    happened();
    core.reset();
    expect(happened()).toEqual(['reset']);
    expect(core.state).toBe('default');
  });

  it('is told to watchers later, changes in quick succession once', async () => {
    const told: UsbDeviceState[] = [];
    const watching = core.onStateChange((state) => told.push(state));
    core.stateChanged('default');
    core.stateChanged('addressed');
    expect(told).toEqual([]);
    await settled();
    core.stateChanged('configured');
    await settled();
    expect(told).toEqual(['addressed', 'configured']);
    watching[Symbol.dispose]();
    watching[Symbol.dispose]();
    core.stateChanged('suspended');
    await settled();
    expect(told).toHaveLength(2);
  });
});

describe('power from the host', () => {
  it('connects and disconnects, soon', async () => {
    core.register(driver);
    happened();
    core.vbusChanged(false);
    expect(happened()).toEqual([]);
    await settled();
    expect(happened()).toEqual(['pullup off', 'disconnect']);
    core.vbusChanged(true);
    await settled();
    expect(happened()).toEqual(['pullup on']);
  });

  it('is waited for by a driver that is bound without', async () => {
    core.vbusChanged(false);
    await settled();
    core.register(driver);
    expect(happened()).toEqual(['speed high', 'bind', 'start', 'callbacks on']);
    core.vbusChanged(true);
    await settled();
    expect(happened()).toEqual(['pullup on']);
  });

  it('changes nothing once the driver is unbound', async () => {
    core.register(driver);
    core.vbusChanged(false);
    core.unregister(driver);
    happened();
    await settled();
    expect(happened()).toEqual([]);
  });
});

describe('a controller that is removed', () => {
  it('unbinds its driver and takes no other', () => {
    core.register(driver);
    core.remove();
    core.remove();
    expect(core.driver).toBeUndefined();
    expect(() => core.register(driver)).toThrow('EBUSY: the controller tiny_udc.0 is gone');
  });

  it('has no watchers any more', async () => {
    const told: UsbDeviceState[] = [];
    core.onStateChange((state) => told.push(state));
    core.remove();
    core.stateChanged('powered');
    await settled();
    expect(told).toEqual([]);
  });
});
