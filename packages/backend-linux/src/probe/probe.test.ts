import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeMachine } from '../../test/fake-machine.ts';
import { inspect, verdict } from './probe.ts';

function goodMachine(): FakeMachine {
  const fake = new FakeMachine();
  fake.controller('fe800000.usb', 'dwc3-gadget');
  fake.write('proc/sys/kernel/osrelease', '6.12.117\n');
  fake.write('config/usb_gadget/.keep');
  fake.write('dev/dma_heap/system');
  fake.write('dev/udmabuf');
  return fake;
}

describe('the probe', () => {
  it('says what the backend would run on', () => {
    using fake = goodMachine();
    const findings = inspect(fake.paths).filter(({ name }) => name !== 'privilege');
    expect(verdict(findings)).toEqual({ ok: true, summary: 'fe800000.usb (dwc3-gadget), system' });
  });

  it.each<[string, (fake: FakeMachine) => void, RegExp]>([
    ['no controller', (fake) => fake.remove('sys/class/udc'), /no controller in \/sys\/class\/udc/],
    ['no configfs', (fake) => fake.remove('config'), /no configfs/],
    ['no libcomposite', (fake) => fake.remove('config/usb_gadget'), /there is no .*usb_gadget/],
    [
      'no buffers',
      (fake) => {
        fake.remove('dev/dma_heap');
        fake.remove('dev/udmabuf');
      },
      /neither a DMA heap nor udmabuf/,
    ],
  ])('says why not, and what to do: %s', (_, change, reason) => {
    using fake = goodMachine();
    change(fake);
    expect(verdict(inspect(fake.paths))).toMatchObject({
      ok: false,
      reason: expect.stringMatching(reason),
      advice: expect.stringMatching(/\.$/),
    });
  });

  it.each<[string, (fake: FakeMachine) => void, RegExp, RegExp]>([
    [
      'configfs is not mounted',
      (fake) => {
        fake.remove('config/usb_gadget');
        fake.write('proc/self/mounts', 'proc /proc proc rw 0 0\n');
      },
      /configfs is not mounted at/,
      /`modprobe libcomposite; mount -t configfs none .*config`\. Both fail if the kernel has no such module: .*\.$/,
    ],
    [
      'configfs is mounted, without gadgets',
      (fake) => {
        fake.remove('config/usb_gadget');
        fake.write('proc/self/mounts', `configfs ${fake.paths.configfs} configfs rw 0 0\n`);
      },
      /there is no .*usb_gadget/,
      /^As root: `modprobe libcomposite`\./,
    ],
    [
      'configfs is not even loaded',
      (fake) => fake.remove('config'),
      /has not loaded it/,
      /`modprobe libcomposite; mount/,
    ],
    [
      'the kernel was built without gadgets',
      (fake) => {
        fake.remove('config');
        fake.write('modules/6.12.117/modules.dep', '\n');
      },
      /libcomposite is missing/,
      /CONFIG_USB_CONFIGFS/,
    ],
    [
      'udmabuf would do, and is not loaded',
      (fake) => {
        fake.remove('dev/dma_heap');
        fake.remove('dev/udmabuf');
        fake.write('modules/6.12.117/modules.dep', 'kernel/drivers/dma-buf/udmabuf.ko: \n');
      },
      /neither a DMA heap nor udmabuf/,
      /^As root: `modprobe udmabuf`/,
    ],
    [
      'only controllers without hardware',
      (fake) => {
        fake.remove('sys/class/udc/fe800000.usb');
        fake.controller('dummy_udc.0', 'dummy_udc');
      },
      /without hardware: dummy_udc\.0/,
      /--controller dummy_udc\.0, --backend linux:virtual\.$/,
    ],
  ])('says which command helps: %s', (_, change, reason, advice) => {
    using fake = goodMachine();
    change(fake);
    expect(verdict(inspect(fake.paths))).toEqual({
      ok: false,
      reason: expect.stringMatching(reason),
      advice: expect.stringMatching(advice),
    });
  });

  it('leaves mounting configfs to the first gadget, where that will succeed', () => {
    using fake = goodMachine();
    fake.remove('config/usb_gadget');
    fake.write('proc/self/mounts', 'proc /proc proc rw 0 0\n');
    fake.write('sys/module/libcomposite/.keep');
    const ok = process.getuid?.() === 0;
    expect(verdict(inspect(fake.paths))).toMatchObject({ ok });
    fake.write('proc/self/status', 'CapEff:\t00000000a80425fb\n');
    expect(verdict(inspect(fake.paths))).toMatchObject({ ok: false, reason: expect.stringMatching(/not mounted/) });
  });

  it('knows a root that may do nothing', () => {
    using fake = goodMachine();
    fake.write('proc/self/status', 'CapEff:\t00000000a80425fb\n');
    const found = inspect(fake.paths).find(({ name }) => name === 'privilege')?.result;
    expect(found).toMatchObject({ ok: false, reason: expect.stringMatching(/CAP_SYS_ADMIN|can neither/) });
  });

  it('says nothing of a kernel whose version it cannot see', () => {
    using fake = goodMachine();
    fake.remove('proc/sys');
    expect(inspect(fake.paths).find(({ name }) => name === 'kernel')?.result.ok).toBe(true);
  });

  it('names each missing module, and each thing of which there could be more', () => {
    using fake = goodMachine();
    fake.write('modules/6.12.117/modules.dep', 'kernel/drivers/usb/gadget/libcomposite.ko.xz: x.ko\n');
    fake.write('modules/6.12.117/modules.builtin', 'kernel/drivers/dma-buf/udmabuf.ko\n');
    const found = new Map(inspect(fake.paths).map(({ name, result }) => [name, result]));
    expect(found.get('module libcomposite')).toMatchObject({
      ok: true,
      summary: expect.stringMatching(/modprobe libcomposite/),
    });
    expect(found.get('module udmabuf')).toEqual({ ok: true, summary: 'built in' });
    expect(found.get('module usb_f_fs')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/no module usb_f_fs/),
    });
    expect(found.get('functionfs')).toMatchObject({
      ok: false,
      advice: expect.stringMatching(/CONFIG_USB_CONFIGFS_F_FS/),
    });
    expect(found.get('scatter-gather')).toEqual({ ok: true, summary: 'dwc3-gadget takes DMABUFs' });
    expect(found.get('controller is free')).toMatchObject({ ok: true });
    for (const result of found.values()) if (!result.ok) expect(result.advice).toMatch(/\.$/);
  });

  it('says who has the controller, and what it cannot do', () => {
    using fake = goodMachine();
    fake.remove('sys/class/udc/fe800000.usb');
    fake.controller('musb-hdrc.1', 'musb-hdrc', { function: 'printer\n' });
    expect(verdict(inspect(fake.paths))).toEqual({
      ok: true,
      summary:
        'musb-hdrc.1 (musb-hdrc), musb-hdrc.1 is used by the gadget "printer", musb-hdrc takes no scatter-gather requests, system',
    });
  });

  it('does not call anything ok that the machine does not tell', () => {
    using fake = goodMachine();
    fake.remove('sys/class/udc/fe800000.usb');
    fake.controller('fe980000.usb', 'fe980000.usb');
    mkdirSync(join(fake.root, 'sys/class/udc/fe980000.usb/device'));
    symlinkSync('/sys/bus/platform/drivers/dwc2', join(fake.root, 'sys/class/udc/fe980000.usb/device/driver'));
    const found = new Map(inspect(fake.paths, { controller: 'dwc2' }).map(({ name, result }) => [name, result]));
    expect(found.get('module libcomposite')).toEqual({
      ok: true,
      uncertain: true,
      summary: 'the kernel does not say whether libcomposite is built in',
    });
    expect(found.get('functionfs')).toMatchObject({ ok: true, uncertain: true });
    expect(found.get('controller')).toEqual({ ok: true, summary: 'fe980000.usb (dwc2)' });
    expect(found.get('scatter-gather')).toEqual({
      ok: true,
      uncertain: true,
      summary:
        'dwc2 takes DMABUFs only with descriptor DMA, which a Raspberry Pi (Zero to 4) lacks; otherwise bytes are copied',
    });
    expect(verdict(inspect(fake.paths, { controller: 'dwc2' }))).toMatchObject({
      summary: expect.stringMatching(/^fe980000\.usb \(dwc2\), dwc2 takes DMABUFs only .* bytes are copied, system$/),
    });
  });

  it('makes do with udmabuf, and with a kernel that copies', () => {
    using fake = goodMachine();
    fake.remove('dev/dma_heap');
    fake.write('proc/sys/kernel/osrelease', '6.6.30-rpi\n');
    const findings = inspect(fake.paths).filter(({ name }) => name !== 'privilege');
    expect(verdict(findings)).toEqual({
      ok: true,
      summary: 'fe800000.usb (dwc3-gadget), Linux 6.6.30-rpi has no DMABUF interface in FunctionFS, udmabuf',
    });
  });

  it('tells of what cannot even be looked at, rather than failing', () => {
    using fake = new FakeMachine();
    fake.write('sys/class/udc', 'no directory');
    const controller = inspect(fake.paths).find(({ name }) => name === 'controller');
    expect(controller?.result).toMatchObject({ ok: false, reason: expect.stringContaining('ENOTDIR') });
  });
});
