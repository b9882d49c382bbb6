import { KernelError } from '@gadgetloom/core';
import { DELAYED_STATUS, decodeLanguages, decodeStringDescriptor, type GadgetConfig } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { boundGadget } from '../../test/rig.ts';
import { type Control, setup, type TinyOptions } from '../../test/tiny-controller.ts';
import { TinyFunction } from '../../test/tiny-function.ts';

const SET_CONFIGURATION = setup(0x00, 9, 1);
const GET_STRING = (index: number, language: number) => setup(0x80, 6, 0x0300 | index, language, 255);

function rig(fields: Partial<GadgetConfig> = {}, options: TinyOptions = {}) {
  const log: string[] = [];
  const one = new TinyFunction(log, 'tiny.a', { endpoints: [0x81], interfaces: 2 });
  const two = new TinyFunction(log, 'tiny.b', { endpoints: [0x02] });
  const made = boundGadget([one, two], fields, { log, ...options });
  return { ...made, one, two, log };
}

const bytes = (outcome: Control): Uint8Array => {
  if (typeof outcome === 'string') throw new Error(`no data, but ${outcome}`);
  return Uint8Array.from(outcome.data);
};

describe('a request that is not the device’s', () => {
  it.each([
    ['interface 0', setup(0x21, 5, 0, 0), 'a'],
    ['interface 1, with an entity in the high byte', setup(0xa1, 5, 0, 0x0701, 4), 'a'],
    ['interface 2', setup(0x41, 5, 0, 2), 'b'],
    ['IN endpoint 1', setup(0x42, 5, 0, 0x81), 'a'],
    ['OUT endpoint 2', setup(0x22, 5, 0, 0x02), 'b'],
    ['a standard request to an interface', setup(0x81, 6, 0x2200, 2, 64), 'b'],
  ] as const)('goes to the function that owns %s', (_, request, owner) => {
    const { controller, one, two } = rig();
    controller.control(SET_CONFIGURATION);
    controller.control(request);
    expect({ a: one.setups, b: two.setups }).toEqual({ a: [], b: [], [owner]: [request] });
  });

  it.each([
    ['an interface that nobody owns', setup(0x21, 5, 0, 3)],
    ['an endpoint that nobody owns', setup(0x22, 5, 0, 0x05)],
    ['the device', setup(0x40, 5)],
    ['another recipient', setup(0x43, 5)],
  ])('is refused if it is for %s, where there are several functions', (_, request) => {
    const { controller, one, two } = rig();
    controller.control(SET_CONFIGURATION);
    expect(controller.control(request)).toBe('stall EOPNOTSUPP');
    expect([...one.setups, ...two.setups]).toEqual([]);
  });

  it.each([0x40, 0x43, 0x41, 0x42])('of type %i goes to the only function there is', (requestType) => {
    const only = new TinyFunction([], 'tiny.a');
    const { controller } = boundGadget([only]);
    controller.control(SET_CONFIGURATION);
    controller.control(setup(requestType, 5, 0, 0x0f));
    expect(only.setups).toHaveLength(1);
  });

  it('goes to the first function that says it matches', () => {
    const { controller, one, two } = rig();
    two.matches = (request, configured) => configured && request.request === 9;
    controller.control(SET_CONFIGURATION);
    controller.control(setup(0x41, 9, 0, 0));
    controller.control(setup(0x41, 8, 0, 0));
    expect(two.setups).toHaveLength(1);
    expect(one.setups).toHaveLength(1);
  });

  it('before SET_CONFIGURATION only goes to a function that says so', () => {
    const { controller, one, two } = rig();
    expect(controller.control(setup(0x41, 9, 0, 0))).toBe('stall EOPNOTSUPP');
    two.matches = (_, configured) => !configured;
    controller.control(setup(0x41, 9, 0, 0));
    expect(two.setups).toHaveLength(1);
    expect(one.setups).toEqual([]);
  });

  it('is answered as the function says: later, delayed or stalled', () => {
    const { controller, one } = rig();
    controller.control(SET_CONFIGURATION);
    one.answer = DELAYED_STATUS;
    expect(controller.control(setup(0x41, 5, 0, 0))).toBe('delayed');
    one.answer = new KernelError('EL2HLT', 'setup');
    expect(controller.control(setup(0x41, 5, 0, 0))).toBe('stall EL2HLT');
  });

  it('asks for at most 4096 bytes, and cannot send more', () => {
    const { controller, one } = rig();
    controller.control(SET_CONFIGURATION);
    controller.control(setup(0xc1, 5, 0, 0, 5000));
    controller.control(setup(0xc1, 5, 0, 0, 4096));
    controller.control(setup(0x41, 5, 0, 0, 4096));
    expect(one.setups.map(({ length }) => length)).toEqual([4096, 4096, 4096]);
    expect(controller.control(setup(0x41, 5, 0, 0, 4097))).toBe('stall EOPNOTSUPP');
  });
});

describe('strings', () => {
  const strings = {
    1033: { manufacturer: 'Loom', product: 'Tiny\n', extra: { motto: 'weave' } },
    1031: { manufacturer: 'Webstuhl', product: 'Winzig', serialNumber: '1', extra: { motto: 'webe' } },
  };

  it('have ids in order, in each language; what was not given is empty', () => {
    const { controller } = rig({ strings });
    const text = (index: number, language: number) =>
      decodeStringDescriptor(bytes(controller.control(GET_STRING(index, language))));
    expect([1, 2, 3, 4].map((index) => text(index, 0x409))).toEqual(['Loom', 'Tiny', '', 'weave']);
    expect([1, 2, 3, 4].map((index) => text(index, 0x407))).toEqual(['Webstuhl', 'Winzig', '1', 'webe']);
    expect(controller.control(GET_STRING(5, 0x409))).toBe('stall EINVAL');
    expect(controller.control(GET_STRING(1, 0x40c))).toBe('stall EINVAL');
  });

  it('a configuration has one of its own', () => {
    const configurations = [
      { value: 1, functions: [{ type: 'tiny', instance: 'a' }], strings: { 1033: 'the only one' } },
    ];
    const { controller } = rig({ strings, configurations });
    expect(bytes(controller.control(setup(0x80, 6, 0x0200, 0, 9)))[6]).toBe(5);
    expect(decodeStringDescriptor(bytes(controller.control(GET_STRING(5, 0x409))))).toBe('the only one');
  });

  it('functions add theirs; languages of their own tables come first', () => {
    const ids: (readonly number[])[] = [];
    const one = new TinyFunction([], 'tiny.a');
    const bind = one.bind.bind(one);
    one.bind = (binding) => {
      bind(binding);
      ids.push(binding.functionStrings([{ language: 0x411, strings: ['a', 'b'] }]));
      ids.push(binding.strings([{ language: 0x409, strings: ['c'] }]));
    };
    const { controller } = boundGadget([one], { strings: { 1031: { product: 'x' } } });
    expect(ids).toEqual([[4, 5], [6]]);
    expect(decodeLanguages(bytes(controller.control(GET_STRING(0, 0))))).toEqual([0x411, 0x407, 0x409]);
    expect(decodeStringDescriptor(bytes(controller.control(GET_STRING(5, 0x411))))).toBe('b');
    expect(decodeStringDescriptor(bytes(controller.control(GET_STRING(6, 0x409))))).toBe('c');
  });

  it('without any, not even the list of languages exists', () => {
    const { controller } = rig();
    expect(controller.control(GET_STRING(0, 0))).toBe('stall EINVAL');
  });

  it('of functions are looked at up to 126 bytes, and not at all if that cuts a character', () => {
    const one = new TinyFunction([], 'tiny.a');
    const bind = one.bind.bind(one);
    one.bind = (binding) => {
      bind(binding);
      binding.strings([{ language: 0x409, strings: ['x'.repeat(200), `x${'é'.repeat(100)}`, 'é'.repeat(100)] }]);
    };
    const { controller } = boundGadget([one]);
    expect(decodeStringDescriptor(bytes(controller.control(GET_STRING(1, 0x409))))).toBe('x'.repeat(126));
    expect(controller.control(GET_STRING(2, 0x409))).toBe('stall EINVAL');
    expect(decodeStringDescriptor(bytes(controller.control(GET_STRING(3, 0x409))))).toBe('é'.repeat(63));
  });

  it('are 254 at most', () => {
    const one = new TinyFunction([], 'tiny.a');
    const bind = one.bind.bind(one);
    let refusal: unknown;
    one.bind = (binding) => {
      bind(binding);
      binding.strings([{ language: 0x409, strings: new Array<string>(254).fill('x') }]);
      try {
        binding.strings([{ language: 0x409, strings: ['y'] }]);
      } catch (error) {
        refusal = error;
      }
      expect(() => binding.strings([])).toThrow('EINVAL');
    };
    boundGadget([one]);
    expect(refusal).toMatchObject({ code: 'ENODEV' });
  });
});

describe('what happens on the bus', () => {
  it('reset disables the functions and draws 100 mA', () => {
    const { controller, udc, log } = rig();
    controller.control(SET_CONFIGURATION);
    log.length = 0;
    controller.core?.reset();
    expect(log.filter((line) => line.startsWith('tiny'))).toEqual(['tiny.a disable', 'tiny.b disable']);
    expect(controller.milliamperes).toBe(100);
    expect(udc.state).toBe('default');
    log.length = 0;
    controller.core?.reset();
    expect(log).toEqual([]);
  });

  it('disconnect disables the functions and draws nothing; the state stays', () => {
    const { controller, udc, log } = rig();
    controller.control(SET_CONFIGURATION);
    log.length = 0;
    udc.core.softDisconnect();
    expect(log.filter((line) => !line.startsWith('ep'))).toEqual([
      'pullup off',
      'tiny.a disable',
      'tiny.b disable',
      'stop',
    ]);
    expect(controller.milliamperes).toBe(0);
    expect(udc.state).toBe('configured');
  });

  it('suspend and resume reach the functions of the selected configuration', () => {
    const { controller, gadget, log } = rig();
    log.length = 0;
    controller.gadgetDriver?.suspend();
    expect(gadget.device.suspended).toBe(true);
    controller.gadgetDriver?.resume();
    expect(log).toEqual([]);
    expect(controller.milliamperes).toBe(2);
    controller.control(SET_CONFIGURATION);
    log.length = 0;
    controller.gadgetDriver?.suspend();
    expect(controller.milliamperes).toBe(2);
    controller.gadgetDriver?.resume();
    expect(gadget.device.suspended).toBe(false);
    expect(log).toEqual(['tiny.a suspend', 'tiny.b suspend', 'tiny.a resume', 'tiny.b resume']);
  });

  it('self-powered devices say so when suspended and resumed', () => {
    const configurations = [
      { value: 1, functions: [{ type: 'tiny', instance: 'a' }], selfPowered: true, maxPower: 400 },
    ];
    const { controller } = rig({ configurations });
    controller.control(SET_CONFIGURATION);
    expect(controller.selfPowered).toBe(false);
    controller.gadgetDriver?.suspend();
    expect(controller.selfPowered).toBe(true);
    controller.gadgetDriver?.resume();
    expect(controller).toMatchObject({ selfPowered: false, milliamperes: 400 });
  });

  it('nothing reaches a gadget that is being unbound, or was', () => {
    const { controller, gadget, one, log } = rig();
    const driver = controller.gadgetDriver;
    controller.control(SET_CONFIGURATION);
    const unbind = one.unbind.bind(one);
    one.unbind = () => {
      unbind();
      driver?.disconnect();
      driver?.suspend();
      expect(driver?.setup(SET_CONFIGURATION)).toBe(0);
    };
    gadget.unregister();
    log.length = 0;
    driver?.disconnect();
    driver?.reset();
    driver?.suspend();
    driver?.resume();
    expect(driver?.setup(SET_CONFIGURATION)).toBe(0);
    expect(log).toEqual([]);
  });

  it('an answer that was not fetched is taken back when the gadget is unbound', () => {
    const { controller, gadget, log } = rig();
    controller.gadgetDriver?.setup(setup(0x80, 6, 0x0100, 0, 18));
    expect(controller.ep0.requests).toHaveLength(1);
    gadget.unregister();
    expect(controller.ep0.requests).toEqual([]);
    expect(log).toContain('ep0 dequeue');
  });

  it('an answer that cannot be queued is a stall', () => {
    const { controller } = rig();
    controller.ep0.refusal = { call: 'queue', code: 'EINVAL' };
    expect(controller.control(setup(0x80, 6, 0x0100, 0, 18))).toBe('stall EINVAL');
  });
});
