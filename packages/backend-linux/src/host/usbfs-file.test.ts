import { Errno, POLLHUP, POLLOUT } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { fakeUsbKernel } from '../../test/fake-usbfs.ts';
import { URB_TYPE, type Urb } from './urb.ts';
import { UsbfsFile } from './usbfs-file.ts';

async function opened() {
  const fake = fakeUsbKernel();
  let gone = 0;
  const file = await UsbfsFile.open(fake.kernel, '/dev/bus/usb/001/002', () => void gone++);
  const usbfs = fake.devices[0]!;
  usbfs.log.length = 0;
  return { ...fake, file, usbfs, gone: () => gone };
}

/** A bulk IN transfer that notes how it ended. */
function reading(length = 4) {
  const into = new Uint8Array(length);
  const ends: [status: number, actual: number][] = [];
  const urb: Urb = {
    ...{ type: URB_TYPE.bulk, endpoint: 0x81, flags: 0, length, bytes: undefined, into, offset: 0 },
    ...{ slot: -1, unlinked: 0, ended: (status, actual) => void ends.push([status, actual]) },
  };
  return { urb, into, ends };
}

describe('a file of usbfs', () => {
  it('moves bytes, and is only watched while something is under way', async () => {
    const { file, usbfs, watches, wake } = await opened();
    const { urb, into, ends } = reading();
    expect(watches[0]?.events).toBe(0);
    file.submit(urb);
    expect([usbfs.log, watches[0]?.events]).toEqual([['submit 81 4'], POLLOUT]);
    usbfs.complete(0, 0, Uint8Array.of(1, 2, 3));
    wake(POLLOUT);
    expect([ends, [...into], watches[0]?.events]).toEqual([[[0, 3]], [1, 2, 3, 0], 0]);
  });

  it('lets calls go first, and asks the kernel for nothing meanwhile', async () => {
    const { file, usbfs, wake } = await opened();
    const [first, second] = [reading(), reading()];
    file.submit(first.urb);
    usbfs.slow = true;
    const over = file.call('set-interface', 1, 2);
    file.submit(second.urb);
    file.cancel(first.urb, -Errno.ECONNRESET);
    wake(POLLOUT);
    expect(usbfs.log).toEqual(['submit 81 4', 'set-interface 1 2']);
    usbfs.finish();
    expect(await over).toBe(0);
    expect(usbfs.log.slice(2)).toEqual(['discard 0', 'submit 81 4']);
    expect(first.ends).toEqual([[-Errno.ECONNRESET, 0]]);
  });

  it('keeps transfers that there is no memory for until others are over', async () => {
    const { file, usbfs, wake } = await opened();
    usbfs.room = 2;
    const all = [reading(), reading(), reading()];
    for (const { urb } of all) file.submit(urb);
    expect(usbfs.urbs.size).toBe(2);
    usbfs.complete(0, 0, 4);
    wake(POLLOUT);
    expect([all[0]!.ends.length, usbfs.log.length]).toEqual([1, 3]);
  });

  it('fails a transfer that there would never be memory for', async () => {
    const { file, usbfs, clock } = await opened();
    usbfs.room = 0;
    const { urb, ends } = reading();
    file.submit(urb);
    expect(ends).toEqual([]);
    await clock.runUntilIdle();
    expect(ends).toEqual([[-Errno.ENOMEM, 0]]);
  });

  it('cancels a transfer that still waits without asking the kernel', async () => {
    const { file, usbfs, clock } = await opened();
    usbfs.room = 1;
    const [first, second] = [reading(), reading()];
    file.submit(first.urb);
    file.submit(second.urb);
    file.cancel(second.urb, -Errno.ETIMEDOUT);
    file.cancel(second.urb, -Errno.ECONNRESET);
    await clock.runUntilIdle();
    expect([first.ends, second.ends]).toEqual([[], [[-Errno.ETIMEDOUT, 0]]]);
    expect(usbfs.log).toEqual(['submit 81 4']);
  });

  it('ends everything once when the device is gone', async () => {
    const { file, usbfs, wake, watches, gone, clock } = await opened();
    const [first, second] = [reading(), reading()];
    file.submit(first.urb);
    file.submit(second.urb);
    usbfs.complete(0, -Errno.ENOENT);
    usbfs.gone = true;
    wake(POLLHUP);
    expect(watches).toEqual([]);
    await clock.runUntilIdle();
    await file[Symbol.asyncDispose]();
    expect([first.ends, second.ends]).toEqual([[[-Errno.ESHUTDOWN, 0]], [[-Errno.ESHUTDOWN, 0]]]);
    expect([file.open, gone(), usbfs.log.filter((line) => line === 'close')]).toEqual([false, 1, ['close']]);
    expect(await file.call('reset')).toBe(-Errno.ENODEV);
    const late = reading();
    file.submit(late.urb);
    await clock.runUntilIdle();
    expect(late.ends).toEqual([[-Errno.ESHUTDOWN, 0]]);
  });

  it('says why it cannot be opened', async () => {
    const fake = fakeUsbKernel();
    const opening = UsbfsFile.open(fake.kernel, '/dev/bus/usb/001/002', () => {});
    fake.devices[0]!.results.set('open', -Errno.EACCES);
    await expect(opening).rejects.toThrow(/Only root may open/);
    expect(fake.devices[0]!.log.at(-1)).toBe('end');
  });
});
