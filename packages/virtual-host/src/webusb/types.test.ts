/// <reference lib="dom" />
/// <reference types="w3c-web-usb" />
import { expect, expectTypeOf, it } from 'vitest';
import { enumerated } from '../../test/rig.ts';
import type { UsbConnectionEvent } from './connection-event.ts';
import type { UsbDevice } from './types.ts';
import type { UsbHost } from './usb-host.ts';

it('the types fit those of WebUSB', () => {
  expectTypeOf<UsbDevice>().toExtend<USBDevice>();
  expectTypeOf<UsbHost>().toExtend<USB>();
  expectTypeOf<UsbConnectionEvent>().toExtend<USBConnectionEvent>();
  expectTypeOf<Parameters<USBDevice['transferOut']>>().toExtend<Parameters<UsbDevice['transferOut']>>();
  expectTypeOf<Parameters<USBDevice['controlTransferIn']>>().toExtend<Parameters<UsbDevice['controlTransferIn']>>();
  expectTypeOf<Parameters<USB['requestDevice']>>().toExtend<Parameters<UsbHost['requestDevice']>>();
});

/** Written for a browser: it knows nothing of this project. */
async function echo(usb: USB, message: number[]): Promise<number[]> {
  const device = await usb.requestDevice({ filters: [{ vendorId: 0x1d6b }] });
  await device.open();
  if (device.configuration === null) await device.selectConfiguration(1);
  await device.claimInterface(0);
  await device.transferOut(2, Uint8Array.from(message));
  const { data } = await device.transferIn(1, 64);
  await device.close();
  return data ? [...new Uint8Array(data.buffer)] : [];
}

it('a program written for WebUSB talks to a simulated device', async () => {
  const { host, device } = await enumerated();
  device.accept(0x02, 512);
  const reply = echo(host.usb, [1, 2, 3]);
  device.send(0x81, Uint8Array.of(3, 2, 1));
  expect(await reply).toEqual([3, 2, 1]);
  expect(device.endpoint(0x02).received).toEqual([Uint8Array.of(1, 2, 3)]);
});
