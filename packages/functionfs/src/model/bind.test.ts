import { isKernelError, type KernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Bench } from '../../test/bench.ts';
import { BenchEndpoint } from '../../test/bench-controller.ts';
import { loopback } from '../../test/functions.ts';
import type { FunctionDescriptor, FunctionDescriptors } from '../index.ts';

const interfaceOf = (number: number, alternate = 0): FunctionDescriptor => ({
  type: 'interface',
  number,
  alternate,
  endpoints: 1,
  class: 0xff,
  subClass: 0,
  protocol: 0,
  string: 0,
});
const endpointOf = (address: number, maxPacketSize = 512): FunctionDescriptor => ({
  type: 'endpoint',
  address,
  attributes: 2,
  maxPacketSize,
  interval: 0,
});
const companion: FunctionDescriptor = { type: 'companion', maxBurst: 0, attributes: 0, bytesPerInterval: 0 };

/** What the function answered when the gadget was bound: configfs says EBUSY whatever it was. */
async function refusalOf(bench: Bench): Promise<string> {
  try {
    await bench.gadget.bind();
    return '0';
  } catch (error) {
    if (!isKernelError(error, 'EBUSY')) throw error;
    return ((error.cause as KernelError).cause as KernelError).code;
  }
}

describe('binding fails', () => {
  it('with ENODEV before descriptors and strings were accepted', async () => {
    expect(await refusalOf(await Bench.mounted())).toBe('ENODEV');
  });

  it('with ENODEV after everything was closed', async () => {
    const bench = await Bench.active();
    bench.ep0.close();
    expect(await refusalOf(bench)).toBe('ENODEV');
  });

  it('with EBADFD in state DEACTIVATED', async () => {
    const bench = await Bench.active({ mount: { noDisconnect: true } });
    bench.ep0.close();
    expect(await refusalOf(bench)).toBe('EBADFD');
  });

  it('with ENOTSUPP if there are OS descriptors only', async () => {
    const descriptors: FunctionDescriptors = { os: [{ type: 'compatible-ids', interface: 0, functions: [] }] };
    expect(await refusalOf(await Bench.active({ descriptors }))).toBe('ENOTSUPP');
  });

  it('with ENOTSUPP if no endpoint fits, and is bound to nothing then', async () => {
    const endpoints = [new BenchEndpoint('ep1in', { bulk: true, in: true })];
    const bench = await Bench.active({ endpoints });
    expect(await refusalOf(bench)).toBe('ENOTSUPP');
    expect(await bench.events()).toBe('EAGAIN');
    expect(await refusalOf(bench)).toBe('ENOTSUPP');
  });

  it('with EINVAL if an endpoint is described twice for a speed, as in alternate settings', async () => {
    const descriptors = { high: [interfaceOf(0), endpointOf(0x81), interfaceOf(0, 1), endpointOf(0x81)] };
    expect(await refusalOf(await Bench.active({ descriptors }))).toBe('EINVAL');
  });

  it('with ENODEV if the gadget has no string ids left, and with EBADFD from then on', async () => {
    const strings = new Array<string>(255).fill('x');
    const descriptors = { high: [{ ...interfaceOf(0), string: 255 } as FunctionDescriptor] };
    const bench = await Bench.active({ strings, descriptors });
    expect(await refusalOf(bench)).toBe('ENODEV');
    expect(await refusalOf(bench)).toBe('EBADFD');
  });

  it('where the kernel crashes: endpoints for high and SuperSpeed, but not for full speed', async () => {
    const descriptors = {
      high: [interfaceOf(0), endpointOf(0x81)],
      super: [interfaceOf(0), endpointOf(0x81, 1024), companion],
    };
    const bench = await Bench.active({ descriptors });
    expect(await refusalOf(bench)).toBe('ENODEV');
    expect(bench.hazards).toEqual(['bind ffs']);
  });
});

describe('binding', () => {
  it('writes the addresses of the controller into the descriptors of every speed', async () => {
    const bench = await Bench.bound();
    const [link] = bench.gadget.device.configurations[0]!.links;
    for (const speed of ['full', 'high', 'super'] as const) {
      const bytes = link!.function.descriptors(speed)!;
      const addresses: number[] = [];
      for (let at = 0; at < bytes.length; at += bytes[at]!) if (bytes[at + 1] === 5) addresses.push(bytes[at + 2]!);
      expect(addresses).toEqual([0x81, 0x02, 0x86, 0x07]);
    }
  });

  it('leaves wMaxPacketSize as it was written, and copies a missing one from full speed', async () => {
    const descriptors = {
      full: [interfaceOf(0), endpointOf(0x81, 64)],
      high: [interfaceOf(0), endpointOf(0x81, 0)],
      super: [interfaceOf(0), endpointOf(0x81, 1024), companion],
    };
    const bench = await Bench.bound({ descriptors });
    const [link] = bench.gadget.device.configurations[0]!.links;
    const packet = (speed: 'full' | 'high' | 'super'): number =>
      new DataView(link!.function.descriptors(speed)!.buffer, link!.function.descriptors(speed)!.byteOffset).getUint16(
        13,
        true,
      );
    expect([packet('full'), packet('high'), packet('super')]).toEqual([64, 64, 1024]);
  });

  it('with VIRTUAL_ADDR keeps the addresses that were written; the device then cannot be configured if they differ', async () => {
    const bench = await Bench.bound({ descriptors: { ...loopback, virtualAddress: true } });
    const answer = bench.controller.control({ requestType: 0, request: 9, value: 1, index: 0, length: 0 });
    expect(answer).toBe('stall EIO');
    const same = await Bench.bound({
      descriptors: { high: [interfaceOf(0), endpointOf(0x81)], virtualAddress: true },
    });
    same.controller.configure();
    expect(await same.events()).toBe('ENABLE');
  });

  it('numbers interfaces in the order in which they appear, and strings behind those of the device', async () => {
    const association: FunctionDescriptor = {
      type: 'association',
      firstInterface: 2,
      interfaceCount: 2,
      class: 2,
      subClass: 2,
      protocol: 0,
      string: 2,
    };
    const descriptors = { high: [association, { ...interfaceOf(2), string: 1 } as FunctionDescriptor, interfaceOf(0)] };
    const bench = await Bench.bound({ descriptors, strings: ['one', 'two'] });
    const bytes = bench.gadget.device.configurations[0]!.links[0]!.function.descriptors('high')!;
    // The kernel does not rewrite bFirstInterface.
    expect([bytes[2], bytes[7], bytes[8 + 2], bytes[8 + 8], bytes[17 + 2]]).toEqual([2, 2, 0, 1, 1]);
  });

  it('lets the host read the strings', async () => {
    const bench = await Bench.bound();
    const request = bench.controller.control({
      requestType: 0x80,
      request: 6,
      value: 0x0301,
      index: 0x409,
      length: 255,
    });
    const { buffer, length } = request as { buffer: Uint8Array; length: number };
    expect(new TextDecoder('utf-16le').decode(buffer.slice(2, length))).toBe('loopbk');
  });

  it('in two configurations gives each its own interfaces and endpoints', async () => {
    const bench = await Bench.bound({ twoConfigurations: true });
    expect(await bench.events()).toBe('BIND');
    bench.controller.configure(2);
    expect(await bench.events()).toBe('ENABLE');
    bench.controller.configure(1);
    expect(await bench.events()).toBe('ENABLE');
    await bench.gadget.unbind();
    expect(await bench.events()).toBe('UNBIND');
    await bench.gadget.bind();
    expect(await bench.events()).toBe('BIND');
  });

  it('offers OS descriptors with the numbers of the interfaces', async () => {
    const descriptors: FunctionDescriptors = {
      high: [interfaceOf(0), interfaceOf(1)],
      os: [
        {
          type: 'compatible-ids',
          interface: 0,
          functions: [{ firstInterface: 1, compatibleId: 'WINUSB', subCompatibleId: 'X' }],
        },
        {
          type: 'properties',
          interface: 1,
          properties: [
            { dataType: 1, name: 'Label\0', data: new TextEncoder().encode('text\0') },
            { dataType: 3, name: 'Icon\0', data: Uint8Array.of(1, 0) },
          ],
        },
      ],
    };
    const bench = new Bench({ descriptors, osDescriptors: true });
    bench.mount = await bench.ffs.mount('loop');
    bench.ep0 = await bench.mount.openEp0({ nonblock: true });
    await bench.describe();
    await bench.gadget.bind();
    const table = bench.gadget.device.configurations[0]!.links[0]!.function.osDescriptors!();
    expect(table).toHaveLength(2);
    expect(table[0]).toEqual({ interfaceNumber: 0, compatibleId: new Uint8Array(16), properties: [] });
    expect(String.fromCharCode(...table[1]!.compatibleId!)).toBe('WINUSB\0\0X\0\0\0\0\0\0\0');
    expect(table[1]!.properties).toEqual([
      { type: 1, name: 'Label', data: 'text' },
      { type: 3, name: 'Icon', data: Uint8Array.of(1, 0) },
    ]);
  });
});

describe('selecting an alternate setting', () => {
  it.each([0, 1, 2])('works for %i, and is remembered', async (alternate) => {
    const bench = await Bench.configured();
    expect(bench.controller.setInterface(0, alternate)).toBeUndefined();
    const get = { requestType: 0x81, request: 10, value: 0, index: 0, length: 1 };
    expect((bench.controller.control(get) as { buffer: Uint8Array }).buffer[0]).toBe(alternate);
  });

  it('above 2 stalls with EINVAL', async () => {
    const bench = await Bench.configured();
    expect(bench.controller.setInterface(0, 3)).toBe('stall EINVAL');
  });

  it('disables and enables all endpoints: what was queued fails with ESHUTDOWN', async () => {
    const bench = await Bench.configured();
    const ep2 = await bench.open('ep2');
    const reading = ep2.read(new Uint8Array(4));
    bench.controller.setInterface(0, 0);
    await expect(reading).rejects.toThrow('ESHUTDOWN');
    expect(bench.controller.endpoint('ep2out').descriptor).toBeDefined();
  });

  it('that the controller refuses stalls, and the function is disabled again', async () => {
    const bench = await Bench.bound();
    bench.controller.endpoint('ep2out').refusal = { call: 'enable', code: 'EINVAL' };
    const answer = bench.controller.control({ requestType: 0, request: 9, value: 1, index: 0, length: 0 });
    expect(answer).toBe('stall EINVAL');
    expect(await bench.events()).toBe('DISABLE');
  });
});
