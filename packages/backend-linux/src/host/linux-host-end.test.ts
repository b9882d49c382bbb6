import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { VirtualClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import type { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxHostEnd } from './linux-host-end.ts';
import { findConfiguredDevice, hostControllerOf } from './usb-sysfs.ts';

/** A device of the bus of a host controller, as sysfs shows it. */
function plug(machine: FakeMachine, hostController: string, name: string, configuration: string): void {
  const place = `sys/devices/platform/${hostController}/usb1/${name}`;
  const attributes = { busnum: '1\n', devnum: '12\n', speed: '480\n', bConfigurationValue: configuration };
  for (const [attribute, value] of Object.entries({ ...attributes, descriptors: 'abc' }))
    machine.write(`${place}/${attribute}`, value);
  mkdirSync(join(machine.paths.sys, 'bus/usb/devices'), { recursive: true });
  symlinkSync(join('../../../', place.slice(4)), join(machine.paths.sys, 'bus/usb/devices', name));
}

describe('the host end of a controller', () => {
  it('is this machine for dummy_hcd, and another one for hardware and for USB/IP', () => {
    expect(hostControllerOf('dummy_udc.3', 'dummy_udc')).toBe('dummy_hcd.3');
    expect(hostControllerOf('fe800000.usb', 'dwc3-gadget')).toBeUndefined();
    expect(hostControllerOf('usbip-vudc.0', 'usbip-vudc')).toBeUndefined();
  });

  it('says where to look where it is another machine', async () => {
    const kernel = { clock: new VirtualClock() } as unknown as LinuxKernel;
    const host = new LinuxHostEnd(kernel, { name: 'fe800000.usb', driver: 'dwc3-gadget' });
    expect(host.elsewhere).toMatch(/fe800000\.usb \(dwc3-gadget\) is the machine at the other end.*WebUSB or libusb/);
    await expect(host.waitForDevice()).rejects.toThrow(/at the other end of its cable/);
  });

  it('finds the device on its own bus, once it is configured', async () => {
    using machine = new FakeMachine();
    expect(await findConfiguredDevice(machine.paths, 'dummy_hcd.0')).toBeUndefined();
    plug(machine, 'dummy_hcd.1', '2-1', '1\n');
    plug(machine, 'dummy_hcd.0', '1-1', '\n');
    expect(await findConfiguredDevice(machine.paths, 'dummy_hcd.0')).toBeUndefined();
    machine.write('sys/devices/platform/dummy_hcd.0/usb1/1-1/bConfigurationValue', '1\n');
    expect(await findConfiguredDevice(machine.paths, 'dummy_hcd.0')).toMatchObject({
      ...{ file: join(machine.paths.dev, 'bus/usb/001/012'), speed: 'high', configuration: 1 },
      descriptors: Buffer.from('abc'),
    });
  });
});
