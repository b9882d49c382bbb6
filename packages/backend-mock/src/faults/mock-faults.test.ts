import { isInputError, MILLISECOND, TraceRecorder } from '@gadgetloom/core';
import { MICROFRAME } from '@gadgetloom/udc/faults';
import { hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

/** A connected controller with `count` requests queued on an IN (0x81) and an OUT (0x02) endpoint of 512-byte packets. */
function loaded(count = 1, length = 1024) {
  const rig = new ControllerRig().connect();
  const source = rig.enable('ep1in-bulk', 0x81);
  const sink = rig.enable('ep2out-bulk', 0x02);
  const reads = Array.from({ length: count }, () => new WatchedRequest(new Uint8Array(length)));
  const writes = Array.from({ length: count }, (_, n) => new WatchedRequest(pattern(length, n)));
  for (const request of reads) sink.queue(request);
  for (const request of writes) source.queue(request);
  rig.bus.told.length = 0;
  rig.driver.told.length = 0;
  return { rig, source, sink, reads, writes, faults: rig.faults };
}

const outcomes = (requests: readonly WatchedRequest[]): string[] => requests.map((request) => request.outcomes.join());

describe('NAK', () => {
  it('puts the host off as often as asked for, a microframe each time', async () => {
    const { rig, writes, faults } = loaded();
    const fault = faults.nak({ endpoint: 0x81, times: 2 });
    const transfer = hostTransfer(1024);
    expect(rig.in(1, transfer)).toBe('NAK');
    rig.bus.told.length = 0;
    await rig.clock.advance(MICROFRAME - 1);
    expect(rig.bus.told).toEqual([]);
    await rig.clock.advance(1);
    expect(rig.bus.told).toEqual(['ready 81']);
    expect(rig.in(1, transfer)).toBe('NAK');
    expect(fault).toMatchObject({ hits: 2, over: true });
    expect(rig.in(1, transfer)).toBe('ACK');
    expect(outcomes(writes)).toEqual(['ok 1024']);
  });

  it('without end lasts until it is taken back, and the host then looks again', () => {
    const { rig, faults } = loaded();
    using fault = faults.nak({ times: Number.POSITIVE_INFINITY });
    for (let n = 0; n < 5; n++) expect(rig.out(2, hostTransfer(512))).toBe('NAK');
    rig.bus.told.length = 0;
    fault[Symbol.dispose]();
    expect(rig.bus.told).toContain('ready 2');
    expect(rig.out(2, hostTransfer(512))).toBe('ACK');
  });

  it('in the middle of a transfer keeps what has moved', () => {
    const { rig, faults } = loaded(1, 4096);
    faults.nak({ endpoint: 'in', after: { bytes: 1500 } });
    const transfer = hostTransfer(4096);
    expect(rig.in(1, transfer)).toBe('NAK');
    expect(transfer.actual).toBe(1024);
    expect(rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(4096, 0));
  });
});

describe('a damaged packet', () => {
  it('is repeated, and the host gives up after the third in a row', () => {
    const { rig, writes, faults } = loaded(2);
    const twice = faults.crcError({ endpoint: 0x81, after: { packets: 1 }, times: 2 });
    const transfer = hostTransfer(1024);
    expect(rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(1024, 0));
    expect(twice).toMatchObject({ hits: 2, over: true });
    faults.crcError({ times: 3 });
    expect(rig.in(1, hostTransfer(1024))).toBe('TIMEOUT');
    expect(rig.in(1, hostTransfer(1024))).toBe('ACK');
    expect(outcomes(writes)).toEqual(['ok 1024', 'ok 1024']);
  });
});

describe('what the mock has not', () => {
  it('is DMA, and it says so', () => {
    const { faults } = loaded();
    expect(() => faults.dmaError()).toThrow(`dmaError is not possible with this backend: ${faults.whyNot('dmaError')}`);
    expect(faults.whyNot('fail')).toBeUndefined();
  });
});

describe('stall', () => {
  it('halts the endpoint until the host clears it; the request stays queued', () => {
    const { rig, reads, faults } = loaded();
    faults.stall({ endpoint: 0x02, after: { packets: 1 } });
    const transfer = hostTransfer(1024);
    expect(rig.out(2, transfer)).toBe('STALL');
    expect(transfer.actual).toBe(512);
    expect(rig.out(2, transfer)).toBe('STALL');
    rig.controller.setup({ requestType: 2, request: 1, value: 0, index: 2, length: 0 });
    expect(rig.out(2, transfer)).toBe('ACK');
    expect(outcomes(reads)).toEqual(['ok 1024']);
  });

  it('that wedges cannot be cleared by the host', () => {
    const { rig, sink, faults } = loaded();
    faults.stall({ endpoint: 0x02, wedge: true });
    expect(rig.out(2, hostTransfer(512))).toBe('STALL');
    rig.controller.setup({ requestType: 2, request: 1, value: 0, index: 2, length: 0 });
    expect(rig.out(2, hostTransfer(512))).toBe('STALL');
    sink.setHalt(false);
    expect(rig.out(2, hostTransfer(512))).toBe('ACK');
  });

  it('happens on endpoint 0 when asked for', () => {
    const { rig, faults } = loaded();
    faults.stall({ endpoint: 0 });
    rig.controller.ep0.queue(new WatchedRequest(new Uint8Array()));
    rig.controller.setup({ requestType: 0x41, request: 1, value: 0, index: 0, length: 0 });
    expect(rig.in(0, hostTransfer(0))).toBe('STALL');
    rig.controller.setup({ requestType: 0x41, request: 1, value: 0, index: 0, length: 0 });
    rig.controller.ep0.queue(new WatchedRequest(new Uint8Array()));
    expect(rig.in(0, hostTransfer(0))).toBe('ACK');
  });
});

describe('babble', () => {
  it('towards the host fails its transfer; the gadget notices nothing', () => {
    const { rig, writes, faults } = loaded(2);
    faults.babble({ endpoint: 'in', after: { bytes: 512 } });
    const transfer = hostTransfer(1024);
    expect(rig.in(1, transfer)).toBe('BABBLE');
    expect(transfer.actual).toBe(512);
    expect(outcomes(writes)).toEqual(['ok 512', '']);
  });

  it('from the host fails the gadget’s request', () => {
    const { rig, reads, faults } = loaded(2);
    faults.babble({ endpoint: 'out' });
    expect(rig.out(2, hostTransfer(1024))).toBe('SHORT');
    expect(outcomes(reads)).toEqual(['EOVERFLOW 0', '']);
  });

  it('needs somebody to babble: without a request the host is just put off', () => {
    const { rig, faults } = loaded(0);
    const fault = faults.babble();
    expect(rig.in(1, hostTransfer(512))).toBe('NAK');
    expect(fault.hits).toBe(0);
  });
});

describe('a completion', () => {
  it('can be late; those behind it wait, and none is lost', async () => {
    const { rig, reads, faults } = loaded(3);
    faults.lateInterrupt({ endpoint: 0x02, by: 5 * MILLISECOND, after: { transfers: 1 } });
    expect(rig.out(2, hostTransfer(3072))).toBe('ACK');
    expect(outcomes(reads)).toEqual(['ok 1024', '', '']);
    await rig.clock.advance(5 * MILLISECOND - 1);
    expect(outcomes(reads)).toEqual(['ok 1024', '', '']);
    await rig.clock.advance(1);
    expect(outcomes(reads)).toEqual(['ok 1024', 'ok 1024', 'ok 1024']);
  });

  it('can be lost; disabling the endpoint or dequeueing the request brings it back', () => {
    const { rig, sink, source, reads, writes, faults } = loaded(2);
    faults.loseEvent({ times: 2 });
    rig.out(2, hostTransfer(2048));
    rig.in(1, hostTransfer(2048));
    expect([outcomes(reads), outcomes(writes)]).toEqual([
      ['', ''],
      ['ok 1024', 'ok 1024'],
    ]);
    sink.dequeue(reads[1]!);
    expect(outcomes(reads)).toEqual(['', 'ECONNRESET 1024']);
    sink.disable();
    source.disable();
    expect(outcomes(reads)).toEqual(['ESHUTDOWN 1024', 'ECONNRESET 1024']);
    expect(outcomes(writes)).toEqual(['ok 1024', 'ok 1024']);
  });

  it('that is late comes with ESHUTDOWN if the endpoint is disabled first, and then not again', async () => {
    const { rig, sink, reads, faults } = loaded();
    faults.lateInterrupt({ by: MILLISECOND });
    rig.out(2, hostTransfer(1024));
    sink.disable();
    await rig.clock.advance(2 * MILLISECOND);
    expect(outcomes(reads)).toEqual(['ESHUTDOWN 1024']);
  });

  it('can fail with any errno although the bytes have moved', () => {
    const { rig, reads, faults } = loaded(2);
    faults.fail({ endpoint: 'out', code: 'EPROTO' });
    rig.out(2, hostTransfer(2048));
    expect(outcomes(reads)).toEqual(['EPROTO 1024', 'ok 1024']);
  });

  it('of a small IN request, which the FIFO takes, is no exception', async () => {
    const { rig, source, faults } = loaded(0);
    faults.fail({ endpoint: 'in' });
    const small = new WatchedRequest(pattern(8));
    source.queue(small);
    await rig.clock.advance(0);
    expect(small.outcomes).toEqual(['EIO 8']);
    rig.in(1, hostTransfer(512));
    expect(small.outcomes).toHaveLength(1);
  });
});

describe('queueing', () => {
  it('can fail, for lack of memory unless another errno is given; the request may be queued again', () => {
    const { sink, faults } = loaded(0);
    faults.refuse({ endpoint: 'out', after: { transfers: 1 } });
    faults.refuse({ endpoint: 'out', code: 'ESHUTDOWN', after: { transfers: 2 } });
    const requests = [0, 1, 2].map(() => new WatchedRequest(new Uint8Array(512)));
    sink.queue(requests[0]!);
    expect(() => sink.queue(requests[1]!)).toThrow('ENOMEM');
    sink.queue(requests[1]!);
    expect(() => sink.queue(requests[2]!)).toThrow('ESHUTDOWN');
    sink.queue(requests[2]!);
    sink.disable();
    expect(outcomes(requests)).toEqual(['ESHUTDOWN 0', 'ESHUTDOWN 0', 'ESHUTDOWN 0']);
  });
});

describe('disconnect', () => {
  it.each([
    [{ bytes: 1536 }, 1536],
    [{ bytes: 1535 }, 1024],
    [{ packets: 3 }, 1536],
    [{ transfers: 1 }, 1024],
    [{ bytes: 0 }, 0],
  ])('after %j stops the host’s transfer after %i bytes', (after, moved) => {
    const { rig, reads, faults } = loaded(2);
    faults.disconnectAfter(after);
    const transfer = hostTransfer(2048);
    expect(rig.out(2, transfer)).toBe('TIMEOUT');
    expect(transfer.actual).toBe(moved);
    expect(rig.driver.told).toEqual(['disconnect']);
    expect(rig.bus.told.at(-1)).toBe('disconnect');
    expect(reads.map((request) => request.outcomes).every((list) => list.length === 1)).toBe(true);
    expect(reads.at(-1)!.outcomes[0]).toMatch(/^ESHUTDOWN/);
  });

  it('at the end of a transfer lets it finish', async () => {
    const { rig, reads, faults } = loaded(2);
    faults.disconnectAfter({ transfers: 1 }, { endpoint: 0x02 });
    expect(rig.in(1, hostTransfer(1024))).toBe('ACK');
    expect(rig.out(2, hostTransfer(1024))).toBe('ACK');
    expect(rig.driver.told).toEqual([]);
    await rig.clock.advance(0);
    expect(rig.driver.told).toEqual(['disconnect']);
    expect(outcomes(reads)).toEqual(['ok 1024', 'ESHUTDOWN 0']);
  });

  it('happens at a time, whether or not anything moves', async () => {
    const { rig, writes, faults } = loaded();
    faults.disconnectAfter({ microframes: 3 });
    await rig.clock.advance(3 * MICROFRAME - 1);
    expect(outcomes(writes)).toEqual(['']);
    await rig.clock.advance(1);
    expect(outcomes(writes)).toEqual(['ESHUTDOWN 0']);
    expect(rig.bus.told.at(-1)).toBe('disconnect');
  });

  it('can be undone: the host sees the device again', () => {
    const { rig, faults } = loaded();
    faults.disconnect();
    faults.disconnect();
    faults.reconnect();
    expect(rig.bus.told.filter((line) => !line.startsWith('ready'))).toEqual(['disconnect', 'connect high']);
  });
});

describe('faults in general', () => {
  it('strike in the order they were asked for, and only where they apply', () => {
    const { rig, faults } = loaded(1, 512);
    faults.stall({ endpoint: 0x83 });
    faults.nak({ endpoint: 'out' });
    faults.stall({ endpoint: 0x81 });
    faults.nak({ endpoint: 'in' });
    expect(faults.pending.map(({ hits }) => hits)).toEqual([0, 0, 0, 0]);
    expect(rig.in(1, hostTransfer(512))).toBe('STALL');
    rig.controller.setup({ requestType: 2, request: 1, value: 0, index: 0x81, length: 0 });
    expect(rig.in(1, hostTransfer(512))).toBe('NAK');
    expect(rig.out(2, hostTransfer(512))).toBe('NAK');
    expect(rig.out(2, hostTransfer(512))).toBe('ACK');
    expect(faults.pending).toHaveLength(1);
  });

  it('may be asked for before the endpoint exists', () => {
    const rig = new ControllerRig().connect();
    rig.faults.stall({ endpoint: 0x86 });
    rig.enable('ep6in-bulk', 0x86);
    expect(rig.in(6, hostTransfer(512))).toBe('STALL');
  });

  it('can be taken back, one by one or all', async () => {
    const { rig, faults, reads } = loaded();
    const disconnect = faults.disconnectAfter({ microframes: 1 });
    disconnect[Symbol.dispose]();
    disconnect[Symbol.dispose]();
    faults.stall();
    faults.loseEvent();
    faults.outOfMemory();
    faults.clear();
    expect(faults.pending).toEqual([]);
    await rig.clock.advance(MILLISECOND);
    expect(rig.out(2, hostTransfer(1024))).toBe('ACK');
    expect(outcomes(reads)).toEqual(['ok 1024']);
  });

  it('are traced', () => {
    const trace = new TraceRecorder();
    const rig = new ControllerRig({ trace }).connect();
    rig.enable('ep1in-bulk', 0x81);
    rig.faults.stall();
    rig.in(1, hostTransfer(512));
    expect(trace.events.map(({ what }) => what)).toContain('fault');
  });

  it.each([
    ['times', () => loaded().faults.nak({ times: 0 })],
    ['times', () => loaded().faults.nak({ times: 1.5 })],
    ['after', () => loaded().faults.nak({ after: {} as never })],
    ['after', () => loaded().faults.nak({ after: { bytes: 1, packets: 2 } as never })],
    ['after', () => loaded().faults.nak({ after: { furlongs: 1 } as never })],
    ['after.bytes', () => loaded().faults.nak({ after: { bytes: -1 } })],
    ['by', () => loaded().faults.lateInterrupt({ by: Number.NaN })],
    ['code', () => loaded().faults.fail({ code: 'EWHAT' as never })],
    ['after.calls', () => loaded().faults.outOfMemory({ after: { calls: -1 } })],
  ])('name the field %s when it is wrong', (field, ask) => {
    let caught: unknown;
    try {
      ask();
    } catch (refusal) {
      caught = refusal;
    }
    expect(isInputError(caught) && caught.field).toBe(field);
  });
});
