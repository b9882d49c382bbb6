import { describe, expect, it } from 'vitest';
import * as make from '../../test/descriptors.ts';
import { enumerated } from '../../test/rig.ts';
import { claimed, enumeratedUsb, opened, options, request } from '../../test/usb-rig.ts';
import type { UsbDevice } from './types.ts';

describe('a USBDevice', () => {
  it('tells what its descriptors say', async () => {
    const { usb } = await enumeratedUsb();
    expect(usb).toMatchObject({
      usbVersionMajor: 2,
      usbVersionMinor: 1,
      usbVersionSubminor: 0,
      deviceClass: 0xef,
      deviceSubclass: 0,
      deviceProtocol: 0,
      vendorId: 0x1d6b,
      productId: 0x0104,
      deviceVersionMajor: 1,
      deviceVersionMinor: 2,
      deviceVersionSubminor: 3,
      manufacturerName: 'Maker',
      productName: 'Thing',
      serialNumber: 'S1',
      opened: false,
    });
  });

  it('has null for strings that it has not', async () => {
    const device = make.device({ manufacturer: 0, product: 0, serialNumber: 0 });
    const { there } = await enumerated({ content: { device } });
    expect(there.webusb).toMatchObject({ manufacturerName: null, productName: null, serialNumber: null });
  });

  it('is one object for one device', async () => {
    const { there } = await enumeratedUsb();
    expect(there.webusb).toBe(there.webusb);
  });

  it('shows configurations, interfaces, alternates and endpoints', async () => {
    const { usb } = await opened();
    expect(usb.configurations.map((it) => [it.configurationValue, it.configurationName])).toEqual([
      [1, 'first'],
      [2, null],
    ]);
    expect(usb.configuration).toBe(usb.configurations[0]);
    const [first, second] = usb.configuration?.interfaces ?? [];
    expect(first?.alternates.map((it) => [it.alternateSetting, it.interfaceName])).toEqual([
      [0, 'loop'],
      [1, 'other'],
    ]);
    expect(first?.alternate.endpoints).toMatchObject([
      { endpointNumber: 1, direction: 'in', type: 'bulk', packetSize: 512 },
      { endpointNumber: 2, direction: 'out', type: 'bulk', packetSize: 512 },
    ]);
    expect(first?.alternates[1]?.endpoints).toMatchObject([
      { endpointNumber: 1, direction: 'in', type: 'interrupt', packetSize: 2048 },
    ]);
    expect(second?.alternate).toMatchObject({ interfaceClass: 0xff, interfaceSubclass: 0, interfaceProtocol: 0 });
    expect(Object.isFrozen(usb.configurations) && Object.isFrozen(first?.alternates)).toBe(true);
  });

  it('reads the names that are missing when it is opened, once', async () => {
    const { device, usb } = await enumeratedUsb();
    expect(usb.configuration?.interfaces[0]?.alternates[1]?.interfaceName).toBeNull();
    await usb.open();
    await usb.open();
    expect(usb.opened).toBe(true);
    expect(device.log).toEqual(['GET string 6 255']);
  });

  it('cannot be opened if it leaves meanwhile', async () => {
    const { device, usb } = await enumeratedUsb();
    const opening = usb.open();
    device.disconnect();
    await expect(opening).rejects.toMatchObject({ name: 'NetworkError' });
  });
});

describe('before anything is done, WebUSB checks', () => {
  const bytesOf = (length: number) => new Uint8Array(length);
  const bytes = bytesOf(4);
  const methods: Record<string, (usb: UsbDevice) => Promise<unknown>> = {
    open: (usb) => usb.open(),
    close: (usb) => usb.close(),
    selectConfiguration: (usb) => usb.selectConfiguration(1),
    claimInterface: (usb) => usb.claimInterface(0),
    releaseInterface: (usb) => usb.releaseInterface(0),
    selectAlternateInterface: (usb) => usb.selectAlternateInterface(0, 0),
    controlTransferIn: (usb) => usb.controlTransferIn(request, 4),
    controlTransferOut: (usb) => usb.controlTransferOut(request, bytes),
    clearHalt: (usb) => usb.clearHalt('in', 1),
    transferIn: (usb) => usb.transferIn(1, 64),
    transferOut: (usb) => usb.transferOut(2, bytes),
    isochronousTransferIn: (usb) => usb.isochronousTransferIn(3, [64]),
    isochronousTransferOut: (usb) => usb.isochronousTransferOut(3, bytes, [4]),
    reset: (usb) => usb.reset(),
  };
  const needsClaim = [
    'selectAlternateInterface',
    'clearHalt',
    'transferIn',
    'transferOut',
    'isochronousTransferIn',
    'isochronousTransferOut',
  ];

  it.each(Object.keys(methods))('%s: the device is there', async (method) => {
    const { device, usb } = await opened();
    device.disconnect();
    const failure = await methods[method]?.(usb).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DOMException);
    expect(failure).toMatchObject({ name: 'NotFoundError' });
    expect(usb.opened).toBe(false);
  });

  it.each(Object.keys(methods).slice(2))('%s: the device is opened', async (method) => {
    const { usb } = await enumeratedUsb();
    await expect(methods[method]?.(usb)).rejects.toMatchObject({ name: 'InvalidStateError' });
  });

  const needsConfiguration: Record<string, (usb: UsbDevice) => Promise<unknown>> = {
    claimInterface: (usb) => usb.claimInterface(0),
    releaseInterface: (usb) => usb.releaseInterface(0),
    selectAlternateInterface: (usb) => usb.selectAlternateInterface(0, 0),
    'controlTransferIn of an interface': (usb) => usb.controlTransferIn({ ...request, recipient: 'interface' }, 4),
    'controlTransferOut of an endpoint': (usb) => usb.controlTransferOut({ ...request, recipient: 'endpoint' }, bytes),
    clearHalt: (usb) => usb.clearHalt('in', 1),
    transferIn: (usb) => usb.transferIn(1, 64),
    transferOut: (usb) => usb.transferOut(2, bytes),
    isochronousTransferIn: (usb) => usb.isochronousTransferIn(3, [64]),
    isochronousTransferOut: (usb) => usb.isochronousTransferOut(3, bytes, [4]),
  };
  it.each(Object.keys(needsConfiguration))('%s: a configuration is selected', async (method) => {
    const { there, usb } = await opened();
    await there.setConfiguration(0);
    await expect(needsConfiguration[method]?.(usb)).rejects.toMatchObject({ name: 'InvalidStateError' });
  });

  it('no configuration before control transfers to the device, nor before a reset, as browsers do', async () => {
    const { device, there, usb } = await opened();
    await there.setConfiguration(0);
    device.script = (setup) => ((setup.requestType & 0x60) === 0x40 ? 'ack' : undefined);
    expect((await usb.controlTransferOut(request, bytes)).bytesWritten).toBe(4);
    await usb.reset();
    expect(usb.configuration).toBeNull();
  });

  it.each(needsClaim)('%s: the interface is claimed', async (method) => {
    const { usb } = await opened();
    const name = method === 'selectAlternateInterface' ? 'InvalidStateError' : 'NotFoundError';
    await expect(methods[method]?.(usb)).rejects.toMatchObject({ name });
  });

  const outcome = (promise: Promise<unknown> | undefined) =>
    promise?.then(
      () => 'done',
      ({ name }: Error) => name,
    );

  it.each<[string, (usb: UsbDevice) => Promise<void>]>([
    ['the device is opened', (usb) => usb.open()],
    ['the device is closed', (usb) => usb.close()],
    ['a configuration is selected', (usb) => usb.selectConfiguration(1)],
  ])('that nothing else runs while %s', async (what, change) => {
    const { usb } = await claimed();
    if (what === 'the device is opened') await usb.close();
    const changing = change(usb);
    const outcomes = Object.values(methods).map((method) => outcome(method(usb)));
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['InvalidStateError']));
    await changing;
  });

  it('that nothing else changes, and nothing is transferred, while an interface is switched', async () => {
    const { device, usb } = await claimed();
    device.script = (setup) => ((setup.requestType & 0x60) === 0x40 ? 'ack' : undefined);
    const switching = usb.selectAlternateInterface(0, 1);
    const { isochronousTransferIn, isochronousTransferOut, ...others } = methods;
    const outcomes = Object.entries(others).map(async ([name, method]) => [name, await outcome(method(usb))] as const);
    const { clearHalt, transferIn, transferOut, ...rest } = Object.fromEntries(await Promise.all(outcomes));
    expect([clearHalt, transferIn, transferOut]).toEqual(['NotFoundError', 'NotFoundError', 'NotFoundError']);
    expect(new Set(Object.values(rest))).toEqual(new Set(['InvalidStateError']));
    await switching;
    device.send(0x81, Uint8Array.of(1));
    expect(await outcome(usb.transferIn(1, 8))).toBe('done');
  });

  it('that another interface can be changed meanwhile', async () => {
    const { usb } = await opened();
    await Promise.all([usb.claimInterface(0), usb.claimInterface(1)]);
    expect(usb.configuration?.interfaces.map((it) => it.claimed)).toEqual([true, true, false]);
  });

  it.each<[string, (usb: UsbDevice) => Promise<unknown>, string]>([
    ['there is such a configuration', (usb) => usb.selectConfiguration(7), 'NotFoundError'],
    ['there is such an interface to claim', (usb) => usb.claimInterface(7), 'NotFoundError'],
    ['there is such an interface to release', (usb) => usb.releaseInterface(7), 'NotFoundError'],
    ['there is such an interface to switch', (usb) => usb.selectAlternateInterface(7, 0), 'NotFoundError'],
    ['there is such a setting', (usb) => usb.selectAlternateInterface(0, 7), 'NotFoundError'],
    ['there is such an endpoint to read', (usb) => usb.transferIn(2, 64), 'NotFoundError'],
    ['there is such an endpoint to write', (usb) => usb.transferOut(1, bytes), 'NotFoundError'],
    ['there is such an endpoint to clear', (usb) => usb.clearHalt('out', 1), 'NotFoundError'],
    ['the endpoint to read is bulk or interrupt', (usb) => usb.transferIn(3, 64), 'InvalidAccessError'],
    ['the endpoint to write is bulk or interrupt', (usb) => usb.transferOut(3, bytes), 'InvalidAccessError'],
    ['the endpoint to read is isochronous', (usb) => usb.isochronousTransferIn(1, [64]), 'InvalidAccessError'],
    ['the endpoint to write is isochronous', (usb) => usb.isochronousTransferOut(2, bytes, [4]), 'InvalidAccessError'],
    ['the interface is not protected', (usb) => usb.claimInterface(2), 'SecurityError'],
    [
      'there is a recipient interface',
      (usb) => usb.controlTransferIn({ ...request, recipient: 'interface', index: 7 }, 4),
      'NotFoundError',
    ],
    [
      'there is a recipient endpoint',
      (usb) => usb.controlTransferIn({ ...request, recipient: 'endpoint', index: 0x85 }, 4),
      'NotFoundError',
    ],
    [
      'the recipient interface is claimed',
      (usb) => usb.controlTransferIn({ ...request, recipient: 'interface', index: 2 }, 4),
      'InvalidStateError',
    ],
    [
      'there is such a request type',
      (usb) => usb.controlTransferIn({ ...request, requestType: 'own' as 'vendor' }, 4),
      'TypeError',
    ],
    [
      'there is such a recipient',
      (usb) => usb.controlTransferOut({ ...request, recipient: 'hub' as 'other' }),
      'TypeError',
    ],
    [
      'a request has all of its numbers',
      (usb) => usb.controlTransferIn({ ...request, index: undefined! }, 4),
      'TypeError',
    ],
    ['the data is not shared', (usb) => usb.transferOut(2, new Uint8Array(new SharedArrayBuffer(4))), 'TypeError'],
    ['the data is data', (usb) => usb.transferOut(2, 'text' as unknown as ArrayBuffer), 'TypeError'],
    ['the packets are not longer than the data', (usb) => usb.isochronousTransferOut(3, bytes, [4, 1]), 'DataError'],
    ['the packets are not shorter than the data', (usb) => usb.isochronousTransferOut(3, bytes, [3]), 'DataError'],
    ['the length of the packets has 32 bits', (usb) => usb.isochronousTransferIn(3, [0xffffffff, 1]), 'DataError'],
    ['all packets have 32 MiB at most', (usb) => usb.isochronousTransferIn(3, [2 ** 25, 1]), 'DataError'],
    ['a transfer has 32 MiB at most', (usb) => usb.transferIn(1, 2 ** 25 + 1), 'DataError'],
    ['a transfer has no negative length', (usb) => usb.transferIn(1, -1), 'DataError'],
    ['data has 32 MiB at most', (usb) => usb.transferOut(2, new ArrayBuffer(2 ** 25 + 1)), 'DataError'],
    ['a request has 65535 bytes at most', (usb) => usb.controlTransferOut(request, bytesOf(65536)), 'NetworkError'],
    ['endpoint 16 is none', (usb) => usb.transferIn(16, 64), 'IndexSizeError'],
    ['endpoint 0 is none', (usb) => usb.clearHalt('out', 0), 'IndexSizeError'],
  ])('that %s', async (_, call, name) => {
    const { device, usb } = await claimed();
    await expect(call(usb)).rejects.toMatchObject({ name });
    expect(device.log).toEqual([]);
  });

  it('nothing more on an unrestricted host', async () => {
    const { there } = await enumerated({ ...options, webusb: { unrestricted: true } });
    await there.webusb.open();
    await there.webusb.claimInterface(2);
    expect(there.webusb.configuration?.interfaces[2]?.claimed).toBe(true);
  });
});

describe('configurations and interfaces', () => {
  it('are claimed and released', async () => {
    const { usb } = await opened();
    const [first] = usb.configuration?.interfaces ?? [];
    await usb.claimInterface(0);
    await usb.claimInterface(0);
    expect(first?.claimed).toBe(true);
    await usb.releaseInterface(0);
    await usb.releaseInterface(0);
    expect(first?.claimed).toBe(false);
  });

  it('are claimed in the selected configuration alone', async () => {
    const { usb } = await claimed();
    expect(usb.configurations.map(({ interfaces }) => interfaces[0]?.claimed)).toEqual([true, false]);
  });

  it('are no longer claimed once another configuration is selected', async () => {
    const { device, usb } = await claimed();
    await usb.selectConfiguration(2);
    expect(usb.configuration?.configurationValue).toBe(2);
    await usb.selectConfiguration(1);
    expect(usb.configuration?.interfaces.some((it) => it.claimed)).toBe(false);
    expect(device.log).toEqual(['SET_CONFIGURATION 2', 'SET_CONFIGURATION 1']);
  });

  it('are no longer claimed once the host selects another one', async () => {
    const { there, usb } = await claimed();
    await there.setConfiguration(2);
    await usb.claimInterface(0);
    await there.setConfiguration(1);
    expect(usb.configuration?.interfaces[0]?.claimed).toBe(false);
  });

  it('switch their alternate settings, and go back when they are released', async () => {
    const { device, usb } = await claimed();
    const [first] = usb.configuration?.interfaces ?? [];
    await usb.selectAlternateInterface(0, 1);
    expect(first?.alternate.alternateSetting).toBe(1);
    device.send(0x81, Uint8Array.of(1));
    expect((await usb.transferIn(1, 8)).status).toBe('ok');
    await usb.releaseInterface(0);
    expect(first?.alternate.alternateSetting).toBe(0);
    expect(device.log).toEqual(['SET_INTERFACE 0 1', 'SET_INTERFACE 0 0']);
  });

  it('report a device that refuses as NetworkError', async () => {
    const { device, usb } = await claimed();
    device.script = () => 'stall';
    await expect(usb.selectAlternateInterface(0, 1)).rejects.toMatchObject({ name: 'NetworkError' });
    await expect(usb.clearHalt('in', 1)).rejects.toMatchObject({ name: 'NetworkError' });
    await expect(usb.selectConfiguration(1)).rejects.toMatchObject({ name: 'NetworkError' });
  });

  it('are released when the device is closed, whatever it answers', async () => {
    const { device, usb } = await claimed();
    await usb.selectAlternateInterface(0, 1);
    device.script = () => 'stall';
    await usb.close();
    expect(usb.opened).toBe(false);
  });

  it('are released when the device is closed', async () => {
    const { device, usb } = await claimed();
    await usb.selectAlternateInterface(0, 1);
    await usb.close();
    await usb.close();
    expect(usb.opened).toBe(false);
    expect(device.log.at(-1)).toBe('SET_INTERFACE 0 0');
    await usb.open();
    expect(usb.configuration?.interfaces.some((it) => it.claimed)).toBe(false);
  });
});
