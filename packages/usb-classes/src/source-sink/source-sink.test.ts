import { describe, expect, it } from 'vitest';
import { ControlTest } from './control-test.ts';
import { fillPattern, patternFault } from './data-patterns.ts';

describe('the patterns of a source and sink', () => {
  it('begin anew with each packet', () => {
    const bytes = fillPattern('mod63', new Uint8Array(130), 64);
    expect([bytes[62], bytes[63], bytes[64], bytes[129]]).toEqual([62, 0, 0, 1]);
    expect(patternFault('mod63', bytes, 64)).toBeUndefined();
    expect(patternFault('mod63', bytes, 512)).toEqual({ offset: 64, found: 0, expected: 1 });
  });

  it('are zeros, or nothing that is checked', () => {
    expect(fillPattern('zeros', Uint8Array.of(1, 2), 64)).toEqual(Uint8Array.of(0, 0));
    expect(patternFault('zeros', Uint8Array.of(0, 7), 64)).toEqual({ offset: 1, found: 7, expected: 0 });
    expect(patternFault('none', Uint8Array.of(0, 7), 64)).toBeUndefined();
  });
});

describe('the control requests for tests', () => {
  const setup = { value: 0, index: 0, length: 3 };

  it('give back what was written', () => {
    const control = new ControlTest();
    expect(control.setup({ requestType: 0x40, request: 0x5b, ...setup })).toEqual({ kind: 'receive', length: 3 });
    control.receive(Uint8Array.of(1, 2, 3));
    const read = control.setup({ requestType: 0xc0, request: 0x5c, ...setup, length: 5 });
    expect(read).toEqual({ kind: 'send', bytes: Uint8Array.of(1, 2, 3, 0, 0) });
  });

  it.each([
    { requestType: 0xc0, request: 0x5b, ...setup },
    { requestType: 0x40, request: 0x5c, ...setup },
    { requestType: 0x41, request: 0x5b, ...setup },
    { requestType: 0x40, request: 0x5b, ...setup, value: 1 },
    { requestType: 0x40, request: 0x5b, ...setup, index: 1 },
    { requestType: 0x40, request: 0x5b, ...setup, length: 4097 },
    { requestType: 0x40, request: 0x5d, ...setup },
  ])('refuse $requestType $request $value $index $length', (packet) => {
    expect(new ControlTest().setup(packet)).toEqual({ kind: 'refuse' });
  });
});
