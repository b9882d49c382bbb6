import { describe, expect, it } from 'vitest';
import { claimed, enumeratedUsb, opened } from '../../test/usb-rig.ts';
import { UsbAlternateInterface, UsbConfiguration, UsbEndpoint, UsbInterface } from './configuration-tree.ts';
import type { UsbDevice, UsbDirection } from './types.ts';

async function constructed() {
  const { usb } = await opened();
  const configuration = new UsbConfiguration(usb, 1);
  const deviceInterface = new UsbInterface(configuration, 0);
  const alternate = new UsbAlternateInterface(deviceInterface, 1);
  return { usb, configuration, deviceInterface, alternate };
}

describe('the objects of the tree', () => {
  it('are constructed from the object above them', async () => {
    const { configuration, deviceInterface, alternate } = await constructed();
    expect(configuration).toMatchObject({ configurationValue: 1, configurationName: 'first' });
    expect(configuration.interfaces.map((it) => it.interfaceNumber)).toEqual([0, 1, 2]);
    expect(deviceInterface).toMatchObject({ interfaceNumber: 0, claimed: false });
    expect(alternate).toMatchObject({ alternateSetting: 1, interfaceClass: 0xff, interfaceName: 'other' });
    const endpoint = new UsbEndpoint(alternate, 1, 'in');
    expect(endpoint).toMatchObject({ endpointNumber: 1, direction: 'in', type: 'interrupt', packetSize: 2048 });
  });

  it('are instances of their classes in the tree of a device, too', async () => {
    const { usb } = await enumeratedUsb();
    const [first] = usb.configuration?.interfaces ?? [];
    expect(usb.configuration).toBeInstanceOf(UsbConfiguration);
    expect(first).toBeInstanceOf(UsbInterface);
    expect(first?.alternate).toBeInstanceOf(UsbAlternateInterface);
    expect(first?.alternate.endpoints[0]).toBeInstanceOf(UsbEndpoint);
  });

  it('follow the device', async () => {
    const { usb } = await claimed();
    const constructedInterface = new UsbInterface(new UsbConfiguration(usb, 1), 0);
    expect(constructedInterface.claimed).toBe(true);
    await usb.selectAlternateInterface(0, 1);
    expect(constructedInterface.alternate.alternateSetting).toBe(1);
    expect(new UsbInterface(new UsbConfiguration(usb, 2), 0).claimed).toBe(false);
  });

  it('do not exist for numbers that the descriptors do not have', async () => {
    const { usb, configuration, deviceInterface, alternate } = await constructed();
    expect(() => new UsbConfiguration(usb, 3)).toThrow(RangeError);
    expect(() => new UsbInterface(configuration, 3)).toThrow(RangeError);
    expect(() => new UsbAlternateInterface(deviceInterface, 2)).toThrow(RangeError);
    expect(() => new UsbEndpoint(alternate, 2, 'in')).toThrow(RangeError);
    expect(() => new UsbEndpoint(alternate, 1, 'out')).toThrow(RangeError);
  });

  it('need a direction, and something that a host of this package made', async () => {
    const { alternate } = await constructed();
    expect(() => new UsbEndpoint(alternate, 1, 'up' as UsbDirection)).toThrow(TypeError);
    expect(() => new UsbConfiguration({} as UsbDevice, 1)).toThrow(TypeError);
  });
});
