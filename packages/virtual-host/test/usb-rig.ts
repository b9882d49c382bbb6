import type { UsbControlTransferParameters } from '../src/webusb/types.ts';
import * as make from './descriptors.ts';
import { enumerated, type RigOptions } from './rig.ts';

/** Interface 0: bulk IN 1, bulk OUT 2, or with setting 1 interrupt IN 1. Interface 1: isochronous both ways. */
const configurations = [
  make.configuration(
    { value: 1, name: 5 },
    make.iface({ number: 0, endpoints: 2, name: 4 }),
    make.endpoint(0x81, 'bulk', 512),
    make.endpoint(0x02, 'bulk', 512),
    make.iface({ number: 0, alternate: 1, endpoints: 1, name: 6 }),
    make.endpoint(0x81, 'interrupt', 0x0c00, 4),
    make.iface({ number: 1, endpoints: 2 }),
    make.endpoint(0x83, 'isochronous', 1024, 1),
    make.endpoint(0x03, 'isochronous', 1024, 1),
    make.iface({ number: 2, class: 0x08 }),
  ),
  make.configuration({ value: 2 }, make.iface({ number: 0 })),
];
export const options: RigOptions = {
  content: {
    device: make.device({ usbVersion: 0x0210, deviceClass: 0xef, configurations: 2 }),
    configurations,
    strings: { 1: 'Maker', 2: 'Thing', 3: 'S1', 4: 'loop', 5: 'first', 6: 'other' },
  },
};

export async function enumeratedUsb() {
  const rig = await enumerated(options);
  return { ...rig, usb: rig.there.webusb };
}

export async function opened() {
  const rig = await enumeratedUsb();
  await rig.usb.open();
  rig.device.log.length = 0;
  return rig;
}

export async function claimed() {
  const rig = await opened();
  await rig.usb.claimInterface(0);
  await rig.usb.claimInterface(1);
  return rig;
}

export const request: UsbControlTransferParameters = {
  requestType: 'vendor',
  recipient: 'device',
  request: 0x51,
  value: 1,
  index: 0,
};
