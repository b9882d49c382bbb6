import { TRACE_SINK, TraceRecorder } from '@gadgetloom/core';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { Feature, Request } from '@gadgetloom/udc';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';
import type { Dwc3Options } from '../plugin/dwc3-options.ts';

async function stack(options: Dwc3Options = {}, remoteWakeup = false) {
  const recorder = new TraceRecorder();
  const pieces = new TinyContainer(dwc3(options));
  pieces.register(TRACE_SINK, { useFactory: () => recorder });
  const loopback = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST), { remoteWakeup });
  const events = (): unknown[] =>
    recorder.events
      .filter(({ source, what }) => source === 'functionfs' && what === 'event')
      .map((one) => one.details?.['type']);
  return { ...loopback, events, host: pieces.resolve(VIRTUAL_HOST), board: pieces.resolve(DWC3_BOARD) };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const feature = (value: number, request: number = Request.SET_FEATURE) => ({
  requestType: 0,
  request,
  value,
  index: 0,
  length: 0,
});

describe('suspend and resume', () => {
  it.each(['high', 'super'] as const)('reach the function at %s speed', async (speed) => {
    const { host, events } = await stack({ speed });
    await host.suspend();
    await settle();
    expect(events().at(-1)).toBe('SUSPEND');
    await host.resume();
    await settle();
    expect(events().at(-1)).toBe('RESUME');
  });

  it('the device wakes the host if both allow it', async () => {
    const { host, board, events, device } = await stack({ speed: 'high' }, true);
    await host.suspend({ remoteWakeup: true });
    await settle();
    board.gadget.wakeup();
    await settle();
    expect([device.state, events().at(-1)]).toEqual(['configured', 'RESUME']);
  });

  it.each([
    ['the configuration does not allow it', false, 'EINVAL'],
    ['the host has not enabled it', true, 'EINVAL'],
  ] as const)('waking is refused if %s', async (_, remoteWakeup, code) => {
    const { host, board } = await stack({ speed: 'high' }, remoteWakeup);
    await host.suspend();
    expect(() => board.gadget.wakeup()).toThrow(code);
  });

  it('waking a bus that does not sleep is refused', async () => {
    const { board, device } = await stack({ speed: 'high' }, true);
    await device.control(feature(Feature.REMOTE_WAKEUP));
    expect(() => board.gadget.wakeup()).toThrow('EINVAL');
  });
});

describe('features of the device', () => {
  const status = async (device: Awaited<ReturnType<typeof stack>>['device']): Promise<number> => {
    const setup = { requestType: 0x80, request: Request.GET_STATUS, value: 0, index: 0, length: 2 };
    return ((await device.control(setup)) as Uint8Array)[0]!;
  };

  it('U1 and U2 exist at SuperSpeed, once configured', async () => {
    const { device } = await stack();
    await device.control(feature(Feature.U1_ENABLE));
    expect(await status(device)).toBe(1 << 2);
    await device.control(feature(Feature.U2_ENABLE));
    await device.control(feature(Feature.U1_ENABLE, Request.CLEAR_FEATURE));
    expect(await status(device)).toBe(1 << 3);
  });

  it.each([
    ['U1 below SuperSpeed', { speed: 'high' }, feature(Feature.U1_ENABLE)],
    ['U1 where the board does without', { properties: { disableU1: true } }, feature(Feature.U1_ENABLE)],
    ['LTM', {}, feature(50)],
    ['remote wakeup that the configuration has not', {}, feature(Feature.REMOTE_WAKEUP)],
  ] as const)('%s is refused', async (_, options, setup) => {
    const { device } = await stack(options);
    await expect(device.control(setup)).rejects.toThrow('EPIPE');
  });

  it('a test mode begins after its status stage', async () => {
    const { device, board } = await stack({ speed: 'high' });
    await device.control({ ...feature(Feature.TEST_MODE), index: 0x0400 });
    await settle();
    expect((board.hardware.read(0xc704) >>> 1) & 0xf).toBe(4);
  });
});
