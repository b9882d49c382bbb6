import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { composeStack, defineGadget } from '@gadgetloom/gadget';
import { exposeWebUsb } from '@gadgetloom/virtual-host';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { FastbootDevice } from 'android-fastboot';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fastboot } from './fastboot.ts';

const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

/** What android-fastboot uses of a browser's FileReader. */
class BlobReader {
  result: ArrayBuffer | undefined;
  onload = () => {};
  readAsArrayBuffer(blob: Blob): void {
    void blob.arrayBuffer().then((bytes) => {
      this.result = bytes;
      this.onload();
    });
  }
}

beforeEach(() => {
  vi.stubGlobal('FileReader', BlobReader);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** A device in its bootloader, and a host with android-fastboot. */
async function plugIn(backend: 'mock' | 'dwc3' | 'musb' = 'mock') {
  const gadget = defineGadget({
    vendorId: 0x18d1,
    productId: 0x4ee0,
    functions: { bootloader: fastboot({ partitions: ['boot'], maxDownloadSize: 200_000 }) },
  });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock(), dwc3(), musb()], backend, onError });
  const device = await stack.host();
  const { usb } = stack.resolve(VIRTUAL_HOST);
  await usb.requestDevice({ filters: [{ classCode: 0xff, subclassCode: 0x42, protocolCode: 0x03 }] });
  const exposed = exposeWebUsb(usb);
  const host = new FastbootDevice();
  return {
    ...{ stack, device, host, errors, bootloader: stack.function('bootloader') },
    async [Symbol.asyncDispose]() {
      exposed[Symbol.dispose]();
      await stack.close();
    },
  };
}

describe.each(['mock', 'dwc3', 'musb'] as const)('fastboot on %s, with an unmodified android-fastboot', (backend) => {
  it('gives variables, flashes images and reboots', async () => {
    await using rig = await plugIn(backend);
    const done: unknown[] = [];
    rig.bootloader.onFlash((partition, image) => done.push([partition, image]));
    const rebooted = new Promise((resolve) => rig.bootloader.onReboot(resolve));
    rig.bootloader.setVariable('serialno', '0042');
    await rig.host.connect();
    expect(await rig.host.getVariable('serialno')).toBe('0042');
    expect(await rig.host.getVariable('max-download-size')).toBe('0x30d40');
    expect(await rig.host.getVariable('nothing')).toBe(null);
    await rig.host.flashBlob('boot', new Blob([pattern(100_000)]));
    await rig.host.flashBlob('boot', new Blob([pattern(512)]));
    await rig.host.reboot('bootloader');
    expect(await rebooted).toBe('bootloader');
    expect(done).toEqual([
      ['boot', pattern(100_000)],
      ['boot', pattern(512)],
    ]);
    expect(rig.errors).toEqual([]);
  });
});

describe('fastboot', () => {
  it('refuses what it cannot do, says why, and goes on', async () => {
    await using rig = await plugIn();
    await rig.host.connect();
    await expect(rig.host.runCommand('flash:boot')).rejects.toThrow('FAIL: download an image first');
    await expect(rig.host.flashBlob('radio', new Blob([pattern(10)]))).rejects.toThrow('FAIL: no such partition');
    await expect(rig.host.upload('boot', new ArrayBuffer(200_001))).rejects.toThrow('FAIL: size is out of range');
    await expect(rig.host.runCommand('constructor')).rejects.toThrow('FAIL: unknown command');
    rig.bootloader.onFlash(() => Promise.reject(new Error('the flash is worn out')));
    await expect(rig.host.flashBlob('boot', new Blob([pattern(10)]))).rejects.toThrow('FAIL: the flash is worn out');
    expect(await rig.host.getVariable('version')).toBe('0.4');
  });

  it('survives a host that sends anything, and serves the next good one', { timeout: 60_000 }, async () => {
    const command = fc.oneof(
      fc.constantFrom('getvar:version', 'download:00000000', 'download:00000400', 'download:0000ffff', 'download:zz'),
      fc.constantFrom('flash:boot', 'flash:', 'reboot', 'reboot-x', '', 'getvar:__proto__', '__proto__:', 'OKAY'),
      fc.string({ maxLength: 600 }),
    );
    const step = fc.oneof(
      command.map((text) => ({ do: 'send' as const, bytes: new TextEncoder().encode(text) })),
      fc.uint8Array({ maxLength: 2000 }).map((bytes) => ({ do: 'send' as const, bytes })),
      fc.constantFrom('read', 'reset', 'configure', 'clear').map((name) => ({ do: name, bytes: new Uint8Array(0) })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        await using rig = await plugIn();
        const { device } = rig;
        await device.open();
        await device.claimInterface(0);
        const endpoints = device.configuration!.interfaces[0]!.alternate.endpoints;
        const numberOf = (direction: string) => endpoints.find((one) => one.direction === direction)!.endpointNumber;
        // A host that does not read makes the device wait. What waits when the host resets it is cancelled.
        const pending: Promise<unknown>[] = [];
        const wait = (transfer: Promise<unknown>) => pending.push(transfer.catch(() => {}));
        for (const one of steps) {
          if (one.do === 'send') wait(device.transferOut(numberOf('out'), Uint8Array.from(one.bytes)));
          else if (one.do === 'read') wait(device.transferIn(numberOf('in'), 64));
          else if (one.do === 'reset') await device.reset();
          else if (one.do === 'clear') await device.clearHalt('out', numberOf('out'));
          else {
            await device.selectConfiguration(1);
            await device.claimInterface(0);
          }
          await new Promise(setImmediate);
        }
        await device.close();
        await Promise.all(pending);
        rig.bootloader.onFlash((_, image) => expect(image).toEqual(pattern(1000)));
        await rig.host.connect();
        await rig.host.flashBlob('boot', new Blob([pattern(1000)]));
        expect(await rig.host.getVariable('version')).toBe('0.4');
        expect(rig.errors).toEqual([]);
      }),
      { numRuns: 60, seed: 15 },
    );
  });
});
