import { dwc3 } from '@gadgetloom/backend-dwc3';
import { mock } from '@gadgetloom/backend-mock';
import { musb } from '@gadgetloom/backend-musb';
import { MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import { composeStack, defineGadget } from '@gadgetloom/gadget';
import { keyOf } from '@gadgetloom/usb-classes/hid';
import { HostTransfer } from '@gadgetloom/virtual-host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildReportDescriptor, FieldBits, gamepad, hid, keyboard, mouse, raw } from './index.ts';

/** Ids: input 1 and feature 2 of four bytes, output 3 of two. */
const VENDOR = buildReportDescriptor([
  ['usagePage', 0xff00],
  ['usage', 1],
  ['collection', 1],
  ['logicalMinimum', 0],
  ['logicalMaximum', 255],
  ['reportSize', 8],
  ['reportCount', 4],
  ['reportId', 1],
  ['usage', 2],
  ['input', FieldBits.VARIABLE],
  ['reportId', 2],
  ['usage', 3],
  ['feature', FieldBits.VARIABLE],
  ['reportId', 3],
  ['reportCount', 2],
  ['usage', 4],
  ['output', FieldBits.VARIABLE],
  ['endCollection'],
]);

const FUNCTIONS = {
  keys: hid(keyboard({ idle: 0 })),
  pointer: hid(mouse()),
  pad: hid(gamepad({ axes: ['x', 'y'] })),
  box: hid(raw(VENDOR, { outputEndpoint: true })),
};
type Name = keyof typeof FUNCTIONS;
const NAMES = Object.keys(FUNCTIONS) as Name[];

/** A device with four HID interfaces, and a host without a driver for them. */
async function plugIn(backend: 'mock' | 'dwc3' | 'musb' = 'mock') {
  const gadget = defineGadget({ vendorId: 0x1d6b, productId: 0x0104, functions: FUNCTIONS });
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const stack = await composeStack({ gadget, backends: [mock(), dwc3(), musb()], backend, onError });
  const device = await stack.hostDevice();
  await device.setConfiguration(1);
  await stack.enabled();
  /** A control transfer. Returns the bytes that came, or `'stall'`. */
  const control = async (requestType: number, request: number, value: number, index: number, data: Uint8Array) => {
    const setup = { requestType, request, value, index, length: data.length };
    const count = await (await device.startControl(setup, data)).done;
    return count < 0 ? 'stall' : [...data.subarray(0, count)];
  };
  const set = async (name: Name, request: number, value: number, ...data: number[]) => {
    const result = await control(0x21, request, value, NAMES.indexOf(name), Uint8Array.from(data));
    return result === 'stall' ? result : 'ok';
  };
  const get = (name: Name, request: number, value: number, length = 64) =>
    control(0xa1, request, value, NAMES.indexOf(name), new Uint8Array(length));
  const transfer = (address: number, data: Uint8Array): Promise<HostTransfer> =>
    new Promise((resolve) => device.pipe(address).submit(new HostTransfer(data, resolve), SECOND));
  const report = async (name: Name) => {
    const address = stack.endpoint(`${name}.input`).address!;
    const { data, actual } = await transfer(address, new Uint8Array(device.pipe(address).maxPacketSize));
    return [...data.subarray(0, actual)];
  };
  const output = async (...bytes: number[]) =>
    (await transfer(stack.endpoint('box.output').address!, Uint8Array.from(bytes))).status;
  return { stack, device, errors, control, set, get, report, output, [Symbol.asyncDispose]: () => stack.close() };
}

describe.each(['mock', 'dwc3', 'musb'] as const)('HID devices on %s', (backend) => {
  it('type text, press keys together, and hear of the LEDs', async () => {
    await using host = await plugIn(backend);
    const keys = host.stack.function('keys');
    const typed = keys.type('aB');
    const reports = [];
    for (let at = 0; at < 4; at++) reports.push(await host.report('keys'));
    await typed;
    expect(reports).toEqual([
      [0, 0, 4, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
      [2, 0, 5, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    const pressed = keys.press('control', 'alt', 'delete');
    expect([await host.report('keys'), await host.report('keys')]).toEqual([
      [5, 0, keyOf('delete').usage, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]);
    await pressed;
    const leds: unknown[] = [];
    keys.onOutput(({ values }) => leds.push(values));
    expect(await host.set('keys', 9, 0x0200, 2)).toBe('ok');
    await sleep(host.stack.clock, MILLISECOND);
    expect(leds).toEqual([{ leds: [2] }]);
    expect(host.errors).toEqual([]);
  });

  it('move in as many reports as it takes, and keep buttons down', async () => {
    await using host = await plugIn(backend);
    const pointer = host.stack.function('pointer');
    const moved = pointer.move(200, -5);
    expect([await host.report('pointer'), await host.report('pointer')]).toEqual([
      [0, 127, 251, 0],
      [0, 73, 0, 0],
    ]);
    await moved;
    const sent = host.stack.function('pad').send({ x: 3, buttons: [1] });
    expect(await host.report('pad')).toEqual([1, 0, 3, 0, 0, 0, 0]);
    await sent;
  });

  it('exchange feature and output reports both ways', async () => {
    await using host = await plugIn(backend);
    const box = host.stack.function('box');
    const heard: unknown[] = [];
    for (const listen of ['onOutput', 'onFeature'] as const)
      box[listen](({ type, id, bytes }) => heard.push([type, id, ...bytes]));
    box.setFeature(Uint8Array.of(1, 2, 3, 4));
    expect(await host.get('box', 1, 0x0302)).toEqual([2, 1, 2, 3, 4]);
    expect(await host.set('box', 9, 0x0302, 2, 5, 6, 7, 8)).toBe('ok');
    expect(await host.get('box', 1, 0x0302)).toEqual([2, 5, 6, 7, 8]);
    expect(await host.set('box', 9, 0x0203, 3, 10, 11)).toBe('ok');
    expect(await host.output(3, 12, 13)).toBe(0);
    await sleep(host.stack.clock, 10 * MILLISECOND);
    expect(heard).toEqual([
      ['feature', 2, 5, 6, 7, 8],
      ['output', 3, 10, 11],
      ['output', 3, 12, 13],
    ]);
    box.provideFeature((id) => ({ 'ff00:0003': [id, 9] }));
    expect(await host.get('box', 1, 0x0302)).toEqual([2, 2, 9, 0, 0]);
    expect(await host.set('box', 9, 0x0302, 2, 1, 2, 3, 4, 5)).toBe('stall');
    expect(host.errors).toEqual([]);
  });
});

describe('a HID device', () => {
  it('gives its descriptors to the host', async () => {
    await using host = await plugIn();
    const read = (value: number) => host.control(0x81, 6, value, 3, new Uint8Array(255));
    expect(await read(0x2200)).toEqual([...VENDOR]);
    expect(await read(0x2100)).toEqual([9, 0x21, 0x11, 0x01, 0, 1, 0x22, VENDOR.length, 0]);
    expect(await read(0x2300)).toBe('stall');
  });

  it('repeats a report at the idle rate that the host sets', async () => {
    await using host = await plugIn();
    expect(await host.set('keys', 0x0a, 0x0100)).toBe('ok');
    expect(await host.get('keys', 2, 0)).toEqual([1]);
    void host.stack.function('keys').hold('a');
    for (let at = 0; at < 3; at++) expect((await host.report('keys'))[2]).toBe(4);
    expect(await host.set('keys', 0x0a, 0)).toBe('ok');
  });

  it('speaks the boot protocol', async () => {
    await using host = await plugIn();
    expect(await host.set('pointer', 0x0b, 0)).toBe('ok');
    const pointer = host.stack.function('pointer');
    expect(pointer.protocol).toBe('boot');
    void pointer.scroll(1);
    expect(await host.report('pointer')).toEqual([0, 0, 0]);
    expect(await host.get('pad', 3, 0)).toBe('stall');
  });

  it('refuses what it cannot do where it is written', () => {
    expect(() => hid(raw('05 01 09 06 a1 01'))).toThrow(/report descriptor, byte 4: this collection has no end/);
    expect(() => hid(raw(VENDOR, { boot: 'mouse' }))).toThrow(/boot mouse have no ids/);
    expect(() => hid({ device: 'pen' } as never)).toThrow(/device/);
  });

  it('survives a host that asks anything, and serves the next good one', { timeout: 60_000 }, async () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const step = fc.oneof(
      fc.record({
        name: fc.constantFrom(...NAMES),
        request: fc.oneof(fc.integer({ min: 0, max: 12 }), byte),
        value: fc.oneof(fc.constantFrom(0, 1, 0x100, 0x200, 0x203, 0x302, 0x0100), fc.integer({ min: 0, max: 0xffff })),
        data: fc.array(byte, { maxLength: 9 }),
        direction: fc.constantFrom('in', 'out'),
      }),
      fc.record({ output: fc.array(byte, { minLength: 1, maxLength: 3 }) }),
      fc.constantFrom('reset', 'press', 'halt'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        await using host = await plugIn();
        const again = async () => {
          await host.device.reset();
          await host.device.setConfiguration(1);
          await host.stack.enabled();
        };
        for (const one of steps) {
          if (one === 'reset') await again();
          else if (one === 'press') void host.stack.function('pad').send({ x: 1 });
          else if (one === 'halt')
            await host.stack
              .endpoint('box.output')
              .halt()
              .catch(() => {});
          else if ('output' in one) await host.output(...one.output);
          else if (one.direction === 'in') await host.get(one.name, one.request, one.value, one.data.length);
          else await host.set(one.name, one.request, one.value, ...one.data);
        }
        await again();
        void host.stack.function('keys').press('z');
        expect((await host.report('keys'))[2]).toBe(keyOf('z').usage);
        expect(host.errors).toEqual([]);
      }),
      { numRuns: 30, seed: 15 },
    );
  });
});
