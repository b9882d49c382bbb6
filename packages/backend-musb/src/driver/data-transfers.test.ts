import { hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

const ways = [
  ['by DMA', { dma: true }],
  ['by the CPU', { dma: false }],
  ['through INDEX', { indexed: true }],
  ['with double FIFOs', { fifoMode: 1 }],
  ['at full speed', { speed: 'full' }],
  ['without bulk splitting', { silicon: { configData: 0x1e } }],
  ['from an old chip', { silicon: { hardwareVersion: 0x52c } }],
] as const;

describe.each(ways)('data %s', (_, options) => {
  const packet = 'speed' in options ? 64 : 512;

  it.each([1, 64, 512, 513, 1024, 5001])('goes to the host: %i bytes', async (length) => {
    const rig = await new ControllerRig(options).connect();
    const endpoint = rig.enable('ep1in', 0x81, packet);
    const request = new WatchedRequest(pattern(length));
    endpoint.queue(request);
    expect(request.outcomes).toEqual([]);
    const transfer = hostTransfer(length);
    expect(await rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(length));
    expect(request.outcomes).toEqual([`ok ${length}`]);
    expect(rig.board.memory.mappedPages).toBe(0);
  });

  it.each([1, 512, 513, 5001])('comes from the host: %i bytes', async (length) => {
    const rig = await new ControllerRig(options).connect();
    const endpoint = rig.enable('ep1out', 0x01, packet);
    const request = new WatchedRequest(new Uint8Array(length));
    endpoint.queue(request);
    expect(await rig.out(1, hostTransfer(pattern(length)))).toBe('ACK');
    expect(request.outcomes).toEqual([`ok ${length}`]);
    expect(request.buffer).toEqual(pattern(length));
    expect(rig.board.memory.mappedPages).toBe(0);
  });

  it('ends an OUT request with a short packet, or an empty one', async () => {
    const rig = await new ControllerRig(options).connect();
    const endpoint = rig.enable('ep1out', 0x01, packet);
    const requests = [0, 1, 2].map(() => new WatchedRequest(new Uint8Array(4096)));
    for (const request of requests) endpoint.queue(request);
    await rig.out(1, hostTransfer(pattern(1000)));
    await rig.out(1, hostTransfer(pattern(1024), true));
    await rig.out(1, hostTransfer(0));
    expect(requests.map(({ outcomes }) => outcomes)).toEqual([['ok 1000'], ['ok 1024'], ['ok 0']]);
  });

  it('has an empty packet behind it where the request says so', async () => {
    const rig = await new ControllerRig(options).connect();
    const endpoint = rig.enable('ep1in', 0x81, packet);
    const requests = [1024, 10].map((length) => new WatchedRequest(pattern(length)));
    for (const request of requests) {
      request.zero = true;
      endpoint.queue(request);
    }
    const first = hostTransfer(4096);
    expect(await rig.in(1, first)).toBe('SHORT');
    expect(first.actual).toBe(1024);
    expect(await rig.in(1, hostTransfer(4096))).toBe('SHORT');
    expect(requests.map(({ outcomes }) => outcomes)).toEqual([['ok 1024'], ['ok 10']]);
  });

  it('keeps its order over many requests', async () => {
    const rig = await new ControllerRig(options).connect();
    const endpoint = rig.enable('ep1in', 0x81, packet);
    let left = 20;
    const request = new WatchedRequest(pattern(packet), () => {
      if (--left > 0) endpoint.queue(request);
    });
    endpoint.queue(request);
    const transfer = hostTransfer(20 * packet);
    expect(await rig.in(1, transfer)).toBe('ACK');
    expect(request.outcomes).toHaveLength(20);
    for (let at = 0; at < 20; at++)
      expect(transfer.data.subarray(at * packet, (at + 1) * packet)).toEqual(pattern(packet));
  });
});

describe('an IN request', () => {
  it('is complete when its last packet is in the FIFO, before the host has it', async () => {
    const rig = await new ControllerRig().connect();
    const endpoint = rig.enable('ep1in', 0x81);
    const request = new WatchedRequest(pattern(512));
    endpoint.queue(request);
    await rig.settle();
    expect(request.outcomes).toEqual(['ok 512']);
    const transfer = hostTransfer(512);
    expect(await rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(512));
  });

  it('that the CPU loads waits for the host', async () => {
    const rig = await new ControllerRig({ dma: false }).connect();
    const endpoint = rig.enable('ep1in', 0x81);
    const request = new WatchedRequest(pattern(512));
    endpoint.queue(request);
    await rig.settle();
    expect(request.outcomes).toEqual([]);
    await rig.in(1, hostTransfer(512));
    expect(request.outcomes).toEqual(['ok 512']);
  });
});

describe('an OUT endpoint', () => {
  it('takes a packet before there is a request, which then finds it', async () => {
    const rig = await new ControllerRig().connect();
    const endpoint = rig.enable('ep1out', 0x01);
    expect(await rig.out(1, hostTransfer(pattern(100)))).toBe('ACK');
    const request = new WatchedRequest(new Uint8Array(512));
    endpoint.queue(request);
    expect(request.outcomes).toEqual([]);
    await rig.settle();
    expect(request.outcomes).toEqual(['ok 100']);
    expect(request.buffer!.subarray(0, 100)).toEqual(pattern(100));
  });

  it('drops what a request has no room for', async () => {
    for (const dma of [true, false]) {
      const rig = await new ControllerRig({ dma }).connect();
      const endpoint = rig.enable('ep1out', 0x01);
      const requests = [100, 512].map((length) => new WatchedRequest(new Uint8Array(length)));
      for (const request of requests) endpoint.queue(request);
      await rig.out(1, hostTransfer(pattern(512, 1)));
      await rig.out(1, hostTransfer(pattern(512, 2)));
      expect(requests.map(({ outcomes }) => outcomes)).toEqual([['ok 100'], ['ok 512']]);
      expect(requests[1]!.buffer).toEqual(pattern(512, 2));
    }
  });

  it('with a shared FIFO works in either direction, one at a time', async () => {
    const rig = await new ControllerRig({ fifoMode: 0 }).connect();
    const endpoint = rig.enable('ep2', 0x02);
    const received = new WatchedRequest(new Uint8Array(1000));
    endpoint.queue(received);
    await rig.out(2, hostTransfer(pattern(1000)));
    expect(received.outcomes).toEqual(['ok 1000']);
    endpoint.disable();
    rig.enable('ep2', 0x82);
    endpoint.queue(new WatchedRequest(pattern(1000, 3)));
    const transfer = hostTransfer(1000);
    expect(await rig.in(2, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(1000, 3));
  });
});

describe('more endpoints than DMA channels', () => {
  it('work all the same', async () => {
    const rig = await new ControllerRig().connect();
    for (let number = 1; number <= 9; number++) {
      const endpoint = rig.enable(`ep${number}in`, 0x80 | number);
      endpoint.queue(new WatchedRequest(pattern(700, number)));
      const transfer = hostTransfer(700);
      expect(await rig.in(number, transfer)).toBe('ACK');
      expect(transfer.data).toEqual(pattern(700, number));
    }
  });
});
