import { hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

describe('interrupt endpoints', () => {
  it('move packets of any size, also such that DMA cannot reach from the second on', async () => {
    const rig = await new ControllerRig().connect();
    const source = rig.enable('ep1in', 0x81, 10, 'interrupt');
    const sink = rig.enable('ep1out', 0x01, 10, 'interrupt');
    const [write, read] = [new WatchedRequest(pattern(35)), new WatchedRequest(new Uint8Array(35))];
    source.queue(write);
    sink.queue(read);
    const transfer = hostTransfer(35);
    expect(await rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data).toEqual(pattern(35));
    expect(await rig.out(1, hostTransfer(pattern(35)))).toBe('ACK');
    expect([write.outcomes, read.outcomes, read.buffer]).toEqual([['ok 35'], ['ok 35'], pattern(35)]);
  });
});

describe('isochronous endpoints', () => {
  it('move a packet for each interval', async () => {
    const rig = await new ControllerRig().connect();
    const source = rig.enable('ep1in', 0x81, 200, 'isochronous');
    const requests = [1, 2, 3].map((seed) => new WatchedRequest(pattern(200 * seed, seed)));
    for (const request of requests) source.queue(request);
    for (const seed of [1, 2, 3]) {
      const transfer = hostTransfer(200 * seed);
      expect(await rig.in(1, transfer)).toBe('ACK');
      expect(transfer.data).toEqual(pattern(200 * seed, seed));
    }
    expect(requests.map(({ outcomes }) => outcomes)).toEqual([['ok 200'], ['ok 400'], ['ok 600']]);
  });

  it('with high bandwidth are one load of the FIFO for up to three packets', async () => {
    const rig = await new ControllerRig().connect();
    const sink = rig.enable('ep13', 0x0d, 1000 | (2 << 11), 'isochronous');
    const requests = [3000, 1500].map((length) => new WatchedRequest(new Uint8Array(length)));
    for (const request of requests) sink.queue(request);
    await rig.out(13, hostTransfer(pattern(3000)));
    expect(rig.board.hardware.registers.read16(0x1d4)).toBe(1000 | (2 << 11));
    expect(requests[0]!.outcomes).toEqual(['ok 3000']);
    await rig.out(13, hostTransfer(pattern(1500)));
    expect(requests[1]!.outcomes).toEqual(['ok 1500']);
  });
});
