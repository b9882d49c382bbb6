import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcmControl } from './acm-control.ts';
import { encodeAcmDescriptors } from './acm-descriptors.ts';
import { decodeLineCoding, encodeLineCoding, formatLineCoding, PARITIES } from './line-coding.ts';
import { decodeSerialState, encodeSerialState, SerialState } from './serial-state.ts';

const CONTROL = 3;
const setup = (requestType: number, request: number, value = 0, length = 0, index = CONTROL) => ({
  ...{ requestType, request, value, index, length },
});

function rig(options = {}) {
  const told: unknown[] = [];
  const control = new AcmControl(
    {
      lineCoding: (bytes) => told.push(formatLineCoding(decodeLineCoding(bytes))),
      controlLines: (bits) => told.push(bits),
      sendBreak: (duration) => told.push(`break ${duration}`),
    },
    options,
  );
  return { control, told };
}

describe('the control requests of a serial port', () => {
  it('remember the line coding, and give it back', () => {
    const { control, told } = rig();
    expect(control.setup(setup(0x21, 0x20, 0, 7), CONTROL)).toEqual({ kind: 'receive', length: 7 });
    expect(control.receive(Uint8Array.of(0, 0xc2, 1, 0, 0, 0, 8))).toBe(true);
    expect(told).toEqual(['115200 8N1']);
    expect(control.setup(setup(0xa1, 0x21, 0, 64), CONTROL)).toEqual({
      kind: 'send',
      bytes: Uint8Array.of(0, 0xc2, 1, 0, 0, 0, 8),
    });
    expect(control.setup(setup(0xa1, 0x21, 0, 2), CONTROL)).toEqual({ kind: 'send', bytes: Uint8Array.of(0, 0xc2) });
  });

  it('refuse a line coding of another length, and keep the one before', () => {
    const { control, told } = rig();
    expect(control.setup(setup(0x21, 0x20, 0, 6), CONTROL)).toEqual({ kind: 'refuse' });
    expect(control.receive(new Uint8Array(6))).toBe(false);
    expect(told).toEqual([]);
  });

  it('tell control lines and breaks', () => {
    const { control, told } = rig();
    expect(control.setup(setup(0x21, 0x22, 3), CONTROL)).toEqual({ kind: 'accept' });
    expect(control.setup(setup(0x21, 0x23, 0xffff), CONTROL)).toEqual({ kind: 'accept' });
    expect(control.controlLines).toBe(3);
    expect(told).toEqual([3, 'break 65535']);
  });

  it('may refuse a break that took effect', () => {
    const { control, told } = rig({ refusesBreak: true });
    expect(control.setup(setup(0x21, 0x23, 100), CONTROL)).toEqual({ kind: 'refuse' });
    expect(told).toEqual(['break 100']);
  });

  it('refuse everything else, whatever it is', () => {
    const known = new Set([0x2120, 0xa121, 0x2122, 0x2123]);
    const byte = fc.nat({ max: 0xff });
    const word = fc.nat({ max: 0xffff });
    fc.assert(
      fc.property(byte, byte, word, word, word, (requestType, request, value, index, length) => {
        const { control, told } = rig();
        const decision = control.setup({ requestType, request, value, index, length }, CONTROL);
        if (known.has((requestType << 8) | request) && index === CONTROL) return;
        expect(decision).toEqual({ kind: 'refuse' });
        expect(told).toEqual([]);
      }),
    );
  });
});

describe('a line coding', () => {
  it('survives the way to the bus and back', () => {
    const coding = fc.record({
      baudRate: fc.nat({ max: 0xffffffff }),
      stopBits: fc.constantFrom(1 as const, 1.5 as const, 2 as const),
      parity: fc.constantFrom(...PARITIES),
      dataBits: fc.nat({ max: 0xff }),
    });
    fc.assert(
      fc.property(coding, (one) => {
        expect(decodeLineCoding(encodeLineCoding(one))).toEqual(one);
      }),
    );
  });

  it('says what does not fit', () => {
    const good = { baudRate: 9600, stopBits: 1, parity: 'none', dataBits: 8 } as const;
    expect(() => encodeLineCoding({ ...good, baudRate: -1 })).toThrow('the baud rate is -1; allowed is');
    expect(() => encodeLineCoding({ ...good, stopBits: 3 as 1 })).toThrow('the stop bits are 3');
    expect(() => encodeLineCoding({ ...good, parity: 'some' as 'odd' })).toThrow('the parity is "some"');
    expect(() => decodeLineCoding(new Uint8Array(8))).toThrow('has 8 bytes; it must have 7');
  });

  it('of an odd host is read as far as it means something', () => {
    expect(decodeLineCoding(Uint8Array.of(0, 0, 0, 0, 9, 9, 0))).toEqual({
      ...{ baudRate: 0, stopBits: 1, parity: 'none', dataBits: 0 },
    });
  });
});

it('a SERIAL_STATE notification names its interface and the bits', () => {
  const bytes = encodeSerialState({ interfaceNumber: 2, state: SerialState.DSR | SerialState.DCD });
  expect(bytes).toEqual(Uint8Array.of(0xa1, 0x20, 0, 0, 2, 0, 2, 0, 3, 0));
  expect(decodeSerialState(bytes)).toEqual({ interfaceNumber: 2, state: 3 });
  expect(() => decodeSerialState(bytes.subarray(1))).toThrow('are no SERIAL_STATE notification');
});

it('the functional descriptors are header, call management, ACM and union', () => {
  expect([...encodeAcmDescriptors({ controlInterface: 0, dataInterface: 1, capabilities: 2 })]).toEqual([
    ...[5, 0x24, 0, 0x10, 1, 5, 0x24, 1, 0, 1, 4, 0x24, 2, 2, 5, 0x24, 6, 0, 1],
  ]);
});
