import { MOCK_FAULTS, mock } from '@gadgetloom/backend-mock';
import { isKernelError, SECOND, TRACE_SINK, TraceRecorder, VirtualClock } from '@gadgetloom/core';
import { UDMABUF } from '@gadgetloom/dmabuf';
import { DMA_BUF_MODEL } from '@gadgetloom/dmabuf/model';
import type { UsbFunction } from '@gadgetloom/udc';
import type { Faults } from '@gadgetloom/udc/faults';
import { FUNCTION_REGISTRY, FunctionRegistry } from '@gadgetloom/udc/model';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import { FakeKernel } from '../../test/fake-kernel.ts';
import { defineGadget } from '../definition/define-gadget.ts';
import { bulk, isochronous } from '../definition/endpoints.ts';
import { parseGadget } from '../definition/parse-gadget.ts';
import { composeStack } from './compose-stack.ts';
import { provide } from './provide.ts';
import type { StackEndpoint } from './stack-endpoint.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  product: 'Sample streamer',
  functions: { stream: { class: 0xff, endpoints: { samples: bulk.in(), commands: bulk.out() } } },
});

const open = (options: Partial<Parameters<typeof composeStack>[0]> = {}) =>
  composeStack({ ...options, gadget, backends: [mock()] });

/** The host's device, opened and with interface 0 claimed. */
async function hostOf(stack: Awaited<ReturnType<typeof open>>) {
  const device = await stack.host();
  await device.open();
  await device.claimInterface(0);
  return device;
}

describe('a stack', () => {
  it('sends a buffer to the host, and receives one', async () => {
    await using stack = await open();
    const host = await hostOf(stack);
    await using buffers = stack.allocate({ count: 2, size: 4096 });
    const [out, back] = [buffers.at(0), buffers.at(1)];
    out.bytes().fill(7);
    const [samples, commands] = [stack.endpoint('stream.samples'), stack.endpoint('stream.commands')];
    samples.attach(out);
    commands.attach(back);
    const fences = [samples.transfer(out, 4096), commands.transfer(back, 4096)];
    const sent = await host.transferIn(1, 4096);
    await host.transferOut(2, new Uint8Array(4096).fill(9));
    expect(await Promise.all(fences.map((fence) => fence.wait()))).toEqual([1, 1]);
    expect(new Uint8Array(sent.data!.buffer).every((byte) => byte === 7)).toBe(true);
    expect(back.bytes().every((byte) => byte === 9)).toBe(true);
  });

  it('knows its endpoints by name, with their direction', async () => {
    await using stack = await open();
    const samples = stack.endpoint('stream.samples');
    expectTypeOf(samples).toEqualTypeOf<StackEndpoint<'in'>>();
    expect(samples).toMatchObject({ gadgetName: 'stream.samples', name: 'ep1', direction: 'in', nonblock: true });
    expect(stack.endpoint('stream.commands').direction).toBe('out');
    // @ts-expect-error a typo does not compile
    expect(() => stack.endpoint('stream.sampels')).toThrow(
      'the gadget has no endpoint "stream.sampels"; it has stream.samples, stream.commands; did you mean "stream.samples"?',
    );
  });

  it('can be made of a gadget file, whose environment table chooses and configures the backend', async () => {
    const text = `
vendorId: 0x1d6b
productId: 0x0104
functions:
  stream: { endpoints: { samples: { type: bulk, direction: in } } }
environments:
  fast: { backend: mock, speed: super }
`;
    const env = { GADGETLOOM_ENV: 'fast' };
    const parsed = parseGadget(text, { file: 'streamer.yaml' });
    await using stack = await composeStack({ gadget: parsed, backends: [mock({ speed: 'full' })], env });
    await stack.enabled();
    expect([stack.backend, stack.controller.speed]).toEqual(['mock', 'super']);
    const samples = stack.endpoint('stream.samples');
    expectTypeOf(samples).toEqualTypeOf<StackEndpoint<'in' | 'out'>>();
    expect(samples.direction).toBe('in');
  });

  it('runs on the clock and tells the trace that it is given', async () => {
    const clock = new VirtualClock();
    const trace = new TraceRecorder();
    await using stack = await open({ clock, trace });
    await stack.enabled();
    expect([stack.clock, stack.trace]).toEqual([clock, trace]);
    expect(trace.events.map(({ source, what }) => `${source} ${what}`)).toContain('gadget open');
  });

  it('lets every piece be replaced', async () => {
    const trace = new TraceRecorder();
    await using stack = await open({ overrides: [provide(TRACE_SINK, () => trace)] });
    expect(stack.resolve(TRACE_SINK)).toBe(trace);
    expect(trace.events.length).toBeGreaterThan(0);
  });

  it('gives any other piece by its token', async () => {
    await using stack = await open();
    const memfd = stack.resolve(UDMABUF).memfd(4096, ['shrink']);
    expect(memfd.size).toBe(4096);
    memfd.close();
  });
});

describe('a gadget that cannot be opened', () => {
  const ids = { vendorId: 1, productId: 2 } as const;
  const text = `
vendorId: 1
productId: 2
functions:
  sound:
    endpoints:
      left: { type: isochronous, direction: in, packetSize: 64 }
  network: { kernel: ncm }
`;

  it('has an endpoint that the controller does not have', async () => {
    const sound = parseGadget(text, { file: 'sound.yaml' });
    await expect(composeStack({ gadget: sound, backends: [mock()] })).rejects.toThrow(
      'sound.yaml:7:13  endpoint "sound.left" (isochronous IN) has no place on the controller dummy_udc.0: it has no endpoint for isochronous IN;',
    );
  });

  it('has a function of the kernel that the backend does not know', async () => {
    const lines = text.split('\n').filter((line) => !/sound|endpoints|left/.test(line));
    const network = parseGadget(lines.join('\n'), { file: 'network.yaml' });
    const failure = await composeStack({ gadget: network, backends: [mock()] }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringMatching(
        /^network\.yaml:5:22 {2}function "network" is the Linux kernel's "ncm", which backend "mock" does not simulate; it simulates acm, gser.*\. Use one of these, or run the gadget on real Linux\.$/,
      ),
      cause: { code: 'ENOENT' },
    });
  });

  it('is wrong', async () => {
    const wrong = { ...ids, functions: { f: { endpoints: { e: isochronous.in({ packetSize: 2048 }) } } } };
    await expect(composeStack({ gadget: wrong, backends: [mock()] })).rejects.toThrow(
      'at high speed the limit is 1024',
    );
  });

  it('has nothing to run on', async () => {
    await expect(composeStack({ gadget })).rejects.toThrow(
      'the stack needs UsbDeviceController, which no plugin provides; no plugins were passed.',
    );
  });
});

describe('the host', () => {
  it('is the device as WebUSB has it, of simulated backends', async () => {
    await using stack = await open();
    expect((await stack.host()).productName).toBe('Sample streamer');
  });

  it('is not there otherwise', async () => {
    await using stack = await composeStack({ gadget, plugins: [new FakeKernel().plugin()] });
    await expect(stack.host()).rejects.toThrow('these plugins plugged the gadget into no simulated host');
    expect(() => stack.faults).toThrow('these plugins cannot inject faults');
  });

  it('configures the gadget: then it is enabled', async () => {
    await using stack = await open();
    await stack.enabled();
    expect(stack.controller.state).toBe('configured');
    await stack.enabled();
  });

  it('may never come: waiting for it ends with the stack', async () => {
    const stack = await open({ bind: false });
    const enabled = stack.enabled();
    await Promise.all([expect(enabled).rejects.toMatchObject({ code: 'ESHUTDOWN' }), stack.close()]);
    await expect(stack.enabled()).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });
});

describe('a function of the kernel', () => {
  it('runs on a backend that knows it, with its attributes', async () => {
    const attributes: unknown[] = [];
    const registry = new FunctionRegistry();
    registry.register('acm', (instance, given) => {
      attributes.push(instance, given);
      return { function: new NoFunction(), release: () => {} };
    });
    const serial = { vendorId: 1, productId: 2, functions: { serial: { kernel: 'acm', attributes: { protocol: 1 } } } };
    const overrides = [provide(FUNCTION_REGISTRY, () => registry)];
    await using stack = await composeStack({ gadget: serial, backends: [mock()], overrides });
    await stack.enabled();
    expect([attributes, stack.endpoints]).toEqual([['serial', { protocol: '1' }], []]);
    expect(stack.controller.state).toBe('configured');
  });
});

/** A function that has nothing to show. */
class NoFunction implements UsbFunction {
  readonly name = 'acm.serial';
  bind(): void {}
  unbind(): void {}
  disable(): void {}
  descriptors = (): Uint8Array => new Uint8Array(0);
  setAlternate = (): number => 0;
}

describe('faults', () => {
  it('are those of the mock backend, under a name that needs no import', async () => {
    await using stack = await open();
    expectTypeOf(stack.resolve(MOCK_FAULTS)).toExtend<Faults>();
    expect(stack.faults).toBe(stack.resolve(MOCK_FAULTS));
  });

  it('happen to transfers', async () => {
    await using stack = await open();
    await stack.enabled();
    await using buffers = stack.allocate({ count: 1, size: 4096 });
    const samples = stack.endpoint('stream.samples');
    samples.attach(buffers.at(0));
    const fence = samples.transfer(buffers.at(0), 4096);
    stack.faults.disconnectAfter({ microframes: 3 });
    expect(await fence.wait()).toBe(-108);
  });
});

describe('buffers', () => {
  it('are as many as were asked for, of the size that was asked for', async () => {
    await using stack = await open();
    await using buffers = stack.allocate({ count: 3, size: 5000, name: 'frame' });
    expect([...buffers].map(({ size, name, exporterName }) => `${name} ${size} ${exporterName}`)).toEqual(
      Array.from({ length: 3 }, () => 'frame 8192 mock'),
    );
    expect([buffers.count, buffers.at(-1).fd !== -1]).toEqual([3, true]);
  });

  it.each([
    [{ count: 0, size: 4096 }, 'count is 0; allowed is a whole number from 1 on.'],
    [{ count: 1, size: 0 }, 'size is 0; allowed is a whole number from 1 on.'],
    [{ count: 1.5, size: 1 }, 'count is 1.5; allowed is a whole number from 1 on.'],
    [{ count: 1, size: Number.NaN }, 'size is NaN; allowed is a whole number from 1 on.'],
  ])('%j are refused', async (options, message) => {
    await using stack = await open();
    expect(() => stack.allocate(options)).toThrow(message);
  });

  it('are taken by index, or one after the other', async () => {
    await using stack = await open();
    await using buffers = stack.allocate({ count: 2, size: 4096 });
    expect([...buffers]).toEqual([buffers.at(0), buffers.at(-1)]);
    expect(() => buffers.at(2)).toThrow('there is no buffer 2; this set has 2.');
    expect('length' in buffers, 'RxJS would take the set for an array').toBe(false);
  });

  it('are all there or none is', async () => {
    await using stack = await open();
    stack.faults.outOfMemory({ after: { calls: 2 } });
    expect(() => stack.allocate({ count: 4, size: 4096 })).toThrow(expect.objectContaining({ code: 'ENOMEM' }));
    expect(stack.resolve(DMA_BUF_MODEL).statistics().buffers).toEqual([]);
  });

  it('are detached and closed when they are disposed of, also in mid-transfer', async () => {
    await using stack = await open();
    await stack.enabled();
    const buffers = stack.allocate({ count: 1, size: 4096 });
    const samples = stack.endpoint('stream.samples');
    samples.attach(buffers.at(0));
    const fence = samples.transfer(buffers.at(0), 4096);
    await buffers.close();
    await buffers.close();
    expect([await fence.wait(), buffers.at(0).fd]).toEqual([-104, -1]);
    expect(stack.resolve(DMA_BUF_MODEL).statistics().buffers).toEqual([]);
  });
});

describe('closing', () => {
  it('ends every transfer, closes every buffer and leaves nothing behind', async () => {
    const stack = await open();
    await stack.enabled();
    const model = stack.resolve(DMA_BUF_MODEL);
    const buffers = stack.allocate({ count: 6, size: 4096 });
    const endpoints = [stack.endpoint('stream.samples'), stack.endpoint('stream.commands')];
    const fences = [...buffers].map((buffer, index) => {
      const endpoint = endpoints[index % 2]!;
      endpoint.attach(buffer);
      endpoint.attach(buffer);
      return endpoint.transfer(buffer, 4096);
    });
    await stack.close();
    expect(fences.map(({ status }) => status)).toEqual(fences.map(() => -108));
    expect([...buffers].map(({ fd }) => fd)).toEqual([-1, -1, -1, -1, -1, -1]);
    expect([model.statistics().buffers, model.files.count]).toEqual([[], 0]);
    expect(stack.controller.function).toBeUndefined();
    expect(endpoints.map(({ fd }) => fd)).toEqual([-1, -1]);
  });

  it('ends reads and writes that wait', async () => {
    const stack = await open({ bind: false });
    const samples = stack.endpoint('stream.samples');
    samples.nonblock = false;
    const write = samples.write(new Uint8Array(4));
    await Promise.all([expect(write).rejects.toSatisfy((error) => isKernelError(error)), stack.close()]);
  });

  it('refuses whatever comes later', async () => {
    const stack = await open();
    await stack.enabled();
    const samples = stack.endpoint('stream.samples');
    const buffers = stack.allocate({ count: 1, size: 4096 });
    const closing = stack.close();
    expect(() => stack.allocate({ count: 1, size: 1 })).toThrow(expect.objectContaining({ code: 'ESHUTDOWN' }));
    await closing;
    expect(() => samples.transfer(buffers.at(0), 1)).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    expect(() => samples.attach(buffers.at(0))).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    await expect(samples.write(new Uint8Array(1))).rejects.toMatchObject({ code: 'ENODEV' });
    await expect(samples.endpointDescriptor()).rejects.toMatchObject({ code: 'ENODEV' });
    expect(() => samples.detach(buffers.at(0)), 'nothing is attached any more').not.toThrow();
  });

  it('is found by requestDevice as soon as it is enabled', async () => {
    await using stack = await open();
    await stack.enabled();
    const device = await stack.resolve(VIRTUAL_HOST).usb.requestDevice({ filters: [{ vendorId: 0x1d6b }] });
    expect(device.productName).toBe('Sample streamer');
  });

  it('tells of transfers that never complete', async () => {
    const stack = await open();
    await stack.enabled();
    const samples = stack.endpoint('stream.samples');
    const settle = vi.spyOn(samples, 'settle').mockResolvedValue(1);
    await expect(stack.close()).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: expect.stringContaining('transfers that were cancelled have not completed: 1 of stream.samples.'),
    });
    expect(settle).toHaveBeenCalledWith(5 * SECOND);
  });

  it('works in the middle of an unplug', async () => {
    const stack = await open();
    await stack.enabled();
    stack.faults.disconnect();
    await stack.close();
    expect(stack.controller.function).toBeUndefined();
  });
});
