import { Errno } from '@gadgetloom/core';
import { endpointDescriptor, hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

describe('enabling an endpoint', () => {
  const sizes = [
    ['bulk', 'ep1in-bulk', 'full', [8, 16, 32, 64], [0, 7, 63, 512]],
    ['bulk', 'ep1in-bulk', 'high', [512], [64, 511, 1024]],
    ['bulk', 'ep1in-bulk', 'super', [1024], [512]],
    ['interrupt', 'ep5in-int', 'full', [0, 8, 64], [65]],
    ['interrupt', 'ep5in-int', 'high', [8, 64, 1024], [1025]],
    ['interrupt', 'ep-bin', 'super', [1024], [1025]],
    ['isochronous', 'ep-bin', 'high', [1024], [1025]],
  ] as const;
  it.each(sizes)(
    'for %s transfers, %s at %s speed takes packets of %j bytes, not of %j',
    (type, name, speed, good, bad) => {
      for (const size of good) {
        const endpoint = new ControllerRig({ speed }).connect().endpoint(name);
        expect(() => endpoint.enable(endpointDescriptor(0x81, size, type))).not.toThrow();
      }
      for (const size of bad) {
        const endpoint = new ControllerRig({ speed }).connect().endpoint(name);
        expect(() => endpoint.enable(endpointDescriptor(0x81, size, type))).toThrow('EINVAL');
      }
    },
  );

  it.each([
    ['ep5in-int', 'bulk'],
    ['ep1in-bulk', 'isochronous'],
    ['ep5in-int', 'isochronous'],
    ['ep1in-bulk', 'control'],
  ] as const)('%s is not for %s transfers', (name, type) => {
    const endpoint = new ControllerRig().connect().endpoint(name);
    expect(() => endpoint.enable(endpointDescriptor(0x81, 512, type))).toThrow(/EINVAL.*cannot do/);
  });

  it('serves interrupt transfers on a bulk endpoint', () => {
    new ControllerRig().connect().enable('ep1in-bulk', 0x81, 64, 'interrupt');
  });

  it('needs a host: before the reset, and after the cable is gone, it is ESHUTDOWN', () => {
    const rig = new ControllerRig();
    expect(() => rig.enable('ep1in-bulk', 0x81)).toThrow('ESHUTDOWN');
    rig.bind();
    expect(() => rig.enable('ep1in-bulk', 0x81)).toThrow('ESHUTDOWN');
    rig.controller.reset();
    rig.controller.unplug();
    expect(() => rig.enable('ep1in-bulk', 0x81)).toThrow('ESHUTDOWN');
  });

  it('is not done twice, nor undone twice, nor at all for endpoint 0', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    expect(() => endpoint.enable(endpointDescriptor(0x81, 512))).toThrow('EINVAL');
    endpoint.disable();
    expect(() => endpoint.disable()).toThrow('EINVAL');
    expect(() => rig.controller.ep0.enable(endpointDescriptor(0, 64))).toThrow('EINVAL');
    expect(() => rig.controller.ep0.disable()).toThrow('EINVAL');
  });

  it('with streams is for bulk only', () => {
    const rig = new ControllerRig({ speed: 'super' }).connect();
    const companion = { maxBurst: 0, attributes: 4, bytesPerInterval: 0 };
    expect(() => rig.endpoint('ep5in-int').enable(endpointDescriptor(0x85, 64, 'interrupt'), companion)).toThrow(
      'EINVAL',
    );
    rig.endpoint('ep1in-bulk').enable(endpointDescriptor(0x81, 1024), companion);
  });

  it('at an address that is taken leaves it to the endpoint that comes first in the list', () => {
    const rig = new ControllerRig().connect();
    const late = rig.enable('ep-bin', 0x81);
    const first = rig.enable('ep1in-bulk', 0x81);
    const [a, b] = [new WatchedRequest(pattern(512, 1)), new WatchedRequest(pattern(512, 2))];
    late.queue(a);
    first.queue(b);
    expect(rig.in(1, hostTransfer(512))).toBe('ACK');
    expect([a.outcomes, b.outcomes]).toEqual([[], ['ok 512']]);
    first.disable();
    expect(rig.in(1, hostTransfer(512))).toBe('ACK');
    expect(a.outcomes).toEqual(['ok 512']);
  });

  it('gives it an answer: before and after, the host hears nothing', () => {
    const rig = new ControllerRig().connect();
    expect(rig.out(2, hostTransfer(512))).toBe('TIMEOUT');
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    expect(rig.out(2, hostTransfer(512))).toBe('NAK');
    expect(rig.in(2, hostTransfer(512))).toBe('TIMEOUT');
    endpoint.disable();
    expect(rig.out(2, hostTransfer(512))).toBe('TIMEOUT');
  });
});

describe('queueing a request', () => {
  it('never completes it inside the call, and tells the bus', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    rig.bus.told.length = 0;
    const request = new WatchedRequest(pattern(8));
    endpoint.queue(request);
    expect(request.outcomes).toEqual([]);
    expect(request.status).toBe(-Errno.EINPROGRESS);
    expect(rig.bus.told).toEqual(['ready 81']);
  });

  it('twice is EINVAL, and once complete it may come again', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    const request = new WatchedRequest(new Uint8Array(512));
    endpoint.queue(request);
    expect(() => endpoint.queue(request)).toThrow('EINVAL');
    rig.out(2, hostTransfer(512));
    endpoint.queue(request);
    rig.out(2, hostTransfer(100));
    expect(request.outcomes).toEqual(['ok 512', 'ok 100']);
  });

  it('may be done from inside the completion: the same transfer of the host goes on with it', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    const request = new WatchedRequest(new Uint8Array(512), (done) => endpoint.queue(done));
    endpoint.queue(request);
    expect(rig.out(2, hostTransfer(2048))).toBe('ACK');
    expect(request.outcomes).toEqual(['ok 512', 'ok 512', 'ok 512', 'ok 512']);
  });

  it('is EINVAL while disabled, ESHUTDOWN without a host', () => {
    const rig = new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(512));
    expect(() => rig.endpoint('ep2out-bulk').queue(request)).toThrow('EINVAL');
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    rig.controller.pullup(false);
    expect(() => endpoint.queue(request)).toThrow('ESHUTDOWN');
    expect(request.outcomes).toEqual([]);
  });
});

describe('scatter-gather requests', () => {
  it('are read and written entry by entry, from whichever byte on', () => {
    const rig = new ControllerRig().connect();
    const memory = new Uint8Array(8192);
    const entries = [
      { dmaAddress: 0x3000, length: 1000, memory, offset: 4096 },
      { dmaAddress: 0x1000, length: 24, memory, offset: 0 },
      { dmaAddress: 0x9000, length: 2048, memory, offset: 6000 },
    ];
    const expected = pattern(3072, 5);
    const write = new WatchedRequest(new Uint8Array());
    Object.assign(write, { buffer: undefined, sg: { entries }, length: 3072 });
    const sink = rig.enable('ep2out-bulk', 0x02);
    sink.queue(write);
    const offered = hostTransfer(3072);
    offered.data.set(expected);
    expect(rig.out(2, offered, 700)).toBe('MORE');
    expect(rig.out(2, offered)).toBe('ACK');
    expect(memory.subarray(4096, 5096)).toEqual(expected.subarray(0, 1000));
    expect(memory.subarray(0, 24)).toEqual(expected.subarray(1000, 1024));
    expect(memory.subarray(6000, 8048)).toEqual(expected.subarray(1024));

    const source = rig.enable('ep1in-bulk', 0x81);
    const read = new WatchedRequest(new Uint8Array());
    Object.assign(read, { buffer: undefined, sg: { entries }, length: 3072 });
    source.queue(read);
    const wanted = hostTransfer(3072);
    for (let budget = 512; rig.in(1, wanted, budget) === 'MORE'; ) budget = 512;
    expect(wanted.data).toEqual(expected);
  });
});

describe('the FIFO of 64 bytes', () => {
  const small = (length = 64) => new WatchedRequest(pattern(length));

  it('takes a small IN request of an idle endpoint: it is complete before the host reads it', async () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    const request = small();
    endpoint.queue(request);
    await rig.clock.advance(0);
    expect(request.outcomes).toEqual(['ok 64']);
    request.buffer!.fill(0);
    const transfer = hostTransfer(512);
    expect(rig.in(1, transfer)).toBe('SHORT');
    expect(transfer.data.subarray(0, 64)).toEqual(pattern(64));
  });

  it('is one for all endpoints, and free again when the host has read it', async () => {
    const rig = new ControllerRig().connect();
    const first = rig.enable('ep1in-bulk', 0x81);
    const second = rig.enable('ep6in-bulk', 0x86);
    const [a, b, c] = [small(), small(), small()];
    first.queue(a);
    second.queue(b);
    await rig.clock.advance(0);
    expect([a.outcomes, b.outcomes]).toEqual([['ok 64'], []]);
    rig.in(1, hostTransfer(512));
    rig.in(6, hostTransfer(512));
    expect(b.outcomes).toEqual(['ok 64']);
    second.queue(c);
    await rig.clock.advance(0);
    expect(c.outcomes).toEqual(['ok 64']);
  });

  it.each([
    ['65 bytes', 65, {}],
    ['scatter-gather', 64, { sg: true }],
    ['OUT', 64, { out: true }],
  ] as const)('does not take %s', async (_, length, { sg, out }: { sg?: boolean; out?: boolean }) => {
    const rig = new ControllerRig().connect();
    const endpoint = out ? rig.enable('ep2out-bulk', 0x02) : rig.enable('ep1in-bulk', 0x81);
    const request = small(length);
    if (sg) {
      request.sg = { entries: [{ dmaAddress: 0, length, memory: request.buffer!, offset: 0 }] };
      request.buffer = undefined;
    }
    endpoint.queue(request);
    await rig.clock.advance(0);
    expect(request.outcomes).toEqual([]);
  });

  it('does not take what would overtake others', async () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    const [large, tiny] = [small(512), small(1)];
    endpoint.queue(large);
    endpoint.queue(tiny);
    await rig.clock.advance(0);
    expect(tiny.outcomes).toEqual([]);
  });

  it('ends with a zero-length packet if the request wanted one', async () => {
    const rig = new ControllerRig({ speed: 'full' }).connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81, 64);
    const request = small(64);
    request.zero = true;
    endpoint.queue(request);
    const transfer = hostTransfer(512);
    expect(rig.in(1, transfer)).toBe('SHORT');
    expect(transfer.actual).toBe(64);
  });

  it('is emptied when the endpoint is disabled; what it took has completed all the same', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    const request = small();
    endpoint.queue(request);
    endpoint.disable();
    expect(request.outcomes).toEqual(['ok 64']);
    rig.enable('ep1in-bulk', 0x81);
    expect(rig.in(1, hostTransfer(512))).toBe('NAK');
  });
});

describe('cancelling', () => {
  it('dequeue completes the request with ECONNRESET and leaves the others', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    const requests = [1, 2, 3].map((seed) => new WatchedRequest(pattern(512, seed)));
    for (const request of requests) endpoint.queue(request);
    endpoint.dequeue(requests[1]!);
    expect(requests[1]!.outcomes).toEqual(['ECONNRESET 0']);
    const transfer = hostTransfer(1024);
    expect(rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data.subarray(512)).toEqual(pattern(512, 3));
    expect(() => endpoint.dequeue(requests[1]!)).toThrow('EINVAL');
  });

  it('a request that is half done keeps what has moved', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    const request = new WatchedRequest(pattern(4096));
    endpoint.queue(request);
    rig.in(1, hostTransfer(1024));
    endpoint.dequeue(request);
    expect(request.outcomes).toEqual(['ECONNRESET 1024']);
  });

  it('disable completes all with ESHUTDOWN, in order, before it returns', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    const order: number[] = [];
    const requests = [0, 1, 2].map((n) => new WatchedRequest(new Uint8Array(512), () => order.push(n)));
    for (const request of requests) endpoint.queue(request);
    endpoint.disable();
    expect(order).toEqual([0, 1, 2]);
    expect(requests.map((request) => request.outcomes)).toEqual(Array(3).fill(['ESHUTDOWN 0']));
  });

  it('a request cannot come back while its endpoint is being disabled', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    const refusals: unknown[] = [];
    const request = new WatchedRequest(new Uint8Array(512), (done) => {
      try {
        endpoint.queue(done);
      } catch (refusal) {
        refusals.push(refusal);
      }
    });
    endpoint.queue(request);
    endpoint.disable();
    expect(refusals).toHaveLength(1);
    expect(request.outcomes).toEqual(['ESHUTDOWN 0']);
  });
});

describe('halting', () => {
  it('stalls the host until the gadget resumes; requests stay queued', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep2out-bulk', 0x02);
    const request = new WatchedRequest(new Uint8Array(512));
    endpoint.queue(request);
    endpoint.setHalt(true);
    expect(rig.out(2, hostTransfer(512))).toBe('STALL');
    endpoint.setHalt(false);
    expect(rig.out(2, hostTransfer(512))).toBe('ACK');
    expect(request.outcomes).toEqual(['ok 512']);
  });

  it('an IN endpoint with queued requests is EAGAIN, also with bytes in the FIFO', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    endpoint.queue(new WatchedRequest(pattern(8)));
    expect(() => endpoint.setHalt(true)).toThrow('EAGAIN');
    expect(() => endpoint.setWedge?.()).toThrow('EAGAIN');
    rig.in(1, hostTransfer(512));
    endpoint.setHalt(true);
    expect(rig.in(1, hostTransfer(512))).toBe('STALL');
  });

  it('is over when the endpoint is enabled anew', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    endpoint.setWedge?.();
    endpoint.disable();
    rig.enable('ep1in-bulk', 0x81);
    expect(rig.in(1, hostTransfer(512))).toBe('NAK');
  });

  it('makes a host that waits look again', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    rig.bus.told.length = 0;
    endpoint.setHalt(true);
    expect(rig.bus.told).toEqual(['ready 81']);
  });

  it('needs a driver, and endpoint 0 cannot be wedged', () => {
    const rig = new ControllerRig();
    expect(() => rig.endpoint('ep1in-bulk').setHalt(true)).toThrow('ESHUTDOWN');
    expect(() => rig.controller.ep0.setWedge?.()).toThrow('EINVAL');
  });
});
