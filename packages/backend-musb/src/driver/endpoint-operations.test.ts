import { UsbRequest } from '@gadgetloom/udc';
import { endpointDescriptor, hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

const setup = (requestType: number, request: number, value: number, index: number) => ({
  ...{ requestType, request, value, index },
  length: 0,
});
const hostHalts = (rig: ControllerRig, address: number, on: boolean): Promise<ControllerRig> => {
  rig.board.hardware.setup(setup(0x02, on ? 3 : 1, 0, address));
  return rig.settle();
};

describe('the endpoints that there are', () => {
  it.each([
    [0, 'ep1in ep1out ep2 ep3 ep4', [512, 512, 512, 256, 256]],
    [1, 'ep1in ep1out ep2 ep3 ep4', [512, 512, 512, 256, 256]],
    [2, 'ep1in ep1out ep2in ep2out ep3 ep4', [512, 512, 512, 512, 64, 1024]],
    [3, 'ep1in ep1out ep2in ep2out ep3 ep4', [512, 512, 512, 512, 256, 256]],
    [7, 'ep1in ep1out ep2 ep3 ep4', [512, 512, 512, 256, 256]],
  ])('with fifo_mode %i are %s', (fifoMode, names, limits) => {
    const { endpoints } = new ControllerRig({ fifoMode }).controller;
    expect(endpoints.map(({ name }) => name).join(' ')).toBe(names);
    expect(endpoints.map(({ maxPacketLimit }) => maxPacketLimit)).toEqual(limits);
  });

  it('unless told otherwise are those of fifo_mode 4, which needs 16 KiB', () => {
    const { endpoints } = new ControllerRig().controller;
    expect(endpoints).toHaveLength(9 * 2 + 3 * 2 + 3);
    expect(endpoints.at(-3)).toMatchObject({ name: 'ep13', maxPacketLimit: 4096 });
    expect(() => new ControllerRig({ silicon: { ramBits: 11 } })).toThrow(/EMSGSIZE.*endpoint 8 needs.*it has 8192/);
  });

  it.each([
    [{ fifoMode: 4, silicon: { endpoints: 8 } }, /EINVAL.*endpoint 8/],
    [{ fifos: [{ endpoint: 2, style: 'both', maxPacket: 64 }] }, /EINVAL.*endpoint 1/],
    [{ fifoMode: 1, silicon: { ramBits: 8 } }, /EMSGSIZE/],
  ] as const)('have to fit the chip: %j', (options, message) => {
    expect(() => new ControllerRig(options)).toThrow(message);
  });
});

describe('enabling', () => {
  it.each([
    ['ep1in', endpointDescriptor(0x82, 512), /EINVAL.*endpoint 2/],
    ['ep1in', endpointDescriptor(0x01, 512), /EINVAL.*IN transfers only/],
    ['ep1out', endpointDescriptor(0x81, 512), /EINVAL.*OUT transfers only/],
    ['ep1in', endpointDescriptor(0x81, 1024), /EINVAL.*FIFO of 512/],
    ['ep1in', endpointDescriptor(0x81, 512 | (1 << 11), 'isochronous'), /EINVAL.*1024 bytes do not fit/],
  ] as const)('%s for %j', async (name, wanted, message) => {
    const rig = await new ControllerRig().connect();
    let refusal = '';
    try {
      rig.endpoint(name).enable(wanted);
    } catch (error) {
      refusal = String(error);
    }
    expect(refusal).toMatch(message);
  });

  it('twice is EBUSY; high bandwidth needs a chip that has it', async () => {
    const rig = await new ControllerRig({ silicon: { configData: 0x06 } }).connect();
    const endpoint = rig.enable('ep1in', 0x81);
    expect(() => endpoint.enable(endpointDescriptor(0x81, 512))).toThrow('EBUSY');
    const wide = endpointDescriptor(0x8d, 512 | (1 << 11), 'isochronous');
    expect(() => rig.endpoint('ep13').enable(wide)).toThrow(/EINVAL.*high bandwidth/);
    (await new ControllerRig().connect()).endpoint('ep13').enable(wide);
  });

  it('finds a DMA channel again although the interrupts of nine transfers came after disabling', async () => {
    const rig = await new ControllerRig().connect();
    for (let round = 0; round < 9; round++) {
      const endpoint = rig.enable('ep1in', 0x81);
      endpoint.queue(new WatchedRequest(pattern(100)));
      endpoint.disable();
      await rig.settle();
    }
    rig.enable('ep1in', 0x81).queue(new WatchedRequest(pattern(4096)));
    // The CPU needs no DMA mapping.
    expect(rig.board.memory.mappedPages).toBeGreaterThan(0);
  });

  it.each([true, false])('again begins with an empty FIFO, with DMA: %s', async (dma) => {
    const rig = await new ControllerRig({ dma }).connect();
    const endpoint = rig.enable('ep1out', 0x01);
    expect(await rig.out(1, hostTransfer(pattern(300)))).toBe('ACK');
    endpoint.disable();
    endpoint.enable(endpointDescriptor(0x01, 512));
    const request = new WatchedRequest(new Uint8Array(512));
    endpoint.queue(request);
    await rig.settle();
    expect(request.outcomes).toEqual([]);
    expect(await rig.out(1, hostTransfer(pattern(20, 2)))).toBe('ACK');
    expect(request.outcomes).toEqual(['ok 20']);
  });
});

describe('queueing', () => {
  it('is ESHUTDOWN while disabled, ENODATA without linear memory, EINVAL twice', async () => {
    const rig = await new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(512));
    expect(() => rig.endpoint('ep1out').queue(request)).toThrow('ESHUTDOWN');
    const endpoint = rig.enable('ep1out', 0x01);
    const scattered = new UsbRequest();
    scattered.length = 4096;
    scattered.sg = { entries: [{ dmaAddress: 0, length: 4096, memory: new Uint8Array(4096), offset: 0 }] };
    expect(() => endpoint.queue(scattered)).toThrow('ENODATA');
    endpoint.queue(request);
    expect(() => endpoint.queue(request)).toThrow('EINVAL');
    expect(request.outcomes).toEqual([]);
  });
});

describe('cancelling', () => {
  it('gives one request back with ECONNRESET, whether it is at work or not', async () => {
    const rig = await new ControllerRig().connect();
    const endpoint = rig.enable('ep1in', 0x81);
    const requests = [1, 2, 3].map((seed) => new WatchedRequest(pattern(4096, seed)));
    for (const request of requests) endpoint.queue(request);
    endpoint.dequeue(requests[1]!);
    endpoint.dequeue(requests[0]!);
    expect(() => endpoint.dequeue(requests[0]!)).toThrow('EINVAL');
    expect(requests.map(({ outcomes }) => outcomes)).toEqual([['ECONNRESET 0'], ['ECONNRESET 0'], []]);
    // The bytes in the FIFO still go out before the next request.
    const transfer = hostTransfer(512 + 4096);
    expect(await rig.in(1, transfer)).toBe('ACK');
    expect(transfer.data.subarray(0, 512)).toEqual(pattern(4096, 1).subarray(0, 512));
    expect(transfer.data.subarray(512)).toEqual(pattern(4096, 3));
    expect(rig.board.memory.mappedPages).toBe(0);
  });

  it('disable gives all back with ESHUTDOWN, in order, before it returns', async () => {
    const rig = await new ControllerRig().connect();
    for (const [name, address] of [
      ['ep1in', 0x81],
      ['ep1out', 0x01],
    ] as const) {
      const endpoint = rig.enable(name, address);
      const order: number[] = [];
      const requests = [0, 1, 2].map((n) => new WatchedRequest(new Uint8Array(4096), () => order.push(n)));
      for (const request of requests) endpoint.queue(request);
      endpoint.disable();
      expect(order).toEqual([0, 1, 2]);
      expect(requests.map(({ outcomes }) => outcomes)).toEqual(Array(3).fill(['ESHUTDOWN 0']));
    }
    expect(await rig.in(1, hostTransfer(512))).toBe('TIMEOUT');
    expect(rig.board.memory.mappedPages).toBe(0);
  });
});

describe('halting', () => {
  it('is EAGAIN with requests, or with bytes in the FIFO', async () => {
    const rig = await new ControllerRig().connect();
    const source = rig.enable('ep1in', 0x81);
    const sink = rig.enable('ep1out', 0x01);
    sink.queue(new WatchedRequest(new Uint8Array(512)));
    expect(() => sink.setHalt(true)).toThrow(/EAGAIN.*queued/);
    source.queue(new WatchedRequest(pattern(100)));
    expect(() => source.setHalt(true)).toThrow(/EAGAIN.*queued/);
    await rig.settle();
    expect(() => source.setHalt(true)).toThrow(/EAGAIN.*FIFO/);
    await rig.in(1, hostTransfer(512));
    source.setHalt(true);
    expect(await rig.in(1, hostTransfer(512))).toBe('STALL');
    const waiting = new WatchedRequest(pattern(100));
    source.queue(waiting);
    expect(await rig.in(1, hostTransfer(512))).toBe('STALL');
    source.setHalt(false);
    expect(await rig.in(1, hostTransfer(512))).toBe('SHORT');
    expect(waiting.outcomes).toEqual(['ok 100']);
  });

  it('can be done and undone by the host, which cannot undo a wedge', async () => {
    const rig = await new ControllerRig().connect();
    const sink = rig.enable('ep1out', 0x01);
    await hostHalts(rig, 0x01, true);
    expect(await rig.out(1, hostTransfer(10))).toBe('STALL');
    await hostHalts(rig, 0x01, false);
    expect(await rig.out(1, hostTransfer(10))).toBe('ACK');
    sink.setWedge?.();
    await hostHalts(rig, 0x01, false);
    expect(await rig.out(1, hostTransfer(10))).toBe('STALL');
    sink.setHalt(false);
    expect(await rig.out(1, hostTransfer(10))).toBe('ACK');
  });

  it('that fails wedges all the same: the next halt cannot be cleared by the host', async () => {
    const rig = await new ControllerRig().connect();
    const source = rig.enable('ep1in', 0x81);
    source.queue(new WatchedRequest(pattern(100)));
    expect(() => source.setWedge?.()).toThrow('EAGAIN');
    await rig.in(1, hostTransfer(512));
    await hostHalts(rig, 0x81, true);
    await hostHalts(rig, 0x81, false);
    expect(await rig.in(1, hostTransfer(512))).toBe('STALL');
  });

  it('is not for isochronous endpoints', async () => {
    const rig = await new ControllerRig().connect();
    expect(() => rig.enable('ep1in', 0x81, 512, 'isochronous').setHalt(true)).toThrow('EINVAL');
  });
});

describe('the FIFO', () => {
  it('of an OUT endpoint can be asked and flushed', async () => {
    const rig = await new ControllerRig().connect();
    expect(() => rig.endpoint('ep1out').fifoStatus?.()).toThrow('EINVAL');
    const sink = rig.enable('ep1out', 0x01);
    await rig.out(1, hostTransfer(100));
    expect(sink.fifoStatus?.()).toBe(100);
    sink.fifoFlush?.();
    expect(sink.fifoStatus?.()).toBe(0);
    expect(() => rig.enable('ep1in', 0x81).fifoStatus?.()).toThrow('EINVAL');
  });

  it('of an IN endpoint can be flushed: the host never sees what was complete', async () => {
    const rig = await new ControllerRig().connect();
    const source = rig.enable('ep1in', 0x81);
    source.queue(new WatchedRequest(pattern(100)));
    await rig.settle();
    source.fifoFlush?.();
    expect(await rig.in(1, hostTransfer(512))).toBe('NAK');
  });
});
