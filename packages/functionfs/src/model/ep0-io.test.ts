import { Errno, POLLIN, POLLOUT, SECOND } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, settle, soFar } from '../../test/bench.ts';
import { loopback } from '../../test/functions.ts';

/** Vendor requests to interface 0. */
const IN = { requestType: 0xc1, request: 0x51, value: 1, index: 0, length: 4 };
const OUT = { requestType: 0x41, request: 0x52, value: 2, index: 0, length: 4 };

/** Brings the control request of an instance into a state. */
const STATES = {
  NO_SETUP: async () => {},
  'PENDING IN': async (bench: Bench) => {
    bench.controller.control(IN);
    await bench.events();
  },
  'PENDING OUT': async (bench: Bench) => {
    bench.controller.control(OUT);
    await bench.events();
  },
  CANCELLED: async (bench: Bench) => {
    bench.controller.control(IN);
    await bench.events();
    bench.controller.control(OUT);
  },
} as const;
type State = keyof typeof STATES;

describe('a call on ep0, by the state of the control request', () => {
  it.each<[State, 'read' | 'write', string]>([
    ['NO_SETUP', 'read', 'EAGAIN'],
    ['NO_SETUP', 'write', 'ESRCH'],
    ['PENDING IN', 'read', 'EL2HLT'],
    ['PENDING IN', 'write', 'queued'],
    ['PENDING OUT', 'read', 'queued'],
    ['PENDING OUT', 'write', 'EL2HLT'],
    ['CANCELLED', 'read', 'EIDRM'],
    ['CANCELLED', 'write', 'EIDRM'],
  ])('%s, %s: %s', async (state, call, expected) => {
    const bench = await Bench.configured();
    await STATES[state](bench);
    const { ep0 } = bench.controller;
    const result = soFar(bench.ep0[call](new Uint8Array(16)));
    if (expected !== 'queued') {
      expect(await result).toBe(expected);
      expect(ep0.halted).toBe(expected === 'EL2HLT');
      expect(ep0.requests).toEqual([]);
      return;
    }
    expect(await result).toBe('pending');
    expect(ep0.requests[0]).toMatchObject({ length: 4, zero: false });
    ep0.finish();
    await settle();
    expect(await outcome(() => bench.ep0.write(new Uint8Array(4)))).toBe('ESRCH');
  });

  it.each(['read', 'write'] as const)('is told EIDRM only once: %s', async (call) => {
    const bench = await Bench.configured();
    await STATES.CANCELLED(bench);
    expect(await outcome(() => bench.ep0[call](new Uint8Array(12)))).toBe('EIDRM');
    expect(await bench.events()).toBe('SETUP');
  });

  it.each([
    ['READ_DESCRIPTORS', POLLOUT],
    ['READ_STRINGS', POLLOUT],
    ['NO_SETUP', 0],
    ['NO_SETUP, events', POLLIN],
    ['PENDING IN', POLLIN | POLLOUT],
    ['CANCELLED', POLLIN | POLLOUT],
    ['an answer under way', 0],
  ])('poll: %s', async (state, expected) => {
    const bench = state.startsWith('READ') ? await Bench.mounted() : await Bench.configured();
    if (state === 'READ_STRINGS') await outcome(() => bench.describe());
    if (state === 'READ_STRINGS') bench.ep0.close();
    if (state === 'READ_STRINGS') bench.ep0 = await bench.mount.openEp0();
    if (state.includes('events')) bench.controller.configure();
    if (state in STATES) await STATES[state as State](bench);
    if (state === 'an answer under way') {
      await STATES['PENDING IN'](bench);
      void bench.ep0.write(new Uint8Array(4));
    }
    expect(bench.ep0.poll(POLLIN | POLLOUT)).toBe(expected);
    expect(bench.ep0.poll(POLLIN)).toBe(expected & POLLIN);
  });
});

describe('reading events', () => {
  it('gives as many as there is room for', async () => {
    const bench = await Bench.configured();
    bench.controller.gadgetDriver?.suspend();
    bench.controller.configure();
    expect(await outcome(() => bench.ep0.read(new Uint8Array(11)))).toBe('EINVAL');
    expect(await bench.ep0.read(new Uint8Array(23))).toBe(12);
    expect(await bench.ep0.read(new Uint8Array(100))).toBe(12);
  });

  it('needs room for one even when there is none: EINVAL before EAGAIN', async () => {
    const bench = await Bench.configured();
    expect(await outcome(() => bench.ep0.read(new Uint8Array(0)))).toBe('EINVAL');
  });

  it('waits for one without O_NONBLOCK, and each reader gets an event of its own', async () => {
    const bench = await Bench.configured();
    bench.ep0.nonblock = false;
    const first = bench.ep0.read(new Uint8Array(12));
    const second = bench.ep0.read(new Uint8Array(12));
    expect(await soFar(first)).toBe('pending');
    bench.controller.configure();
    expect(await soFar(first)).toBe('12');
    expect(await soFar(second)).toBe('pending');
    bench.controller.configure();
    expect(await soFar(second)).toBe('12');
  });
});

describe('answering a control request', () => {
  it('sends what is written, and a short answer ends with a short or an empty packet', async () => {
    const bench = await Bench.configured();
    bench.controller.control({ ...IN, length: 8 });
    await bench.events();
    const bytes = Uint8Array.of(1, 2, 3);
    const writing = bench.ep0.write(bytes);
    bytes.fill(0);
    const [request] = bench.controller.ep0.requests;
    expect(request).toMatchObject({ length: 3, zero: true });
    expect([...request!.buffer!]).toEqual([1, 2, 3]);
    bench.controller.ep0.finish();
    expect(await writing).toBe(3);
  });

  it('sends at most what the host asked for', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    const writing = bench.ep0.write(new Uint8Array(100));
    bench.controller.ep0.finish();
    expect(await writing).toBe(4);
  });

  it('receives what the host sends, up to the room that there is', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING OUT'](bench);
    const into = new Uint8Array(3);
    const reading = bench.ep0.read(into);
    expect(bench.controller.ep0.requests[0]).toMatchObject({ length: 3, zero: true });
    bench.controller.ep0.hostWrites(Uint8Array.of(5, 6));
    expect(await reading).toBe(2);
    expect([...into]).toEqual([5, 6, 0]);
  });

  it('without data waits with the status stage until it is read or written', async () => {
    const bench = await Bench.configured();
    expect(bench.controller.control({ ...OUT, length: 0 })).toBe('delayed');
    expect(await bench.events()).toBe('SETUP');
    const reading = bench.ep0.read(new Uint8Array(0));
    expect(bench.controller.ep0.requests[0]).toMatchObject({ length: 0, zero: false });
    bench.controller.ep0.finish();
    expect(await reading).toBe(0);
  });

  it('waits whatever O_NONBLOCK says, and others get EAGAIN or wait meanwhile', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    const writing = bench.ep0.write(new Uint8Array(4));
    expect(await soFar(writing)).toBe('pending');
    expect(await outcome(() => bench.ep0.read(new Uint8Array(12)))).toBe('EAGAIN');
    const patient = await bench.mount.openEp0({ nonblock: true }).catch(() => undefined);
    expect(patient).toBeUndefined();
    bench.controller.ep0.finish();
    expect(await soFar(writing)).toBe('4');
  });

  it('fails as the transfer did, and is over then', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    const writing = outcome(() => bench.ep0.write(new Uint8Array(4)));
    bench.controller.ep0.finish(-Errno.ESHUTDOWN, 0);
    expect(await writing).toBe('ESHUTDOWN');
    expect(await outcome(() => bench.ep0.write(new Uint8Array(4)))).toBe('ESRCH');
  });

  it('that cannot be queued fails with that errno, and may be tried again', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    bench.controller.ep0.refusal = { call: 'queue', code: 'ENOMEM' };
    expect(await outcome(() => bench.ep0.write(new Uint8Array(4)))).toBe('ENOMEM');
    const writing = bench.ep0.write(new Uint8Array(4));
    bench.controller.ep0.finish();
    expect(await writing).toBe(4);
  });

  it('is cancelled by unbinding: ECONNRESET', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    const writing = outcome(() => bench.ep0.write(new Uint8Array(4)));
    await bench.gadget.unbind();
    expect(await writing).toBe('ECONNRESET');
    expect(await bench.events()).toBe('UNBIND');
  });

  it('is not possible once unbound: the UNBIND has cancelled it', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    await bench.gadget.unbind();
    expect(await outcome(() => bench.ep0.write(new Uint8Array(4)))).toBe('EIDRM');
  });

  it('ends with EINTR when the file is disposed, and may be given through another file', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    const other = await bench.mount.openEp0();
    const writing = outcome(() => bench.ep0.write(new Uint8Array(4)));
    bench.ep0[Symbol.dispose]();
    expect(await writing).toBe('EINTR');
    expect(other.poll(POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
  });
});

describe('forwarding control requests', () => {
  const interfaces = [{ ...loopback.high![0]!, number: 2, string: 0 }, ...loopback.high!.slice(1)] as never;
  const setupOf = async (bench: Bench): Promise<number[]> => {
    const bytes = new Uint8Array(12);
    await bench.ep0.read(bytes);
    return [bytes[0]!, bytes[1]!, bytes[4]! | (bytes[5]! << 8)];
  };

  it('gives the number of the interface as the function knows it', async () => {
    const bench = await Bench.configured({ descriptors: { high: interfaces } });
    bench.controller.control(IN);
    expect(await setupOf(bench)).toEqual([0xc1, 0x51, 2]);
    expect(await bench.ep0.interfaceRevmap(0)).toBe(2);
    expect(await outcome(() => bench.ep0.interfaceRevmap(1))).toBe('EDOM');
  });

  it('gives the number of the endpoint file, or with VIRTUAL_ADDR the address that was written', async () => {
    const bench = await Bench.configured();
    bench.controller.control({ ...IN, requestType: 0xc2, index: 0x86 });
    expect(await setupOf(bench)).toEqual([0xc2, 0x51, 3]);
    const virtual = await Bench.bound({ descriptors: { ...loopback, virtualAddress: true, config0Setup: true } });
    await virtual.events();
    virtual.controller.control({ ...IN, requestType: 0xc2, index: 0x86 });
    expect(await setupOf(virtual)).toEqual([0xc2, 0x51, 0x83]);
  });

  it('to the device only with ALL_CTRL_RECIP, as they are', async () => {
    const bench = await Bench.configured();
    expect(bench.controller.control({ ...IN, requestType: 0xc0 })).toBe('stall EOPNOTSUPP');
    const all = await Bench.configured({ descriptors: { ...loopback, allControlRecipients: true } });
    all.controller.control({ ...IN, requestType: 0xc3, index: 0x1234 });
    expect(await setupOf(all)).toEqual([0xc3, 0x51, 0x1234]);
  });

  it('to an interface or endpoint that is not ours stalls', async () => {
    const bench = await Bench.configured();
    expect(bench.controller.control({ ...IN, index: 1 })).toBe('stall EDOM');
    expect(bench.controller.control({ ...IN, requestType: 0xc2, index: 0x85 })).toBe('stall EDOM');
  });

  it('before the configuration only with CONFIG0_SETUP', async () => {
    const bench = await Bench.bound();
    expect(bench.controller.control(IN)).toBe('stall EOPNOTSUPP');
    const early = await Bench.bound({ descriptors: { ...loopback, config0Setup: true } });
    await early.events();
    early.controller.control(IN);
    expect(await early.events()).toBe('SETUP');
  });

  it('has no map of interfaces while the host has not configured the device', async () => {
    const bench = await Bench.bound();
    expect(await outcome(() => bench.ep0.interfaceRevmap(0))).toBe('ENODEV');
  });
});

describe('waiting for ep0', () => {
  it('resolves when an event comes, or with 0 when the time is up', async () => {
    const bench = await Bench.configured();
    const ready = bench.ep0.ready(POLLIN);
    expect(await soFar(ready)).toBe('pending');
    bench.controller.configure();
    expect(await ready).toBe(POLLIN);
    await bench.events();
    const before = bench.clock.now();
    expect(await bench.ep0.ready(POLLIN, 2 * SECOND)).toBe(0);
    expect(bench.clock.now() - before).toBe(2 * SECOND);
    expect(await bench.ep0.ready(POLLIN, 0)).toBe(0);
  });

  it('waits for an answer that is under way, unless O_NONBLOCK', async () => {
    const bench = await Bench.configured();
    await STATES['PENDING IN'](bench);
    void bench.ep0.write(new Uint8Array(4));
    bench.ep0.nonblock = false;
    const ready = bench.ep0.ready(POLLIN | POLLOUT, 0);
    expect(await soFar(ready)).toBe('pending');
    bench.controller.ep0.finish();
    expect(await ready).toBe(0);
  });

  it('ends with EINTR when the file is disposed', async () => {
    const bench = await Bench.configured();
    const ready = outcome(() => bench.ep0.ready(POLLIN));
    await settle();
    bench.ep0[Symbol.dispose]();
    expect(await ready).toBe('EINTR');
  });
});
