import { isKernelError } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, settle, soFar } from '../../test/bench.ts';

describe('opening ep0', () => {
  it('is allowed any number of times', async () => {
    const bench = await Bench.mounted();
    await bench.mount.openEp0();
    await bench.describe();
    expect(await outcome(() => bench.mount.openEp0())).toBe('0');
  });

  it('needs a free descriptor: EMFILE', async () => {
    const bench = await Bench.mounted();
    while (bench.dmabuf.files.count < 1021) bench.dmabuf.files.open({});
    expect(await outcome(() => bench.mount.openEp0())).toBe('EMFILE');
  });

  it('waits for a call on ep0 that is in progress, or fails with EAGAIN', async () => {
    const bench = await Bench.configured();
    bench.controller.control({ requestType: 0xc1, request: 1, value: 0, index: 0, length: 4 });
    await bench.events();
    const writing = bench.ep0.write(new Uint8Array(4));
    await settle();
    expect(await outcome(() => bench.mount.openEp0({ nonblock: true }))).toBe('EAGAIN');
    expect(await outcome(() => bench.mount.openEndpoint('ep1', { nonblock: true }))).toBe('EAGAIN');
    const opening = bench.mount.openEp0();
    expect(await soFar(opening)).toBe('pending');
    bench.controller.ep0.finish();
    await writing;
    expect(await soFar(opening)).toBe('0');
  });
});

describe('opening an endpoint', () => {
  it('needs neither a bound gadget nor an enabled endpoint', async () => {
    const bench = await Bench.active();
    const ep1 = await bench.open('ep1');
    expect(ep1).toMatchObject({ name: 'ep1', direction: 'in', nonblock: false });
    expect((await bench.open('ep2', true)).nonblock).toBe(true);
  });

  it('fails with ENOENT for a file that is not there', async () => {
    const bench = await Bench.mounted();
    expect(await outcome(() => bench.open('ep1'))).toBe('ENOENT');
    await bench.describe();
    expect(await outcome(() => bench.open('ep5'))).toBe('ENOENT');
  });

  it('fails with ENODEV if the file was removed while it waited', async () => {
    const bench = await Bench.configured();
    const other = await bench.mount.openEp0({ nonblock: true });
    bench.controller.control({ requestType: 0xc1, request: 1, value: 0, index: 0, length: 4 });
    await other.read(new Uint8Array(12));
    const writing = outcome(() => other.write(new Uint8Array(4)));
    await settle();
    const opening = outcome(() => bench.open('ep1'));
    bench.ep0.close();
    other.close();
    await bench.gadget.unbind();
    expect(await writing).toBe('ECONNRESET');
    expect(await opening).toBe('ENODEV');
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
  });
});

describe('closing the last file', () => {
  it('unregisters the gadget before it returns, and waits for descriptors again', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    bench.ep0.close();
    expect(bench.gadget.bound).toBe(true);
    ep1.close();
    expect(bench.gadget.bound).toBe(false);
    expect(bench.controller.speed).toBeUndefined();
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
    bench.ep0 = await bench.mount.openEp0({ nonblock: true });
    await bench.describe();
    await bench.gadget.bind();
    expect(await bench.events()).toBe('BIND');
  });

  it('twice is harmless', async () => {
    const bench = await Bench.active();
    bench.ep0.close();
    bench.ep0.close();
    bench.ep0[Symbol.dispose]();
    expect(bench.ep0.fd).toBe(-1);
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
  });

  it('happens when the last call has returned, as in the kernel', async () => {
    const bench = await Bench.configured();
    const ep2 = await bench.open('ep2');
    const reading = ep2.read(new Uint8Array(4));
    await settle();
    ep2.close();
    bench.ep0.close();
    expect(bench.gadget.bound).toBe(true);
    bench.controller.endpoint('ep2out').hostWrites(Uint8Array.of(1, 2, 3));
    expect(await reading).toBe(3);
    await settle();
    expect(bench.gadget.bound).toBe(false);
    expect(await outcome(() => ep2.read(new Uint8Array(4)))).toBe('EBADF');
  });

  it('by disposing interrupts calls in progress', async () => {
    const bench = await Bench.active();
    const ep2 = await bench.open('ep2');
    const waiting = outcome(() => ep2.read(new Uint8Array(4)));
    await settle();
    ep2[Symbol.dispose]();
    expect(await waiting).toBe('EINTR');
  });
});

describe('with no_disconnect, closing the last file', () => {
  const mount = { noDisconnect: true };

  it('removes the endpoint files and leaves the gadget bound', async () => {
    const bench = await Bench.configured({ mount });
    bench.ep0.close();
    expect(bench.mount.state).toBe('DEACTIVATED');
    expect(bench.gadget.bound).toBe(true);
    expect(await bench.mount.files()).toEqual(['ep0']);
  });

  it('stalls a control request that waits for its answer', async () => {
    const bench = await Bench.configured({ mount });
    bench.controller.control({ requestType: 0xc1, request: 1, value: 0, index: 0, length: 4 });
    expect(await bench.events()).toBe('SETUP');
    expect(bench.controller.ep0.halted).toBe(false);
    bench.ep0.close();
    expect(bench.controller.ep0.halted).toBe(true);
  });

  it.each([
    ['SET_CONFIGURATION', 0, 9, 1],
    ['SET_INTERFACE', 1, 11, 0],
  ])('makes a later %s stall, and the gadget is unregistered soon after', async (_, requestType, request, value) => {
    const bench = await Bench.configured({ mount });
    bench.ep0.close();
    const answer = bench.controller.control({ requestType, request, value, index: 0, length: 0 });
    expect(answer).toBe('stall ENODEV');
    expect(bench.mount.state).toBe('CLOSING');
    expect(bench.gadget.bound).toBe(true);
    expect(await outcome(() => bench.mount.openEp0())).toBe('EBUSY');
    await settle();
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
    expect(bench.gadget.bound).toBe(false);
  });

  it('makes a later disable do the same', async () => {
    const bench = await Bench.configured({ mount });
    bench.ep0.close();
    bench.controller.gadgetDriver?.disconnect();
    expect(bench.mount.state).toBe('CLOSING');
    await settle();
    expect(bench.gadget.bound).toBe(false);
  });

  it('resets everything at the next open', async () => {
    const bench = await Bench.active({ mount });
    bench.ep0.close();
    expect(bench.mount.state).toBe('DEACTIVATED');
    bench.ep0 = await bench.mount.openEp0({ nonblock: true });
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
    await bench.describe();
    expect(bench.hazards).toEqual([]);
  });

  it('and opening while bound would deadlock in the kernel: here it unregisters the gadget and is traced', async () => {
    const bench = await Bench.configured({ mount });
    bench.ep0.close();
    bench.ep0 = await bench.mount.openEp0();
    expect(bench.mount.state).toBe('READ_DESCRIPTORS');
    expect(bench.gadget.bound).toBe(false);
    expect(bench.hazards).toEqual(['open ep0']);
  });
});

describe('unbinding', () => {
  it('keeps the state, the files and the descriptors: a new bind works at once', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1', true);
    await bench.gadget.unbind();
    expect(bench.mount.state).toBe('ACTIVE');
    expect(await bench.events()).toBe('UNBIND');
    expect(await outcome(() => ep1.write(new Uint8Array(1)))).toBe('EAGAIN');
    await bench.gadget.bind();
    expect(await bench.events()).toBe('BIND');
    bench.controller.configure();
    expect(await bench.events()).toBe('ENABLE');
    expect(bench.controller.endpoint('ep1in').descriptor).toMatchObject({ address: 0x81, maxPacketSize: 512 });
  });

  it('does not wake those who wait for the endpoint to be enabled; a later enable does', async () => {
    const bench = await Bench.bound();
    const ep2 = await bench.open('ep2');
    const reading = ep2.read(new Uint8Array(4));
    await bench.gadget.unbind();
    expect(await soFar(reading)).toBe('pending');
    await bench.gadget.bind();
    expect(await soFar(reading)).toBe('pending');
    bench.controller.configure();
    await settle();
    bench.controller.endpoint('ep2out').hostWrites(Uint8Array.of(7));
    expect(await reading).toBe(1);
  });
});

describe('every call on a closed file', () => {
  it('fails with EBADF', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    ep1.close();
    const buffer = bench.allocate();
    const calls: (() => unknown)[] = [
      () => ep1.read(new Uint8Array(1)),
      () => ep1.write(new Uint8Array(1)),
      () => ep1.attach(buffer),
      () => ep1.attachBlocking(buffer),
      () => ep1.detach(buffer),
      () => ep1.transfer(buffer, 1),
      () => ep1.transferBlocking(buffer, 1),
      () => ep1.fifoStatus(),
    ];
    for (const call of calls) expect(await outcome(call)).toBe('EBADF');
    bench.ep0.close();
    expect(() => bench.ep0.poll(1)).toThrow(expect.toSatisfy((error) => isKernelError(error, 'EBADF')));
    expect(await outcome(() => bench.ep0.read(new Uint8Array(12)))).toBe('EBADF');
    expect(await outcome(() => bench.ep0.write(new Uint8Array(12)))).toBe('EBADF');
    expect(await outcome(() => bench.ep0.ready(1))).toBe('EBADF');
  });
});
