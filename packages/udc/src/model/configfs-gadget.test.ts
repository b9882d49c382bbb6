import { KernelError, TraceRecorder } from '@gadgetloom/core';
import type { UsbFunction } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { boundGadget, gadgetOf } from '../../test/rig.ts';
import { capabilities, setup, stillClock, TinyController } from '../../test/tiny-controller.ts';
import { registryOf, TinyFunction } from '../../test/tiny-function.ts';
import { FunctionRegistry } from './function-registry.ts';
import { UdcModel } from './udc-model.ts';

function rig(functions: readonly UsbFunction[], log: string[] = []) {
  const controller = new TinyController({ log });
  const udc = new UdcModel({ controller, functions: registryOf(...functions), clock: stillClock() });
  return { controller, udc, log };
}

describe('a gadget', () => {
  it('is bound: strings, functions in the order of their links, controller, pull-up', async () => {
    const log: string[] = [];
    const functions = [new TinyFunction(log, 'tiny.a'), new TinyFunction(log, 'tiny.b')];
    const { udc } = rig(functions, log);
    const gadget = await udc.createGadget(gadgetOf(functions));
    expect(gadget.bound).toBe(false);
    expect(udc.function).toBeUndefined();
    await gadget.bind();
    expect(log).toEqual([
      'speed high',
      'tiny.a bind',
      'tiny.b bind',
      'check configuration',
      'start',
      'callbacks on',
      'pullup on',
    ]);
    expect(gadget.bound).toBe(true);
    expect(udc.function).toBe('g1');
  });

  it('is unbound: host first, functions of a configuration backwards, controller last', async () => {
    const log: string[] = [];
    const functions = [new TinyFunction(log, 'tiny.a'), new TinyFunction(log, 'tiny.b')];
    const { controller, udc } = rig(functions, log);
    const gadget = await udc.createGadget(gadgetOf(functions));
    await gadget.bind();
    controller.control(setup(0, 9, 1));
    log.length = 0;
    await gadget.unbind();
    expect(log).toEqual([
      'pullup off',
      'tiny.a disable',
      'tiny.b disable',
      'callbacks off',
      'tiny.b unbind',
      'tiny.a unbind',
      'stop',
    ]);
    expect(gadget.bound).toBe(false);
    expect(udc.state).toBe('configured');
    await expect(gadget.unbind()).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('can be bound again and again: ids and addresses start over', async () => {
    const one = new TinyFunction([], 'tiny.a', { endpoints: [0x81, 0x02] });
    const { controller, udc } = rig([one]);
    const gadget = await udc.createGadget(gadgetOf([one], { strings: { 1033: { product: 'x' } } }));
    for (let round = 0; round < 3; round++) {
      await gadget.bind();
      controller.control(setup(0, 9, 1));
      expect(one.interfaceIds).toEqual([0]);
      expect(one.claimed.map(({ address }) => address)).toEqual([0x81, 0x02]);
      expect(controller.control(setup(0x80, 6, 0x0100, 0, 18))).toMatchObject({ data: { 15: 2 } });
      await gadget.unbind();
    }
  });

  it('runs no faster than it says', async () => {
    const { controller } = boundGadget([new TinyFunction([], 'tiny.a')], { maxSpeed: 'full' }, { maxSpeed: 'super' });
    expect(controller.speed).toBe('full');
  });
});

describe('binding fails with EBUSY, and says why', () => {
  it.each([
    ['it has no configuration', { configurations: [] }, 'needs at least one configuration'],
    [
      'a configuration has no function',
      { configurations: [{ value: 3, functions: [] }] },
      'c.3 needs at least one function',
    ],
    [
      'languages differ in their number of strings',
      { strings: { 1031: {}, 1033: { extra: { motto: 'x' } } } },
      'the same number of strings',
    ],
  ] as const)('%s', async (_, fields, reason) => {
    const one = new TinyFunction([], 'tiny.a');
    const { udc } = rig([one]);
    const gadget = await udc.createGadget(gadgetOf([one], fields));
    await expect(gadget.bind()).rejects.toMatchObject({
      code: 'EBUSY',
      cause: { code: 'EINVAL' },
      message: expect.stringContaining(reason) as string,
    });
    expect(gadget.bound).toBe(false);
  });

  it('a function refuses; those before it are unbound', async () => {
    const log: string[] = [];
    const functions = [new TinyFunction(log, 'tiny.a'), new TinyFunction(log, 'tiny.b')];
    functions[1]!.refuseBind = new KernelError('ENODEV', 'bind tiny.b', 'write its descriptors first.');
    const { udc } = rig(functions, log);
    const gadget = await udc.createGadget(gadgetOf(functions));
    await expect(gadget.bind()).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringMatching(
        /bind function tiny.b in configuration c.1: ENODEV: .*write its descriptors first/,
      ) as string,
    });
    expect(log).toEqual(['speed high', 'tiny.a bind', 'tiny.b bind', 'tiny.a unbind']);
    functions[1]!.refuseBind = undefined;
    await gadget.bind();
    expect(functions.map(({ interfaceIds }) => interfaceIds)).toEqual([[0], [1]]);
  });

  it('no endpoint fits, with the reason for each', async () => {
    const log: string[] = [];
    const one = new TinyFunction(log, 'tiny.a', { endpoints: [0x81] });
    const two = new TinyFunction(log, 'tiny.b', { endpoints: [0x81] });
    const controller = new TinyController({ endpoints: [['ep1in', capabilities('bulk', 'in')]] });
    const udc = new UdcModel({ controller, functions: registryOf(one, two), clock: stillClock() });
    const gadget = await udc.createGadget(gadgetOf([one, two]));
    await expect(gadget.bind()).rejects.toThrow(/no free bulk IN endpoint of 64 bytes \(ep1in taken by tiny.a\)/);
  });

  it('two gadgets on one controller', async () => {
    const functions = [new TinyFunction([], 'tiny.a'), new TinyFunction([], 'tiny.b')];
    const { udc } = rig(functions);
    const first = await udc.createGadget(gadgetOf(functions.slice(0, 1)));
    const second = await udc.createGadget(gadgetOf(functions.slice(1), { name: 'g2' }));
    await first.bind();
    await expect(second.bind()).rejects.toThrow('tiny_udc.0 is taken by gadget "g1"');
    await expect(first.bind()).rejects.toThrow('bound to tiny_udc.0 already');
    await first.unbind();
    await second.bind();
    expect(udc.function).toBe('g2');
  });
});

describe('endpoints and interfaces', () => {
  it('start over in each configuration', async () => {
    const log: string[] = [];
    const functions = [
      new TinyFunction(log, 'tiny.a', { endpoints: [0x81] }),
      new TinyFunction(log, 'tiny.b', { endpoints: [0x81] }),
    ];
    const { udc } = rig(functions, log);
    const gadget = await udc.createGadget(
      gadgetOf(functions, {
        configurations: [
          { value: 1, functions: [{ type: 'tiny', instance: 'a' }] },
          { value: 2, functions: [{ type: 'tiny', instance: 'b' }] },
        ],
      }),
    );
    await gadget.bind();
    expect(functions.map(({ interfaceIds }) => interfaceIds)).toEqual([[0], [0]]);
    expect(functions.map(({ claimed }) => claimed[0]?.address)).toEqual([0x81, 0x81]);
  });

  it('are 32 interfaces at most', async () => {
    const functions = [new TinyFunction([], 'tiny.a', { interfaces: 32 }), new TinyFunction([], 'tiny.b')];
    const { udc } = rig(functions);
    const gadget = await udc.createGadget(gadgetOf(functions));
    await expect(gadget.bind()).rejects.toThrow('ENODEV: a configuration has at most 32 interfaces');
  });

  it('what a function does not describe cannot be configured: EIO', () => {
    const one = new TinyFunction([], 'tiny.a', { endpoints: [0x81] });
    const { udc } = boundGadget([one]);
    expect(() => one.binding?.configureEndpoint(udc.core.endpoints[1]!)).toThrow('EIO');
    expect(() => one.binding?.configureEndpoint(one.claimed[0]!.endpoint, 1)).toThrow('EIO');
    one.descriptors = () => undefined;
    expect(() => one.binding?.configureEndpoint(one.claimed[0]!.endpoint)).toThrow('EIO');
  });

  it('at SuperSpeed an endpoint needs a companion: EIO', () => {
    const one = new TinyFunction([], 'tiny.a', { endpoints: [0x81], speeds: ['full', 'high'] });
    boundGadget([one], {}, { maxSpeed: 'super' });
    // Without descriptors for SuperSpeed, those for high speed are used, and need none.
    one.binding?.configureEndpoint(one.claimed[0]!.endpoint);
    expect(one.claimed[0]?.endpoint.maxPacket).toBe(512);
    const original = one.descriptors.bind(one);
    one.descriptors = (speed) => original(speed === 'super' ? 'high' : speed);
    expect(() => one.binding?.configureEndpoint(one.claimed[0]!.endpoint)).toThrow('EIO');
  });
});

describe('a function', () => {
  it('can hide the device while it binds, until it is ready', () => {
    const log: string[] = [];
    const one = new TinyFunction(log, 'tiny.a', { bindDeactivated: true });
    boundGadget([one], {}, { log });
    expect(log).not.toContain('pullup on');
    one.binding?.deactivate();
    one.binding?.activate();
    expect(log).not.toContain('pullup on');
    one.binding?.activate();
    expect(log).toContain('pullup on');
    expect(() => one.binding?.activate()).toThrow('EINVAL');
  });

  it('hidden when it is unbound, the device can be seen after the next bind', () => {
    const log: string[] = [];
    const one = new TinyFunction(log, 'tiny.a');
    const { gadget } = boundGadget([one], {}, { log });
    one.binding?.deactivate();
    gadget.unregister();
    log.length = 0;
    gadget.register();
    expect(log).toContain('pullup on');
  });

  it('can unbind the whole gadget, also from inside a request, and twice', () => {
    const one = new TinyFunction([], 'tiny.a');
    const { controller, gadget } = boundGadget([one]);
    controller.control(setup(0, 9, 1));
    one.alternate = () => {
      one.binding?.unregisterGadget();
      one.binding?.unregisterGadget();
      return 0;
    };
    controller.control(setup(0x81, 10, 0, 0, 1));
    expect(gadget.bound).toBe(false);
  });

  it('of one directory may serve two configurations', async () => {
    const made: TinyFunction[] = [];
    const registry = new FunctionRegistry();
    let released = 0;
    registry.register('tiny', () => ({
      get function() {
        const next = new TinyFunction([], `tiny.link${made.length}`);
        made.push(next);
        return next;
      },
      release: () => void released++,
    }));
    const udc = new UdcModel({ controller: new TinyController(), functions: registry, clock: stillClock() });
    const functions = [{ type: 'tiny', instance: 'a' }];
    const gadget = await udc.createGadget(
      gadgetOf([], {
        configurations: [
          { value: 1, functions },
          { value: 2, functions },
        ],
      }),
    );
    expect(made).toHaveLength(2);
    await gadget[Symbol.asyncDispose]();
    expect(released).toBe(1);
  });
});

describe('creating and removing', () => {
  it('attributes reach the function', async () => {
    const registry = new FunctionRegistry();
    const seen: unknown[] = [];
    registry.register('tiny', (instance, attributes) => {
      seen.push(instance, attributes);
      return { function: new TinyFunction([], 'tiny.a'), release: () => {} };
    });
    const udc = new UdcModel({ controller: new TinyController(), functions: registry, clock: stillClock() });
    const functions = [{ type: 'tiny', instance: 'x.y', attributes: { qlen: '4' } }];
    await udc.createGadget(gadgetOf([], { configurations: [{ value: 1, functions }] }));
    expect(seen).toEqual(['x.y', { qlen: '4' }]);
  });

  it('an unknown type of function: ENOENT, and the types there are', async () => {
    const { udc } = rig([]);
    const config = gadgetOf([], { configurations: [{ value: 1, functions: [{ type: 'acm', instance: '0' }] }] });
    await expect(udc.createGadget(config)).rejects.toThrow('ENOENT: no function has the type "acm". There are: tiny.');
    expect(udc.gadgets).toEqual([]);
  });

  it('a failure half way through leaves nothing behind', async () => {
    const registry = new FunctionRegistry();
    const released: string[] = [];
    registry.register('tiny', (instance) => {
      if (instance === 'c') throw new KernelError('EBUSY', 'mkdir', 'the name is in use.');
      return { function: new TinyFunction([], `tiny.${instance}`), release: () => void released.push(instance) };
    });
    const udc = new UdcModel({ controller: new TinyController(), functions: registry, clock: stillClock() });
    const functions = ['a', 'b', 'c'].map((instance) => ({ type: 'tiny', instance }));
    const config = gadgetOf([], { configurations: [{ value: 1, functions }] });
    await expect(udc.createGadget(config)).rejects.toMatchObject({ code: 'EBUSY' });
    expect(released).toEqual(['b', 'a']);
    expect(udc.gadgets).toEqual([]);
  });

  it('names are taken until the gadget is removed, which unbinds it; removing twice is harmless', async () => {
    const log: string[] = [];
    const one = new TinyFunction(log, 'tiny.a');
    const { udc } = rig([one], log);
    const gadget = await udc.createGadget(gadgetOf([one]));
    await expect(udc.createGadget(gadgetOf([one]))).rejects.toMatchObject({ code: 'EEXIST' });
    await gadget.bind();
    await gadget[Symbol.asyncDispose]();
    await gadget[Symbol.asyncDispose]();
    expect(log.filter((line) => line === 'tiny.a unbind')).toHaveLength(1);
    expect(udc.gadgets).toEqual([]);
    await (await udc.createGadget(gadgetOf([one]))).bind();
  });

  it('a type can be registered once, until it is unregistered', () => {
    const registry = new FunctionRegistry();
    const create = () => ({ function: new TinyFunction([], 'tiny.a'), release: () => {} });
    const registered = registry.register('tiny', create);
    expect(() => registry.register('tiny', create)).toThrow('EEXIST');
    registered[Symbol.dispose]();
    registered[Symbol.dispose]();
    expect(() => registry.create('tiny', 'a')).toThrow('None is registered');
  });
});

describe('a controller', () => {
  it('shows what /sys/class/udc and the gadget know', () => {
    const { udc, controller } = rig([]);
    controller.speed = 'high';
    expect(udc).toMatchObject({ name: 'tiny_udc.0', driver: 'tiny_udc', state: 'not attached', speed: 'high' });
    expect(udc.features).toMatchObject({ scatterGather: true, maximumSpeed: 'high', virtual: true });
    expect(udc.features.endpoints?.map(({ name }) => name)).toEqual(['ep1in', 'ep2out', 'ep-a', 'ep-b']);
  });

  it('connects and disconnects the bound gadget', async () => {
    const { udc } = rig([]);
    await expect(udc.connect()).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
    const bound = boundGadget([new TinyFunction([], 'tiny.a')]);
    await bound.udc.disconnect();
    expect(bound.controller.log.slice(-2)).toEqual(['pullup off', 'stop']);
    await bound.udc.connect();
    expect(bound.controller.log.slice(-2)).toEqual(['start', 'pullup on']);
  });

  it('that is disposed removes its gadgets, and takes no other', async () => {
    const log: string[] = [];
    const one = new TinyFunction(log, 'tiny.a');
    const { udc } = boundGadget([one], {}, { log });
    await udc[Symbol.asyncDispose]();
    await udc[Symbol.asyncDispose]();
    expect(log.filter((line) => line === 'tiny.a unbind')).toHaveLength(1);
    expect(udc.gadgets).toEqual([]);
    await expect(udc.createGadget(gadgetOf([one]))).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('tells a trace sink what happens', () => {
    const trace = new TraceRecorder();
    const controller = new TinyController();
    const one = new TinyFunction([], 'tiny.a');
    const udc = new UdcModel({ controller, functions: registryOf(one), clock: stillClock(), trace });
    const gadget = udc.makeGadget(gadgetOf([one]));
    gadget.register();
    controller.control(setup(0, 9, 1));
    controller.control(setup(0x80, 6, 0x0600, 0, 10));
    controller.speed = 'super';
    controller.control(setup(0x80, 6, 0x0600, 0, 10));
    gadget.unregister();
    const seen = trace.events.filter(({ what }) => !what.startsWith('request')).map(({ what }) => what);
    expect(seen).toEqual(['pullup', 'bound', 'setup', 'state', 'setup', 'setup', 'setup refused', 'pullup', 'unbound']);
    expect(trace.events.every(({ source }) => source === 'udc')).toBe(true);
  });
});
