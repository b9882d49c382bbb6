import { MICROSECOND } from '@gadgetloom/core';
import { handshakeName, hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

/** A connected board with a request on ep1in and one on ep1out. The host's transfers pass through the faults. */
async function loaded(length = 4096) {
  const rig = await new ControllerRig().connect();
  const source = rig.enable('ep1in', 0x81);
  const sink = rig.enable('ep1out', 0x01);
  const write = new WatchedRequest(pattern(length));
  const read = new WatchedRequest(new Uint8Array(length));
  source.queue(write);
  sink.queue(read);
  await rig.settle();
  const cable = rig.bus.device!;
  const drive = async (token: () => number): Promise<string> => {
    for (;;) {
      rig.bus.told.length = 0;
      const answer = handshakeName(token() as never);
      await rig.settle();
      if (answer !== 'NAK' || !rig.bus.told.some((told) => told.startsWith('ready'))) return answer;
    }
  };
  const hostIn = (transfer = hostTransfer(length)) => drive(() => cable.in(1, transfer, Number.POSITIVE_INFINITY));
  const hostOut = (transfer = hostTransfer(pattern(length))) =>
    drive(() => cable.out(1, transfer, Number.POSITIVE_INFINITY));
  return { rig, source, sink, write, read, hostIn, hostOut, faults: rig.board.faults };
}

describe('on the cable', () => {
  it('NAK puts the host off for a microframe each time', async () => {
    const { rig, faults, hostIn } = await loaded();
    const fault = faults.nak({ endpoint: 0x81, times: 2 });
    const transfer = hostTransfer(4096);
    expect(await hostIn(transfer)).toBe('NAK');
    await rig.clock.advance(125 * MICROSECOND);
    expect(rig.bus.told).toEqual(['ready 81']);
    expect(await hostIn(transfer)).toBe('NAK');
    expect(await hostIn(transfer)).toBe('ACK');
    expect([fault.hits, fault.over, transfer.data]).toEqual([2, true, pattern(4096)]);
  });

  it('a host that never reads leaves the gadget waiting, until the fault is over', async () => {
    const { rig, write, faults, hostIn, hostOut } = await loaded();
    const fault = faults.neverReads({ endpoint: 'in' });
    for (let times = 0; times < 3; times++) expect(await hostIn()).toBe('NAK');
    expect(write.outcomes).toEqual([]);
    expect(await hostOut()).toBe('ACK');
    rig.bus.told.length = 0;
    fault[Symbol.dispose]();
    expect(rig.bus.told).toContain('ready 81');
    expect(await hostIn()).toBe('ACK');
    expect(faults.pending).toEqual([]);
  });

  it('a damaged packet is repeated, and given up after the third time', async () => {
    const { faults, hostIn, hostOut } = await loaded();
    const twice = faults.crcError({ endpoint: 0x81, after: { packets: 2 }, times: 2 });
    expect(await hostIn()).toBe('ACK');
    expect(twice.hits).toBe(2);
    const often = faults.crcError({ endpoint: 'out', times: 3 });
    expect(await hostOut()).toBe('TIMEOUT');
    expect(often.hits).toBe(3);
    expect(await hostOut()).toBe('ACK');
  });

  it('babble fails the host’s transfer, and the packet stays', async () => {
    const { read, faults, hostIn, hostOut } = await loaded(512);
    faults.babble({ endpoint: 'in' });
    expect(await hostIn()).toBe('BABBLE');
    const again = hostTransfer(512);
    expect(await hostIn(again)).toBe('ACK');
    expect(again.data).toEqual(pattern(512));
    faults.babble({ endpoint: 0x01 });
    expect(await hostOut()).toBe('TIMEOUT');
    expect(read.outcomes).toEqual([]);
  });

  it.each([
    [{ bytes: 1500 }, 1024],
    [{ packets: 3 }, 1536],
  ])('the cable is pulled at exactly %j', async (after, actual) => {
    const { rig, faults, hostOut } = await loaded();
    const fault = faults.disconnectAfter(after);
    const transfer = hostTransfer(pattern(4096));
    expect(await hostOut(transfer)).toBe('TIMEOUT');
    expect([transfer.actual, fault.hits]).toEqual([actual, 1]);
    expect(rig.driver.told).toEqual(['disconnect']);
    expect(rig.bus.device).toBeUndefined();
    faults.reconnect();
    expect(rig.bus.told.at(-1)).toBe('connect high');
  });

  it('the cable is pulled at a microframe, whatever moves', async () => {
    const { rig, faults } = await loaded();
    faults.disconnectAfter({ microframes: 3 });
    await rig.clock.advance(374 * MICROSECOND);
    expect(rig.driver.told).toEqual([]);
    await rig.clock.advance(MICROSECOND);
    expect(rig.driver.told).toEqual(['disconnect']);
  });
});

describe('of the board', () => {
  it('a lost interrupt leaves the driver waiting for the next one', async () => {
    const { rig, read, faults, hostOut } = await loaded(512);
    const fault = faults.loseEvent();
    expect(await hostOut()).toBe('ACK');
    await rig.clock.advance(1_000_000);
    expect([fault.hits, read.outcomes]).toEqual([1, []]);
    rig.board.hardware.setup({ requestType: 0x80, request: 0, value: 0, index: 0, length: 2 });
    await rig.settle();
    expect(read.outcomes).toEqual(['ok 512']);
  });

  it('a late interrupt delays what it was for', async () => {
    const { rig, read, faults, hostOut } = await loaded(512);
    faults.lateInterrupt({ by: 1000 });
    expect(await hostOut()).toBe('ACK');
    await rig.clock.advance(999);
    expect(read.outcomes).toEqual([]);
    await rig.clock.advance(1);
    expect(read.outcomes).toEqual(['ok 512']);
    expect(() => faults.lateInterrupt({ by: -1 })).toThrow(/by/);
  });

  it('a bus error of DMA is told to nobody; cancelling ends the request', async () => {
    const { sink, read, faults, hostOut } = await loaded(512);
    faults.dmaError({ endpoint: 'out' });
    await hostOut();
    expect(read.outcomes).toEqual([]);
    sink.dequeue(read);
    expect(read.outcomes).toEqual(['ECONNRESET 0']);
  });

  it('faults can be taken back all at once', async () => {
    const { faults, hostIn } = await loaded();
    faults.nak({ times: Number.POSITIVE_INFINITY });
    faults.crcError();
    faults.clear();
    expect(faults.pending).toEqual([]);
    expect(await hostIn()).toBe('ACK');
  });
});
