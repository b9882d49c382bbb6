import { describe, expect, it } from 'vitest';
import { Bench } from '../../test/bench.ts';
import { loopback } from '../../test/functions.ts';
import { encodeDescriptors, encodeStrings } from '../index.ts';
import { EventFd } from './event-fd.ts';

describe('which events there are', () => {
  it('BIND when the function was bound', async () => {
    const bench = await Bench.active();
    expect(await bench.events()).toBe('EAGAIN');
    await bench.gadget.bind();
    expect(await bench.events()).toBe('BIND');
  });

  it('ENABLE when the host has configured the device; a late reader sees nothing else', async () => {
    const bench = await Bench.bound();
    bench.controller.configure();
    expect(await bench.events()).toBe('ENABLE');
  });

  it('DISABLE when the host deconfigures it, resets it, or goes', async () => {
    const bench = await Bench.configured();
    bench.controller.configure(0);
    expect(await bench.events()).toBe('DISABLE');
    bench.controller.configure();
    bench.controller.core?.reset();
    expect(await bench.events()).toBe('DISABLE');
    bench.controller.configure();
    bench.controller.gadgetDriver?.disconnect();
    expect(await bench.events()).toBe('DISABLE');
  });

  it('SUSPEND and RESUME, while the device is configured', async () => {
    const bench = await Bench.bound();
    bench.controller.gadgetDriver?.suspend();
    expect(await bench.events()).toBe('BIND');
    bench.controller.configure();
    bench.controller.gadgetDriver?.suspend();
    expect(await bench.events()).toBe('ENABLE SUSPEND');
    bench.controller.gadgetDriver?.suspend();
    bench.controller.gadgetDriver?.resume();
    expect(await bench.events()).toBe('RESUME');
  });

  it('UNBIND alone when a configured gadget is unbound: it drops the DISABLE before it', async () => {
    const bench = await Bench.configured();
    await bench.gadget.unbind();
    expect(await bench.events()).toBe('UNBIND');
  });

  it('DISABLE and UNBIND when it is read in between', async () => {
    const bench = await Bench.configured();
    await bench.udc.disconnect();
    expect(await bench.events()).toBe('DISABLE');
    await bench.gadget.unbind();
    expect(await bench.events()).toBe('UNBIND');
  });

  it('one ENABLE for every interface that is set', async () => {
    const bench = await Bench.configured();
    expect(bench.controller.setInterface(0, 1)).toBeUndefined();
    expect(await bench.events()).toBe('ENABLE');
  });
});

describe('an eventfd', () => {
  it('that the descriptors name counts the events; closing it does not disturb them', async () => {
    const bench = await Bench.mounted();
    const eventfd = new EventFd(bench.dmabuf.files);
    await bench.ep0.write(encodeDescriptors({ ...loopback, eventfd: eventfd.fd }));
    await bench.ep0.write(encodeStrings([{ language: 0x409, strings: ['loopbk'] }]));
    expect(() => eventfd.read()).toThrow('EAGAIN');
    const ready = eventfd.ready();
    await bench.gadget.bind();
    await ready;
    bench.controller.configure();
    expect(eventfd.read()).toBe(2);
    eventfd.close();
    eventfd.close();
    bench.controller.configure(0);
    expect(() => eventfd.read()).toThrow('EBADF');
  });
});
