import { TraceRecorder } from '@gadgetloom/core';
import { hostTransfer, pattern, WatchedRequest } from '@gadgetloom/udc/testing';
import { describe, expect, it } from 'vitest';
import { ControllerRig } from '../../test/controller-rig.ts';
import { QUIRKS } from './quirks.ts';

describe('dropsEarlyPackets', () => {
  it.each([
    [false, ['ok 100'], 'ACK'],
    [true, ['ok 50'], 'ACK'],
  ])('%s: what came before the first request', async (on, outcomes, second) => {
    const rig = await new ControllerRig({ quirks: { dropsEarlyPackets: on } }).connect();
    const endpoint = rig.enable('ep1out', 0x01);
    expect(await rig.out(1, hostTransfer(pattern(100)))).toBe('ACK');
    const request = new WatchedRequest(new Uint8Array(512));
    endpoint.queue(request);
    await rig.settle();
    expect(await rig.out(1, hostTransfer(50))).toBe(second);
    expect(request.outcomes).toEqual(outcomes);
  });
});

describe('keepsEmptyPackets', () => {
  it.each([
    [false, [['ok 0'], ['ok 300']]],
    [true, [['ok 0'], ['ok 0']]],
  ])('%s: an empty packet in a double FIFO', async (on, outcomes) => {
    const rig = await new ControllerRig({ fifoMode: 1, quirks: { keepsEmptyPackets: on } }).connect();
    const endpoint = rig.enable('ep1out', 0x01);
    const requests = [0, 1].map(() => new WatchedRequest(new Uint8Array(512)));
    for (const request of requests) endpoint.queue(request);
    await rig.out(1, hostTransfer(0));
    await rig.out(1, hostTransfer(300));
    expect(requests.map((request) => request.outcomes)).toEqual(outcomes);
  });
});

describe('losesResetInterrupt', () => {
  it.each([
    [false, 'high', false],
    [true, undefined, true],
  ] as const)('%s: the first reset', async (on, speed, noticed) => {
    const trace = new TraceRecorder();
    const rig = await new ControllerRig({ trace, quirks: { losesResetInterrupt: on } }).connect();
    expect(rig.controller.speed).toBe(speed);
    rig.board.hardware.setup({ requestType: 0x80, request: 0, value: 0, index: 0, length: 2 });
    await rig.settle();
    expect(rig.controller.speed).toBe('high');
    expect(trace.events.some(({ what }) => what === 'reset interrupt lost')).toBe(noticed);
  });
});

it('every quirk says what it does and where it is from', () => {
  for (const { effect, source } of Object.values(QUIRKS)) {
    expect(effect).toMatch(/\.$/);
    expect(source).toMatch(/musb_gadget/);
  }
});
