import { describe, expect, it } from 'vitest';
import {
  UsbInTransferResult,
  UsbIsochronousInTransferPacket,
  UsbIsochronousInTransferResult,
  UsbIsochronousOutTransferPacket,
  UsbIsochronousOutTransferResult,
  UsbOutTransferResult,
} from './transfer-results.ts';
import type { UsbTransferStatus } from './types.ts';

const view = new DataView(Uint8Array.of(1, 2, 3, 4).buffer);

describe.each([UsbInTransferResult, UsbIsochronousInTransferPacket])('$name', (Result) => {
  it('has a status and data', () => {
    const { status, data } = new Result('ok', view);
    expect([status, data]).toEqual(['ok', view]);
  });

  it.each([[undefined], [null]])('has null without data, for %s', (data) => {
    expect(new Result('stall', data).data).toBeNull();
  });
});

describe.each([UsbOutTransferResult, UsbIsochronousOutTransferPacket])('$name', (Result) => {
  it('has a status and the number of bytes, 0 unless given', () => {
    expect(new Result('ok', 7)).toMatchObject({ status: 'ok', bytesWritten: 7 });
    expect(new Result('babble').bytesWritten).toBe(0);
  });
});

describe.each([
  UsbInTransferResult,
  UsbOutTransferResult,
  UsbIsochronousInTransferPacket,
  UsbIsochronousOutTransferPacket,
])('$name', (Result) => {
  it.each(['fail', undefined])('refuses the status %s', (status) => {
    expect(() => new Result(status as UsbTransferStatus)).toThrow(TypeError);
  });
});

describe('results of isochronous transfers', () => {
  it('have frozen packets, and data if there is some', () => {
    const packets = [new UsbIsochronousInTransferPacket('ok', view)];
    const result = new UsbIsochronousInTransferResult(packets, view);
    expect(result.packets).toEqual(packets);
    expect(result.data).toBe(view);
    expect(new UsbIsochronousInTransferResult([]).data).toBeNull();
    expect(new UsbIsochronousOutTransferResult([new UsbIsochronousOutTransferPacket('ok', 1)]).packets).toHaveLength(1);
    expect(Object.isFrozen(result.packets)).toBe(true);
  });

  it('need packets', () => {
    const none = undefined as unknown as [];
    expect(() => new UsbIsochronousInTransferResult(none)).toThrow(TypeError);
    expect(() => new UsbIsochronousOutTransferResult(none)).toThrow(TypeError);
  });
});
