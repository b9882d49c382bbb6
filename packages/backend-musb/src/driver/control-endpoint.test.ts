import { KernelError } from '@gadgetloom/core';
import { DELAYED_STATUS } from '@gadgetloom/udc';
import { hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

/** Makes a control transfer as far as it goes. Returns the answers of each stage and the data of the data stage. */
async function control(
  rig: ControllerRig,
  requestType: number,
  request: number,
  value = 0,
  index = 0,
  data: number | Uint8Array = 0,
) {
  const transfer = hostTransfer(data);
  const toHost = (requestType & 0x80) !== 0 && transfer.length > 0;
  rig.board.hardware.setup({ requestType, request, value, index, length: transfer.length });
  await rig.settle();
  const stages: string[] = [];
  if (transfer.length > 0) stages.push(await (toHost ? rig.in(0, transfer) : rig.out(0, transfer)));
  if (stages.at(-1) === 'STALL') return { stages: 'STALL', data: [] };
  stages.push(await (toHost ? rig.out(0, hostTransfer(0)) : rig.in(0, hostTransfer(0))));
  return { stages: stages.join(' '), data: [...transfer.data.subarray(0, transfer.actual)] };
}

describe('what the driver answers itself', () => {
  it('SET_ADDRESS, after the status stage', async () => {
    const rig = await new ControllerRig().connect();
    rig.board.hardware.setup({ requestType: 0, request: 5, value: 7, index: 0, length: 0 });
    await rig.settle();
    expect(rig.board.hardware.registers.read8(0)).toBe(0);
    expect(await rig.in(0, hostTransfer(0))).toBe('ACK');
    expect(rig.board.hardware.registers.read8(0)).toBe(7);
    expect(rig.driver.told).toEqual([]);
  });

  it('GET_STATUS of device, interface and endpoint', async () => {
    const rig = await new ControllerRig().connect();
    rig.controller.setSelfPowered(true);
    expect((await control(rig, 0x80, 0, 0, 0, 2)).data).toEqual([1, 0]);
    expect((await control(rig, 0x00, 3, 1)).stages).toBe('ACK');
    expect((await control(rig, 0x80, 0, 0, 0, 2)).data).toEqual([3, 0]);
    expect((await control(rig, 0x00, 1, 1)).stages).toBe('ACK');
    expect(await control(rig, 0x81, 0, 0, 0, 2)).toEqual({ stages: 'ACK ACK', data: [0, 0] });
    rig.enable('ep1in', 0x81).setHalt(true);
    expect((await control(rig, 0x82, 0, 0, 0x81, 2)).data).toEqual([1, 0]);
    expect((await control(rig, 0x82, 0, 0, 0x01, 2)).stages).toBe('STALL');
    expect(rig.driver.told).toEqual([]);
  });

  it.each([
    [0x00, 3, 2, 0x0400, 'ACK'],
    [0x00, 3, 2, 0x0900, 'STALL'],
    [0x00, 3, 3, 0, 'STALL'],
    [0x00, 1, 2, 0, 'STALL'],
    [0x01, 3, 0, 0, 'STALL'],
    [0x02, 3, 0, 0x05, 'STALL'],
    [0x02, 3, 1, 0x81, 'STALL'],
  ])('features: %s %s %s %s is %s', async (requestType, request, value, index, stages) => {
    const rig = await new ControllerRig().connect();
    rig.enable('ep1in', 0x81);
    expect((await control(rig, requestType, request, value, index)).stages).toBe(stages);
    expect(rig.driver.told).toEqual([]);
  });

  it('the test mode that was asked for begins behind the status stage', async () => {
    const rig = await new ControllerRig().connect();
    await control(rig, 0x00, 3, 2, 0x0100);
    expect(rig.board.hardware.registers.read8(0x0f)).toBe(0x02);
  });

  it('the halt of an endpoint with a shared FIFO, IN only', async () => {
    const rig = await new ControllerRig({ fifoMode: 0 }).connect();
    rig.enable('ep2', 0x02);
    expect((await control(rig, 0x02, 3, 0, 0x02)).stages).toBe('STALL');
  });
});

describe('what the gadget answers', () => {
  it.each([0, 1, 63, 64, 65, 200, 256])('%i bytes to the host', async (length) => {
    const rig = await new ControllerRig().connect();
    const answer = new WatchedRequest(pattern(length));
    answer.zero = true;
    rig.driver.onSetup = () => {
      rig.controller.ep0.queue(answer);
      return 0;
    };
    const { stages, data } = await control(rig, 0x80, 6, 0x100, 0, 256);
    expect(data).toEqual([...pattern(length)]);
    expect(stages).toBe(length === 256 ? 'ACK ACK' : 'SHORT ACK');
    expect(answer.outcomes).toEqual([`ok ${length}`]);
  });

  it.each([1, 64, 65, 200])('%i bytes from the host', async (length) => {
    const rig = await new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(length));
    rig.driver.onSetup = () => {
      rig.controller.ep0.queue(request);
      return 0;
    };
    expect((await control(rig, 0x41, 1, 0, 0, pattern(length))).stages).toBe('ACK ACK');
    expect(request.buffer).toEqual(pattern(length));
    expect(request.outcomes).toEqual([`ok ${length}`]);
  });

  it('more than a request has room for is EOVERFLOW', async () => {
    const rig = await new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(4));
    rig.driver.onSetup = () => {
      rig.controller.ep0.queue(request);
      return 0;
    };
    expect((await control(rig, 0x41, 1, 0, 0, pattern(8))).stages).toBe('ACK ACK');
    expect(request.outcomes).toEqual(['EOVERFLOW 4']);
  });

  it('no data: its empty request is the status stage, and may come later', async () => {
    const rig = await new ControllerRig().connect();
    const status = new WatchedRequest(new Uint8Array(0));
    rig.driver.onSetup = () => DELAYED_STATUS;
    expect((await control(rig, 0x00, 9, 1)).stages).toBe('NAK');
    rig.controller.ep0.queue(status);
    expect(status.outcomes).toEqual([]);
    expect(await rig.in(0, hostTransfer(0))).toBe('ACK');
    expect(status.outcomes).toEqual(['ok 0']);
  });

  it('a refusal is a stall, at once or later, until the next SETUP packet', async () => {
    const rig = await new ControllerRig().connect();
    const refusals = [
      () => {
        throw new KernelError('EOPNOTSUPP', 'setup');
      },
      () => {
        rig.controller.ep0.setHalt(true);
        return 0;
      },
    ];
    for (const refusal of refusals)
      for (const [requestType, length] of [
        [0xc1, 4],
        [0x41, 4],
        [0x41, 0],
      ] as const) {
        rig.driver.onSetup = refusal;
        expect((await control(rig, requestType, 1, 0, 0, length)).stages).toBe('STALL');
        rig.driver.onSetup = () => {
          rig.controller.ep0.queue(new WatchedRequest(pattern(2)));
          return 0;
        };
        expect((await control(rig, 0xc1, 1, 0, 0, 2)).stages).toBe('ACK ACK');
      }
  });

  it('what is still queued when the host starts over completes with 0', async () => {
    const rig = await new ControllerRig().connect();
    const stale = new WatchedRequest(new Uint8Array(8));
    rig.driver.onSetup = () => 0;
    rig.board.hardware.setup({ requestType: 0x41, request: 1, value: 0, index: 0, length: 8 });
    await rig.settle();
    rig.controller.ep0.queue(stale);
    expect(() => rig.controller.ep0.queue(new WatchedRequest(new Uint8Array(8)))).toThrow('EBUSY');
    rig.board.hardware.setup({ requestType: 0x41, request: 1, value: 0, index: 0, length: 8 });
    await rig.settle();
    expect(stale.outcomes).toEqual(['ok 0']);
  });

  it('an error of the program is not taken for a refusal', async () => {
    const rig = await new ControllerRig().connect();
    rig.driver.onSetup = () => {
      throw new TypeError('oops');
    };
    rig.board.hardware.setup({ requestType: 0xc1, request: 1, value: 0, index: 0, length: 0 });
    expect(() => rig.controller.interrupt('core')).toThrow('oops');
  });
});

describe('endpoint 0', () => {
  it('is always enabled, and takes a request only when one is due; requests cannot be cancelled', async () => {
    const rig = await new ControllerRig().connect();
    const { ep0 } = rig.controller;
    const request = new WatchedRequest(new Uint8Array(8));
    expect(() => ep0.enable({ address: 0, attributes: 0, maxPacketSize: 64, interval: 0 })).toThrow('EINVAL');
    expect(() => ep0.disable()).toThrow('EINVAL');
    expect(() => ep0.queue(request)).toThrow('EINVAL');
    expect(() => ep0.dequeue(request)).toThrow('EINVAL');
    expect(() => ep0.setHalt(true)).toThrow('EINVAL');
    expect(() => ep0.setHalt(false)).toThrow('EINVAL');
  });
});
