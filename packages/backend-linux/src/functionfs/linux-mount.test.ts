import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { SystemClock } from '@gadgetloom/core';
import { encodeDescriptors, type FunctionDescriptor } from '@gadgetloom/functionfs';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { LinuxMount } from './linux-mount.ts';

const BULK = 2;
const companion = { type: 'companion', maxBurst: 0, attributes: 0, bytesPerInterval: 0 } as const;

function descriptors(maxPacketSize: number, superSpeed = false): FunctionDescriptor[] {
  const endpoint = (address: number): FunctionDescriptor[] => [
    { type: 'endpoint', address, attributes: BULK, maxPacketSize, interval: 0 },
    ...(superSpeed ? [companion] : []),
  ];
  return [
    { type: 'interface', number: 0, alternate: 0, endpoints: 2, class: 255, subClass: 0, protocol: 0, string: 0 },
    ...endpoint(0x81),
    ...endpoint(0x02),
  ];
}

/** An instance whose files are ordinary ones. */
class Mounted {
  readonly machine = new FakeMachine();
  readonly kernel = new LinuxKernel({ clock: new SystemClock(), paths: this.machine.paths });
  readonly mount: LinuxMount;

  constructor() {
    for (const name of ['ep0', 'ep1', 'ep2']) this.machine.write(`ffs/${name}`);
    this.mount = new LinuxMount(this.kernel, 'data', `${this.machine.root}/ffs`);
  }

  [Symbol.dispose](): void {
    this.kernel[Symbol.dispose]();
    this.machine[Symbol.dispose]();
  }
}

describe('descriptors', () => {
  it('tell the direction of each endpoint file', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    await ep0.write(encodeDescriptors({ full: descriptors(64) }));
    const [ep1, ep2] = [await mounted.mount.openEndpoint('ep1'), await mounted.mount.openEndpoint('ep2')];
    expect([ep1.direction, ep2.direction]).toEqual(['in', 'out']);
    expect(await mounted.mount.files()).toEqual(['ep0', 'ep1', 'ep2']);
    for (const file of [ep1, ep2, ep0]) file.close();
  });

  it('for high speed and SuperSpeed alone would crash the kernel, and are refused', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    const blob = encodeDescriptors({ high: descriptors(512), super: descriptors(1024, true) });
    await expect(ep0.write(blob)).rejects.toMatchObject({ code: 'EINVAL', operation: 'write ep0' });
    expect(mounted.kernel.guards.count('no-full-speed')).toBe(1);
    expect(mounted.machine.read('ffs/ep0')).toBe('');
    ep0.close();
  });
});

describe('an instance that was left bound, without endpoint files', () => {
  it('is not opened before it is unbound: the kernel would lock itself up', async () => {
    using mounted = new Mounted();
    const { machine, mount, kernel } = mounted;
    const udc = `${machine.paths.configfs}/usb_gadget/one/UDC`;
    mkdirSync(`${machine.paths.configfs}/usb_gadget/one/functions/ffs.data`, { recursive: true });
    writeFileSync(udc, 'dummy_udc.0\n');
    // Its endpoint files are there: somebody else has it open.
    (await mount.openEp0()).close();
    for (const name of ['ep1', 'ep2']) rmSync(`${machine.root}/ffs/${name}`);
    await expect(mount.openEp0()).rejects.toMatchObject({
      code: 'EBUSY',
      message: expect.stringContaining('Unbind the gadget first.'),
    });
    expect(kernel.guards.count('reopen-bound')).toBe(1);
    writeFileSync(udc, '\n');
    using ep0 = await mount.openEp0();
    // This process has it open: nothing begins anew.
    writeFileSync(udc, 'dummy_udc.0\n');
    using again = await mount.openEp0();
    expect([ep0.fd, again.fd].every((fd) => fd >= 0)).toBe(true);
  });

  it('is another one if its name is', async () => {
    using mounted = new Mounted();
    const { machine, mount } = mounted;
    mkdirSync(`${machine.paths.configfs}/usb_gadget/one/functions/ffs.other`, { recursive: true });
    writeFileSync(`${machine.paths.configfs}/usb_gadget/one/UDC`, 'dummy_udc.0\n');
    for (const name of ['ep1', 'ep2']) rmSync(`${machine.root}/ffs/${name}`);
    using ep0 = await mount.openEp0();
    expect(ep0.fd).toBeGreaterThanOrEqual(0);
  });
});

describe('files', () => {
  it('are refused once closed, and closing twice is harmless', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    await ep0.write(encodeDescriptors({ full: descriptors(64) }));
    const ep1 = await mounted.mount.openEndpoint('ep1', { nonblock: true });
    for (const file of [ep1, ep1, ep0, ep0]) file.close();
    expect([ep0.fd, ep1.fd]).toEqual([-1, -1]);
    const nothing = { fd: -1, close() {}, [Symbol.dispose]() {} };
    for (const call of [() => ep1.attach(nothing), () => ep1.detach(nothing), () => ep1.transfer(nothing, 1)])
      expect(call).toThrow('EBADF');
    for (const call of [ep1.read(new Uint8Array(1)), ep0.read(new Uint8Array(12)), ep1.clearHalt()])
      await expect(call).rejects.toMatchObject({ code: 'EBADF' });
  });

  it('that are stopped take nothing new, and others of the endpoint go on', async () => {
    using mounted = new Mounted();
    using ep0 = await mounted.mount.openEp0();
    await ep0.write(encodeDescriptors({ full: descriptors(64) }));
    using ep1 = await mounted.mount.openEndpoint('ep1', { gadgetName: 'stream.samples' });
    using other = await mounted.mount.openEndpoint('ep1');
    ep1.stop();
    expect([ep1.closing, other.closing, other.gadgetName, other.use === ep1.use]).toEqual([true, false, 'ep1', true]);
    for (const call of [() => ep1.attach(ep0), () => ep1.transfer(ep0, 1)])
      expect(call).toThrow(/stream\.samples: ENODEV/);
    await expect(ep1.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'ENODEV' });
    expect(() => ep1.detach(ep0)).toThrow('EINVAL');
    expect(await other.write(new Uint8Array(1))).toBe(1);
  });

  it('have to be closed before unmounting', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    await expect(mounted.mount.unmount()).rejects.toThrow('EBUSY: Files are open (1). Close them first.');
    ep0.close();
  });

  it('without DMABUF interface say which kernel has it', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    await ep0.write(encodeDescriptors({ full: descriptors(64) }));
    using ep1 = await mounted.mount.openEndpoint('ep1');
    expect(() => ep1.attach(ep0)).toThrow(/ENOTTY: .*Linux 6\.9/);
    expect(() => ep1.transfer(ep0, 1)).toThrow(/EINVAL: The file is not a dma-buf/);
    expect(() => ep1.transfer(ep0, 1, 1)).toThrow(/EINVAL: The flags are 1/);
    ep0.close();
  });
});

describe('reads and writes', () => {
  it('move bytes, one call after the other', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    await ep0.write(encodeDescriptors({ full: descriptors(64) }));
    using ep1 = await mounted.mount.openEndpoint('ep1');
    const counts = await Promise.all([ep1.write(new Uint8Array(10).fill(7)), ep1.write(new Uint8Array(4).fill(8))]);
    expect(counts).toEqual([10, 4]);
    const into = new Uint8Array(16);
    expect(await ep1.read(into)).toBe(10);
    expect([...into.subarray(0, 6)]).toEqual([8, 8, 8, 8, 7, 7]);
    ep0.close();
  });

  it('fail at once on a nonblocking file that another call uses', async () => {
    using mounted = new Mounted();
    const ep0 = await mounted.mount.openEp0();
    await ep0.write(encodeDescriptors({ full: descriptors(64) }));
    using ep1 = await mounted.mount.openEndpoint('ep1', { nonblock: true });
    const first = ep1.write(new Uint8Array(10));
    await expect(ep1.write(new Uint8Array(10))).rejects.toMatchObject({ code: 'EAGAIN' });
    expect(await first).toBe(10);
    ep0.close();
  });
});
