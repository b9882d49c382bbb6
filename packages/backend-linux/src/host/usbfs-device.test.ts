import { Errno, POLLOUT } from '@gadgetloom/core';
import { HostTransfer } from '@gadgetloom/virtual-host';
import { describe, expect, it } from 'vitest';
import { fakeUsbKernel } from '../../test/fake-usbfs.ts';
import type { SysfsDevice } from './usb-sysfs.ts';
import { UsbfsDevice } from './usbfs-device.ts';

/** No strings; interface 0 with a bulk endpoint each way, and none of them in setting 1. */
const DESCRIPTORS = Uint8Array.of(
  ...[18, 1, 0, 2, 0, 0, 0, 64, 0x6b, 0x1d, 0x04, 0x01, 0, 1, 0, 0, 0, 1],
  ...[9, 2, 41, 0, 1, 1, 0, 0x80, 50],
  ...[9, 4, 0, 0, 2, 0xff, 0, 0, 0],
  ...[7, 5, 0x81, 2, 0, 2, 0],
  ...[7, 5, 0x02, 2, 0, 2, 0],
  ...[9, 4, 0, 1, 0, 0xff, 0, 0, 0],
);

async function device() {
  const fake = fakeUsbKernel();
  const found: SysfsDevice = {
    ...{ path: '/sys/bus/usb/devices/1-1', file: '/dev/bus/usb/001/002', configuration: 1 },
    speed: 'high',
    descriptors: DESCRIPTORS,
  };
  const opened = await UsbfsDevice.open(fake.kernel, found, () => {});
  const usbfs = fake.devices[0]!;
  usbfs.log.length = 0;
  /** A transfer that ends when the loop is turned, and how. */
  const submit = (address: number, data = new Uint8Array(512), timeout = 0): Promise<number> =>
    new Promise((resolve) => {
      opened.pipe(address).submit(new HostTransfer(data, ({ status, actual }) => resolve(status || actual)), timeout);
    });
  const turn = (): void => fake.wake(POLLOUT);
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { ...fake, opened, usbfs, submit, turn, settled };
}

describe('a device behind a host controller of this machine', () => {
  it('is what its descriptors say', async () => {
    const { opened } = await device();
    expect(opened.descriptor).toMatchObject({ vendorId: 0x1d6b, productId: 0x0104 });
    expect(opened.endpoints().map(({ address, maxPacketSize }) => [address, maxPacketSize])).toEqual([
      [0x81, 512],
      [2, 512],
    ]);
    expect(() => opened.pipe(0x83)).toThrow(/there are 0x81, 0x02/);
  });

  it('has its interface claimed before the first transfer, once', async () => {
    const { usbfs, submit, turn, settled } = await device();
    const read = submit(0x81);
    const written = submit(0x02, Uint8Array.of(1, 2, 3));
    await settled();
    expect(usbfs.log).toEqual(['claim-interface', 'submit 81 512', 'submit 2 3']);
    expect([...usbfs.urbs.get(1)!.bytes!]).toEqual([1, 2, 3]);
    usbfs.complete(0, 0, Uint8Array.of(9));
    usbfs.complete(1, 0, 3);
    turn();
    expect([await read, await written]).toEqual([1, 3]);
  });

  it('gives the kernel its interfaces back for another configuration, and ends their transfers', async () => {
    const { opened, usbfs, submit, settled } = await device();
    const read = submit(0x81);
    await settled();
    const configured = opened.setConfiguration(1);
    expect(() => opened.pipe(0x81)).toThrow(/not configured/);
    await configured;
    expect(await read).toBe(-Errno.ESHUTDOWN);
    expect(usbfs.log.slice(2)).toEqual(['discard 0', 'release-interface', 'set-configuration 1']);
    await expect(opened.setConfiguration(7)).rejects.toThrow(/has the configurations 1/);
  });

  it('has other endpoints in another setting', async () => {
    const { opened, usbfs } = await device();
    const pipe = opened.pipe(0x81);
    await opened.setInterface(0, 1);
    expect(usbfs.log).toEqual(['claim-interface', 'set-interface 1']);
    expect(opened.endpoints()).toEqual([]);
    expect(() => pipe.submit(new HostTransfer(new Uint8Array(1), () => {}))).toThrow(/not part of the current/);
    await expect(opened.setInterface(0, 2)).rejects.toThrow(/no such interface or alternate setting/);
  });

  it('is claimed again after a reset, which takes its interfaces away', async () => {
    const { opened, usbfs } = await device();
    await opened.claimInterface(0);
    await opened.reset();
    expect(usbfs.log).toEqual(['claim-interface', 'reset', 'claim-interface']);
    usbfs.results.set('reset', -Errno.ENODEV);
    await expect(opened.reset()).rejects.toThrow(/came back with other descriptors/);
  });

  it('ends a transfer that takes too long', async () => {
    const { usbfs, clock, submit, turn, settled } = await device();
    const read = submit(0x81, new Uint8Array(4), 1000);
    await settled();
    await clock.advance(1000);
    turn();
    expect([await read, usbfs.log.at(-1)]).toEqual([-Errno.ETIMEDOUT, 'discard 0']);
  });

  it('puts the data of a control transfer behind its SETUP packet', async () => {
    const { opened, usbfs, turn } = await device();
    const data = new Uint8Array(4);
    const setup = { requestType: 0xc0, request: 5, value: 0x0102, index: 0x0304, length: 4 };
    const asked = await opened.startControl(setup, data);
    expect([...usbfs.urbs.get(0)!.bytes!]).toEqual([0xc0, 5, 2, 1, 4, 3, 4, 0]);
    usbfs.complete(0, 0, Uint8Array.of(7, 8));
    turn();
    expect([await asked.done, [...data]]).toEqual([2, [7, 8, 0, 0]]);
    await opened.startControl({ ...setup, requestType: 0x40, length: 2 }, Uint8Array.of(5, 6));
    expect([usbfs.urbs.get(0)?.length, [...usbfs.urbs.get(0)!.bytes!.subarray(8)]]).toEqual([10, [5, 6]]);
  });

  it('takes no transfer twice, and none that is longer than its data', async () => {
    const { opened } = await device();
    const transfer = new HostTransfer(new Uint8Array(4), () => {});
    opened.pipe(0x81).submit(transfer);
    expect(() => opened.pipe(0x81).submit(transfer)).toThrow(/Wait for its completion/);
    expect(() => opened.pipe(0x81).submit(new HostTransfer(new Uint8Array(4), () => {}, 5))).toThrow(/length is 5/);
  });
});
