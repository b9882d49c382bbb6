import { SystemClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxController } from './linux-controller.ts';
import { chooseController, listControllers } from './udc-directory.ts';

function machine(): FakeMachine {
  const fake = new FakeMachine();
  fake.controller('dummy_udc.0', 'dummy_udc');
  fake.controller('fe800000.usb', 'dwc3-gadget', {
    state: 'configured\n',
    current_speed: 'high-speed\n',
    maximum_speed: 'super-speed\n',
    function: 'scope\n',
  });
  return fake;
}

const kernelOf = ({ paths }: FakeMachine): LinuxKernel => new LinuxKernel({ clock: new SystemClock(), paths });

describe('the choice of a controller', () => {
  it('prefers hardware', () => {
    using fake = machine();
    expect(listControllers(fake.paths).map(({ name }) => name)).toEqual(['dummy_udc.0', 'fe800000.usb']);
    expect(chooseController(fake.paths, {}).name).toBe('fe800000.usb');
    expect(chooseController(fake.paths, { virtual: true }).name).toBe('fe800000.usb');
  });

  it.each(['dummy_udc.0', 'dummy_udc'])('goes by name or driver: %s', (controller) => {
    using fake = machine();
    expect(chooseController(fake.paths, { controller }).name).toBe('dummy_udc.0');
  });

  it('takes one without hardware only when asked', () => {
    using fake = new FakeMachine();
    fake.controller('dummy_udc.0', 'dummy_udc');
    expect(() => chooseController(fake.paths, {})).toThrow(/only controllers without hardware: dummy_udc\.0/);
    expect(chooseController(fake.paths, { virtual: true }).virtual).toBe(true);
  });

  it('prefers one that is free, among several of its kind', () => {
    using fake = machine();
    fake.controller('fe900000.usb', 'dwc3-gadget');
    expect(chooseController(fake.paths, {}).name).toBe('fe900000.usb');
    expect(chooseController(fake.paths, { controller: 'dwc3-gadget' }).name).toBe('fe900000.usb');
    expect(chooseController(fake.paths, { controller: 'fe800000.usb' }).name).toBe('fe800000.usb');
  });

  it('says what there is', () => {
    using fake = machine();
    expect(() => chooseController(fake.paths, { controller: 'musb' })).toThrow(
      /no controller "musb".*dummy_udc\.0 \(dummy_udc, free\), fe800000\.usb \(dwc3-gadget, super-speed, used by the gadget "scope"\)/,
    );
    using empty = new FakeMachine();
    expect(() => chooseController(empty.paths, {})).toThrow(/no USB device port/);
  });
});

describe('a controller', () => {
  it('is what sysfs says', () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    expect(new LinuxController(kernel)).toMatchObject({
      name: 'fe800000.usb',
      driver: 'dwc3-gadget',
      state: 'configured',
      speed: 'high',
      function: 'scope',
      features: { scatterGather: true, maximumSpeed: 'super', endpoints: undefined, virtual: false },
    });
    const idle = new LinuxController(kernel, { controller: 'dummy_udc' });
    expect([idle.state, idle.speed, idle.function]).toEqual(['not attached', undefined, undefined]);
    expect(idle.features.scatterGather).toBeUndefined();
  });

  it('is connected and disconnected by soft_connect', async () => {
    using fake = machine();
    using kernel = kernelOf(fake);
    const controller = new LinuxController(kernel);
    await controller.disconnect();
    expect(fake.read('sys/class/udc/fe800000.usb/soft_connect')).toBe('disconnect');
    await controller.connect();
    expect(fake.read('sys/class/udc/fe800000.usb/soft_connect')).toBe('connect');
  });
});
