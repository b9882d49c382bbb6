import type { UsbSpeed } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { parseConfiguration } from '../descriptors/configuration.ts';
import { parseDeviceDescriptor } from '../descriptors/device-descriptor.ts';
import { chooseConfiguration } from './device-reading.ts';

const vendor = make.iface({ class: 0xff });
const storage = make.iface({ class: 0x08 });
const audio = make.iface({ class: 0x01 });
const uac3 = make.iface({ class: 0x01, protocol: 0x30 });
const rndis = make.iface({ class: 0x02, subClass: 2, protocol: 0xff });
const activeSync = make.iface({ class: 0xef, subClass: 1, protocol: 1 });

/** bConfigurationValue of the one that is chosen, out of 1, 2, 3 ... with these first interfaces. */
function chosen(
  interfaces: (Uint8Array | undefined)[],
  power: number[] = [],
  deviceClass = 0,
  speed: UsbSpeed = 'high',
) {
  const configurations = interfaces.map((first, index) => {
    const fields = { value: index + 1, power: power[index] ?? 50 };
    const bytes = make.configuration(fields, ...(first === undefined ? [] : [first]));
    return parseConfiguration(bytes, speed, () => {});
  });
  return chooseConfiguration({ descriptor: parseDeviceDescriptor(make.device({ deviceClass })), configurations }, speed)
    ?.value;
}

describe('of several configurations the host chooses', () => {
  it.each<[string, (Uint8Array | undefined)[], number]>([
    ['the first, if all are the vendor’s own', [vendor, vendor], 1],
    ['the first of a known class', [vendor, storage, storage], 2],
    ['the first, even without interfaces', [undefined, vendor], 1],
    ['anything but RNDIS', [rndis, storage], 2],
    ['anything but ActiveSync', [activeSync, storage], 2],
    ['RNDIS, if there is nothing else', [rndis], 1],
    ['RNDIS over the vendor’s own', [rndis, vendor], 1],
    ['the first of audio', [audio, audio], 1],
    ['the newest audio', [audio, uac3], 2],
    ['something else over audio that is not first', [vendor, audio], 1],
  ])('%s', (_, interfaces, value) => {
    expect(chosen(interfaces)).toBe(value);
  });

  it('none that needs more current than the port gives', () => {
    expect(chosen([vendor, vendor], [251, 250])).toBe(2);
    expect(chosen([vendor], [251])).toBeUndefined();
    expect(chosen([vendor, vendor], [113, 112], 0, 'super')).toBe(2);
  });

  it('the first, if the device as a whole is the vendor’s own', () => {
    expect(chosen([vendor, storage], [], 0xff)).toBe(1);
  });
});
