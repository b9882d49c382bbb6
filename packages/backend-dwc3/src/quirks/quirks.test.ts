import { Errno, SECOND } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER } from '@gadgetloom/dmabuf';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { UsbRequest } from '@gadgetloom/udc';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';
import { CONFIG1 } from '../registers/endpoint-configuration.ts';
import { REGISTERS } from '../registers/register-map.ts';
import { QUIRKS, type Quirks } from './quirks.ts';

const DEVICE_DESCRIPTOR = { requestType: 0x80, request: 6, value: 0x100, index: 0, length: 18 };
const VENDOR_OUT = { requestType: 0x41, request: 0x51, value: 1, index: 0, length: 8 };

async function stack(quirks: Quirks) {
  const pieces = new TinyContainer(dwc3({ quirks, speed: 'high' }));
  const loopback = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  return { pieces, host: pieces.resolve(VIRTUAL_HOST), board: pieces.resolve(DWC3_BOARD), ...loopback };
}

/** Whether the device can still be reset and enumerated. */
async function survives(reset: () => Promise<unknown>): Promise<boolean> {
  return reset().then(
    () => true,
    () => false,
  );
}

describe.each([[true], [false]])('with a quirk: %s', (on) => {
  it('resetLosesSetup', async () => {
    const { device } = await stack({ resetLosesSetup: on });
    // The function does not answer.
    await device.control(VENDOR_OUT, new Uint8Array(8), SECOND).catch(() => {});
    expect(await survives(() => device.reset())).toBe(!on);
  });

  it('controlOutLosesSetup', async () => {
    const { device, board } = await stack({ controlOutLosesSetup: on, resetLosesSetup: true });
    await device.control(VENDOR_OUT, new Uint8Array(8), SECOND).catch(() => {});
    // The function begins to take the data, which the host does not send any more.
    const request = new UsbRequest();
    request.buffer = new Uint8Array(8);
    request.length = 8;
    board.gadget.ep0.queue(request);
    expect(await survives(() => device.reset())).toBe(!on);
    expect(request.status).toBe(-Errno.ESHUTDOWN);
  });

  it('staleEndTransfer', async () => {
    const { pieces, device, board, ep2 } = await stack({ staleEndTransfer: on });
    const out = board.gadget.endpoints.find(({ name }) => name === 'ep1out')!;
    out.setHalt(true);
    await device.setConfiguration(1);
    await new Promise((resolve) => setImmediate(resolve));
    const buffer = pieces.resolve(DMA_BUF_EXPORTER).allocate({ size: 4096 });
    ep2.attach(buffer);
    const fence = ep2.transfer(buffer, 4096);
    await device.pipe(0x01).transferOut(new Uint8Array(4096), SECOND);
    expect(await fence.wait()).toBe(on ? -Errno.ECONNRESET : 1);
  });

  it('missingSuperSpeedReset', () => {
    const core = new CoreRig({ quirks: { missingSuperSpeedReset: on } });
    core.run();
    core.takeEvents();
    core.core.reset();
    expect(core.takeEvents().includes('101')).toBe(!on);
  });

  it('missingDisconnect', () => {
    const core = new CoreRig({ quirks: { missingDisconnect: on } });
    for (const endpoint of [0, 1]) core.enable(endpoint, 512, 0, CONFIG1.XFER_NOT_READY_EN.mask);
    core.connect();
    core.setup(DEVICE_DESCRIPTOR);
    core.takeEvents();
    core.core.vbusChanged(false);
    expect(core.takeEvents().includes('1')).toBe(!on);
  });

  it('spuriousResume', () => {
    const core = new CoreRig({ quirks: { spuriousResume: on } }).connect();
    core.core.suspend();
    core.takeEvents();
    core.core.resume();
    expect(core.takeEvents().includes('f0301')).toBe(on);
  });

  it('unmaskedInterrupt', () => {
    const core = new CoreRig({ quirks: { unmaskedInterrupt: on } }).connect();
    core.core.suspend();
    core.core.write(REGISTERS.GEVNTSIZ.offset, 0x8000_1000);
    expect(core.line).toBe(on);
  });
});

describe('quirks', () => {
  it('are off unless asked for, and each has a source', () => {
    for (const { effect, source } of Object.values(QUIRKS))
      expect([effect, source].every((text) => text.length > 20)).toBe(true);
  });

  it('are options of a gadget file, by name', () => {
    expect(() => dwc3().configure?.({ quirks: { unmaskedInterrupt: true } })).not.toThrow();
    expect(() => dwc3().configure?.({ quirks: { unmasked: true } })).toThrow('controlOutLosesSetup');
  });

  it('of an old release are worked around by the driver', async () => {
    const pieces = new TinyContainer(
      dwc3({ core: { revision: 0x5533_188a }, quirks: { missingSuperSpeedReset: true } }),
    );
    const { device, board } = {
      ...(await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST))),
      board: pieces.resolve(DWC3_BOARD),
    };
    expect(device.speed).toBe('super');
    const request = new UsbRequest();
    expect(() => board.gadget.endpoints[0]!.queue(request)).not.toThrow();
  });
});
