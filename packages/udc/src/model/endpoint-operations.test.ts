import { Errno, isKernelError, KernelError, TraceRecorder } from '@gadgetloom/core';
import { UsbRequest } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { boundGadget, gadgetOf } from '../../test/rig.ts';
import { setup, stillClock, TinyController } from '../../test/tiny-controller.ts';
import { registryOf, TinyFunction } from '../../test/tiny-function.ts';
import type { CoreEndpoint } from './core-endpoint.ts';
import { UdcModel } from './udc-model.ts';

const SET_CONFIGURATION = setup(0, 9, 1);

/** A device with one bulk endpoint of each direction, in the state that a column of the table names. */
function rig() {
  const log: string[] = [];
  const one = new TinyFunction(log, 'tiny.a', { endpoints: [0x81, 0x02] });
  const controller = new TinyController({ log });
  const udc = new UdcModel({ controller, functions: registryOf(one), clock: stillClock() });
  const gadget = udc.makeGadget(gadgetOf([one]));
  return { controller, udc, gadget, one, log };
}
type Rig = ReturnType<typeof rig>;

/** How to get into each state, from the one before it. */
const states = {
  unbound: () => {},
  'bound, not connected': ({ gadget, udc }: Rig) => {
    gadget.register();
    udc.core.softDisconnect();
  },
  default: ({ udc, controller }: Rig) => {
    udc.core.softConnect();
    controller.core?.reset();
  },
  addressed: ({ controller }: Rig) => controller.core?.stateChanged('addressed'),
  configured: ({ controller }: Rig) => void controller.control(SET_CONFIGURATION),
  suspended: ({ controller }: Rig) => {
    controller.gadgetDriver?.suspend();
    controller.core?.stateChanged('suspended');
  },
} as const;
type State = keyof typeof states;

function inState(wanted: State): Rig {
  const made = rig();
  for (const [state, enter] of Object.entries(states)) {
    enter(made);
    if (state === wanted) break;
  }
  return made;
}

const request = (): UsbRequest => Object.assign(new UsbRequest(), { buffer: new Uint8Array(64), length: 64 });
const data = ({ udc }: Rig): CoreEndpoint => udc.core.endpoints[0]!;

const operations = {
  usb_ep_queue: (r: Rig) => data(r).queue(request()),
  'usb_ep_queue ep0': (r: Rig) => r.udc.core.ep0.queue(request()),
  'usb_ep_dequeue of nothing': (r: Rig) => data(r).dequeue(request()),
  usb_ep_enable: (r: Rig) => data(r).enable(),
  usb_ep_disable: (r: Rig) => data(r).disable(),
  usb_ep_set_halt: (r: Rig) => data(r).setHalt(true),
  usb_ep_clear_halt: (r: Rig) => data(r).setHalt(false),
  usb_ep_set_wedge: (r: Rig) => data(r).setWedge(),
  usb_ep_fifo_status: (r: Rig) => data(r).fifoStatus(),
  usb_ep_fifo_flush: (r: Rig) => data(r).fifoFlush(),
  'soft_connect ← connect': (r: Rig) => r.udc.core.softConnect(),
  'soft_connect ← disconnect': (r: Rig) => r.udc.core.softDisconnect(),
  'write UDC': (r: Rig) => r.gadget.register(),
  GET_CONFIGURATION: (r: Rig) => void answered(r.controller.control(setup(0x80, 8, 0, 0, 1))),
  'SET_INTERFACE 0': (r: Rig) => void answered(r.controller.control(setup(0x01, 11, 0, 0))),
  'vendor request to interface 0': (r: Rig) => void answered(r.controller.control(setup(0x41, 1, 0, 0))),
};

/** A stall is an errno as well. */
function answered(outcome: ReturnType<TinyController['control']>): void {
  if (typeof outcome !== 'string' || outcome === 'delayed') return;
  throw new KernelError(outcome.endsWith('started') ? 'ENODEV' : 'EPIPE', 'control');
}

const columns: readonly State[] = [
  'unbound',
  'bound, not connected',
  'default',
  'addressed',
  'configured',
  'suspended',
];

/** One row per operation, one column per state: 0, or the errno. */
const table: Readonly<Record<keyof typeof operations, readonly string[]>> = {
  usb_ep_queue: ['ESHUTDOWN', 'ESHUTDOWN', 'ESHUTDOWN', 'ESHUTDOWN', '0', '0'],
  'usb_ep_queue ep0': ['0', '0', '0', '0', '0', '0'],
  'usb_ep_dequeue of nothing': ['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', 'EINVAL'],
  usb_ep_enable: ['EINVAL', 'EINVAL', 'EINVAL', 'EINVAL', '0', '0'],
  usb_ep_disable: ['0', '0', '0', '0', '0', '0'],
  usb_ep_set_halt: ['0', '0', '0', '0', '0', '0'],
  usb_ep_clear_halt: ['0', '0', '0', '0', '0', '0'],
  usb_ep_set_wedge: ['0', '0', '0', '0', '0', '0'],
  usb_ep_fifo_status: ['EOPNOTSUPP', 'EOPNOTSUPP', 'EOPNOTSUPP', 'EOPNOTSUPP', 'EOPNOTSUPP', 'EOPNOTSUPP'],
  usb_ep_fifo_flush: ['0', '0', '0', '0', '0', '0'],
  'soft_connect ← connect': ['EOPNOTSUPP', '0', '0', '0', '0', '0'],
  'soft_connect ← disconnect': ['EOPNOTSUPP', '0', '0', '0', '0', '0'],
  'write UDC': ['0', 'EBUSY', 'EBUSY', 'EBUSY', 'EBUSY', 'EBUSY'],
  GET_CONFIGURATION: ['ENODEV', 'ENODEV', '0', '0', '0', '0'],
  'SET_INTERFACE 0': ['ENODEV', 'ENODEV', 'EPIPE', 'EPIPE', '0', '0'],
  'vendor request to interface 0': ['ENODEV', 'ENODEV', 'EPIPE', 'EPIPE', '0', '0'],
};

describe.each(Object.entries(operations))('%s', (name, operate) => {
  it.each(columns.map((state, column) => [state, table[name as keyof typeof operations][column]] as const))(
    '%s: %s',
    (state, expected) => {
      let outcome = '0';
      const made = inState(state);
      try {
        operate(made);
      } catch (error) {
        if (!isKernelError(error)) throw error;
        outcome = error.code;
      }
      expect(outcome).toBe(expected);
    },
  );
});

describe('an endpoint of a function', () => {
  it('is enabled once, however often it is asked to', () => {
    const made = inState('configured');
    const before = made.log.filter((call) => call === 'ep1in enable').length;
    data(made).enable();
    expect(made.log.filter((call) => call === 'ep1in enable')).toHaveLength(before);
  });

  it('stays disabled if the controller cannot enable it, and enabled if it cannot disable it', () => {
    const made = inState('configured');
    const endpoint = data(made);
    made.controller.endpoint('ep1in').refusal = { call: 'disable', code: 'EBUSY' };
    expect(() => endpoint.disable()).toThrow('EBUSY');
    expect(endpoint.enabled).toBe(true);
    endpoint.disable();
    made.controller.endpoint('ep1in').refusal = { call: 'enable', code: 'EINVAL' };
    expect(() => endpoint.enable()).toThrow('EINVAL');
    expect(endpoint.enabled).toBe(false);
  });

  it('needs a packet size', () => {
    const { udc } = rig();
    const descriptor = { address: 0x81, attributes: 2, maxPacketSize: 0, interval: 0 };
    expect(() => udc.core.endpoints[0]?.enable(descriptor)).toThrow('wMaxPacketSize is 0');
  });

  it('gives its requests back with ESHUTDOWN when it is disabled', () => {
    const made = inState('configured');
    const queued = request();
    data(made).queue(queued);
    data(made).disable();
    expect(queued.status).toBe(-Errno.ESHUTDOWN);
  });

  it('uses what the controller has: wedge, FIFO', () => {
    const made = inState('configured');
    const hardware = made.controller.endpoint('ep1in');
    hardware.setWedge = () => void made.log.push('wedge');
    hardware.fifoStatus = () => 12;
    hardware.fifoFlush = () => void made.log.push('flush');
    made.log.length = 0;
    data(made).setWedge();
    data(made).fifoFlush();
    expect(data(made).fifoStatus()).toBe(12);
    expect(made.log).toEqual(['wedge', 'flush']);
  });

  it('wedging is halting where the controller knows no wedge', () => {
    const made = inState('configured');
    made.log.length = 0;
    data(made).setWedge();
    expect(made.log).toEqual(['ep1in halt']);
  });

  it('keeps its packet size, burst and multiplier for the speed', () => {
    const made = inState('configured');
    expect(data(made)).toMatchObject({ address: 0x81, maxPacket: 512, maxBurst: 0, multiplier: 1 });
    const one = new TinyFunction([], 'tiny.a', { endpoints: [0x81], speeds: ['full', 'high', 'super'] });
    const { controller, udc } = boundGadget([one], {}, { maxSpeed: 'super' });
    controller.control(SET_CONFIGURATION);
    expect(udc.core.endpoints[0]).toMatchObject({ maxPacket: 1024, maxBurst: 4, multiplier: 1 });
  });
});

describe('with a trace sink', () => {
  it('every request is told, queued and completed, and its owner sees no difference', () => {
    const trace = new TraceRecorder();
    const one = new TinyFunction([], 'tiny.a', { endpoints: [0x81] });
    const controller = new TinyController();
    const udc = new UdcModel({ controller, functions: registryOf(one), clock: stillClock(), trace });
    udc.makeGadget(gadgetOf([one])).register();
    controller.control(SET_CONFIGURATION);
    const before = trace.events.length;
    const queued = request();
    let completions = 0;
    const complete = (): void => void completions++;
    queued.complete = complete;
    const endpoint = udc.core.endpoints[0]!;
    endpoint.queue(queued);
    controller.endpoint('ep1in').finish(0, 64);
    expect(queued.complete).toBe(complete);
    expect(completions).toBe(1);
    controller.endpoint('ep1in').refusal = { call: 'queue', code: 'EINVAL' };
    expect(() => endpoint.queue(queued)).toThrow('EINVAL');
    expect(queued.complete).toBe(complete);
    expect(
      trace.events.slice(before).map(({ what, details }) => `${what} ${details?.['length'] ?? details?.['actual']}`),
    ).toEqual(['request queued 64', 'request completed 64', 'request queued 64', 'request refused 64']);
  });
});
