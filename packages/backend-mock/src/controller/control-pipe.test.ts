import { Errno, KernelError } from '@gadgetloom/core';
import { DELAYED_STATUS, type SetupPacket } from '@gadgetloom/udc';
import { handshakeName, hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';

const setup = (requestType: number, request: number, value = 0, index = 0, length = 0): SetupPacket => ({
  requestType,
  request,
  value,
  index,
  length,
});

/**
 * Makes a control transfer as far as it goes at once. Returns the answers of each stage and the data of the data stage.
 */
function control(rig: ControllerRig, packet: SetupPacket): { stages: string; data: number[] } {
  const stages = [handshakeName(rig.controller.setup(packet))];
  const transfer = hostTransfer(packet.length);
  const status = hostTransfer(0);
  const toHost = (packet.requestType & 0x80) !== 0;
  if (stages[0] === 'ACK' && packet.length > 0) stages.push(toHost ? rig.in(0, transfer) : rig.out(0, transfer));
  if (stages.at(-1) === 'ACK' || stages.at(-1) === 'SHORT')
    stages.push(toHost && packet.length > 0 ? rig.out(0, status) : rig.in(0, status));
  return { stages: stages.join(' '), data: [...transfer.data.subarray(0, transfer.actual)] };
}

describe('what the controller answers itself', () => {
  it('SET_ADDRESS', () => {
    const rig = new ControllerRig().connect();
    expect(control(rig, setup(0x00, 5, 7)).stages).toBe('ACK ACK');
    expect(rig.driver.told).not.toContain('setup 5');
  });

  it('GET_STATUS: self-powered and remote wakeup of the device, nothing of an interface, the halt of an endpoint', () => {
    const rig = new ControllerRig().connect();
    rig.controller.setSelfPowered(true);
    expect(control(rig, setup(0x80, 0, 0, 0, 2))).toEqual({ stages: 'ACK ACK ACK', data: [1, 0] });
    expect(control(rig, setup(0x00, 3, 1)).stages).toBe('ACK ACK');
    expect(control(rig, setup(0x80, 0, 0, 0, 2)).data).toEqual([3, 0]);
    expect(control(rig, setup(0x00, 1, 1)).stages).toBe('ACK ACK');
    expect(control(rig, setup(0x80, 0, 0, 0, 1)).data).toEqual([1]);
    expect(control(rig, setup(0x81, 0, 0, 0, 2)).data).toEqual([0, 0]);
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    endpoint.setHalt(true);
    expect(control(rig, setup(0x82, 0, 0, 0x81, 8))).toEqual({ stages: 'ACK SHORT ACK', data: [1, 0] });
    expect(control(rig, setup(0x82, 0, 0, 0x02, 2)).stages).toBe('STALL');
  });

  it('ENDPOINT_HALT, of enabled endpoints other than 0', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    endpoint.queue(new WatchedRequest(pattern(512)));
    expect(control(rig, setup(0x02, 3, 0, 0x81)).stages).toBe('ACK ACK');
    expect(rig.in(1, hostTransfer(512))).toBe('STALL');
    expect(control(rig, setup(0x02, 1, 0, 0x81)).stages).toBe('ACK ACK');
    expect(rig.in(1, hostTransfer(512))).toBe('ACK');
    expect(control(rig, setup(0x02, 3, 0, 0x00)).stages).toBe('STALL');
    expect(control(rig, setup(0x02, 1, 0, 0x00)).stages).toBe('ACK ACK');
    expect(control(rig, setup(0x02, 3, 0, 0x05)).stages).toBe('STALL');
  });

  it('but the host cannot resume what is wedged', () => {
    const rig = new ControllerRig().connect();
    const endpoint = rig.enable('ep1in-bulk', 0x81);
    endpoint.setWedge?.();
    expect(control(rig, setup(0x02, 1, 0, 0x81)).stages).toBe('ACK ACK');
    expect(rig.in(1, hostTransfer(512))).toBe('STALL');
    endpoint.setHalt(false);
    expect(rig.in(1, hostTransfer(512))).toBe('NAK');
  });

  it.each([
    ['high', 48, 'STALL'],
    ['super', 48, 'ACK ACK'],
    ['super', 49, 'ACK ACK'],
    ['super', 50, 'ACK ACK'],
    ['high', 3, 'ACK ACK'],
    ['high', 2, 'STALL'],
  ] as const)('features of the device: at %s speed, setting %i is %s', (speed, feature, stages) => {
    expect(control(new ControllerRig({ speed }).connect(), setup(0x00, 3, feature)).stages).toBe(stages);
  });

  it('the features of OTG can be set, not cleared', () => {
    expect(control(new ControllerRig().connect(), setup(0x00, 1, 3)).stages).toBe('STALL');
  });
});

describe('what the gadget answers', () => {
  it('data to the host, and the status stage is the host’s own business', () => {
    const rig = new ControllerRig().connect();
    const answer = new WatchedRequest(pattern(18));
    answer.zero = true;
    rig.driver.onSetup = () => {
      rig.controller.ep0.queue(answer);
      return 0;
    };
    expect(control(rig, setup(0x80, 6, 0x100, 0, 64))).toEqual({ stages: 'ACK SHORT ACK', data: [...pattern(18)] });
    expect(answer.outcomes).toEqual(['ok 18']);
  });

  it('data from the host', () => {
    const rig = new ControllerRig().connect();
    const request = new WatchedRequest(new Uint8Array(4));
    rig.driver.onSetup = () => {
      rig.controller.ep0.queue(request);
      return 0;
    };
    expect(control(rig, setup(0x41, 1, 0, 0, 4)).stages).toBe('ACK ACK ACK');
    expect(request.outcomes).toEqual(['ok 4']);
  });

  it('no data: its empty request is the status stage, and may come later', () => {
    const rig = new ControllerRig().connect();
    const status = new WatchedRequest(new Uint8Array(0));
    rig.driver.onSetup = () => DELAYED_STATUS;
    expect(control(rig, setup(0x00, 9, 1)).stages).toBe('ACK NAK');
    rig.bus.told.length = 0;
    rig.controller.ep0.queue(status);
    expect(rig.bus.told).toEqual(['ready 0', 'ready 80']);
    expect(rig.in(0, hostTransfer(0))).toBe('ACK');
    expect(status.outcomes).toEqual(['ok 0']);
  });

  it('a refusal is a stall, at once or later, until the next setup packet', () => {
    const rig = new ControllerRig().connect();
    rig.driver.onSetup = () => {
      throw new KernelError('EOPNOTSUPP', 'setup');
    };
    expect(control(rig, setup(0xc1, 1, 0, 0, 4)).stages).toBe('STALL');
    expect(rig.in(0, hostTransfer(4))).toBe('STALL');
    rig.driver.onSetup = () => 0;
    expect(control(rig, setup(0xc1, 1, 0, 0, 4)).stages).toBe('ACK NAK');
    rig.controller.ep0.setHalt(true);
    expect(rig.in(0, hostTransfer(4))).toBe('STALL');
    expect(control(rig, setup(0xc1, 1, 0, 0, 4)).stages).toBe('ACK NAK');
  });

  it('an error of the program is not taken for a refusal', () => {
    const rig = new ControllerRig().connect();
    rig.driver.onSetup = () => {
      throw new TypeError('oops');
    };
    expect(() => rig.controller.setup(setup(0xc1, 1))).toThrow('oops');
  });

  it('what is still queued when the host starts over completes with EOVERFLOW', () => {
    const rig = new ControllerRig().connect();
    const stale = new WatchedRequest(pattern(4));
    rig.driver.onSetup = () => 0;
    rig.controller.setup(setup(0xc1, 1, 0, 0, 4));
    rig.controller.ep0.queue(stale);
    rig.controller.setup(setup(0xc1, 1, 0, 0, 4));
    expect(stale.status).toBe(-Errno.EOVERFLOW);
    expect(stale.outcomes).toEqual(['EOVERFLOW 0']);
  });
});
