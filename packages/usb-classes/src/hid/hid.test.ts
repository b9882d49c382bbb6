import { MILLISECOND, VirtualClock } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gamepadDescriptor, keyboardDescriptor, mouseDescriptor } from './device-descriptors.ts';
import { HidControl } from './hid-control.ts';
import { IdleTimers } from './idle-timers.ts';
import { keyOf } from './key-names.ts';
import { parseReportDescriptor } from './parse-report-descriptor.ts';
import { buildReportDescriptor, FieldBits } from './report-builder.ts';
import { findReport, longestReport } from './report-layout.ts';
import { decodeReport, encodeReport } from './report-values.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const parse = (hex: string) => () => parseReportDescriptor(bytes(hex));

/** A vendor device with ids: input 1 and feature 2, four bytes each. */
const VENDOR = buildReportDescriptor([
  ['usagePage', 0xff00],
  ['usage', 1],
  ['collection', 1],
  ['logicalMinimum', 0],
  ['logicalMaximum', 255],
  ['reportSize', 8],
  ['reportCount', 4],
  ['reportId', 1],
  ['usage', 2],
  ['input', FieldBits.VARIABLE],
  ['reportId', 2],
  ['usage', 3],
  ['feature', FieldBits.VARIABLE],
  ['endCollection'],
]);

describe('a report descriptor', () => {
  it('tells the reports of a keyboard, a mouse and a game pad', () => {
    const keyboard = parseReportDescriptor(keyboardDescriptor());
    expect([longestReport(keyboard, 'input'), longestReport(keyboard, 'output')]).toEqual([8, 1]);
    expect(keyboard.applications).toEqual([0x1_0006]);
    expect(longestReport(parseReportDescriptor(mouseDescriptor(5)), 'input')).toBe(4);
    const pad = gamepadDescriptor({ buttons: 12, axes: ['x', 'y'], hat: true });
    expect(longestReport(parseReportDescriptor(pad), 'input')).toBe(7);
  });

  it('counts the report id', () => {
    const vendor = parseReportDescriptor(VENDOR);
    expect([vendor.usesIds, longestReport(vendor, 'input'), longestReport(vendor, 'output')]).toEqual([true, 5, 0]);
  });

  it.each([
    ['', /byte 0: it is empty/],
    ['05', /byte 0: the item needs 1 bytes of data, and 0 are left/],
    ['05 01 09 06 a1 01 75 08 95 01 81 01', /byte 4: this collection has no end/],
    ['05 01 09 06 a1 01 75 08 95 01 81 01 c0 c0', /byte 13: End Collection ends no collection/],
    ['05 01 09 06 a1 01 95 01 09 30 81 02 c0', /byte 10: .*Report Size 0 and Report Count 1/],
    ['05 01 09 06 a1 01 75 08 95 01 81 02 c0', /byte 10: .*has no Usage/],
    [
      '05 01 09 06 a1 01 75 08 95 01 09 30 25 01 81 02 85 01 c0',
      /byte 16: Report ID 1 comes after the field at byte 14/,
    ],
    ['05 01 09 06 a1 01 85 00 c0', /byte 6: Report ID is 0/],
    ['09 06', /byte 0: a usage comes before the first Usage Page/],
    ['05 01 09 06 a1 01 b4 c0', /byte 6: Pop has no Push/],
    ['05 01 09 06 a1 01 c0', /there is no report/],
    ['05 01 09 30 75 08 95 01 25 01 81 02', /byte 10: this input field is in no collection/],
    ['05 01 75 21', /byte 2: Report Size is 33/],
    ['05 01 29 03', /byte 2: Usage Maximum has no Usage Minimum/],
    ['0c', /byte 0: this item has the reserved type 3/],
  ])('is refused with the byte that is wrong: %s', (hex, message) => {
    expect(parse(hex)).toThrow(message);
  });

  it('is read or refused, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
        try {
          parseReportDescriptor(random);
        } catch (error) {
          expect((error as Error).name).toBe('InputError');
        }
      }),
      { seed: 15, numRuns: 500 },
    );
  });
});

describe('a report', () => {
  const keyboard = parseReportDescriptor(keyboardDescriptor());
  const keys = findReport(keyboard, 'input', 0)!;
  const pad = findReport(
    parseReportDescriptor(gamepadDescriptor({ buttons: 12, axes: ['x', 'y'], hat: true })),
    'input',
    0,
  )!;

  it('has modifiers as bits and keys as a list', () => {
    const report = encodeReport(keys, { keys: [0xe1, 0x04, 0x05] });
    expect([...report]).toEqual([2, 0, 4, 5, 0, 0, 0, 0]);
    expect(decodeReport(keys, report)).toEqual({ keys: [0xe1, 4, 5] });
  });

  it('has axes, buttons and a hat by name', () => {
    const report = encodeReport(pad, { x: -2, y: 300, buttons: [1, 12], hat: 8 });
    expect([...report]).toEqual([0x01, 0x08, 0xfe, 0xff, 0x2c, 0x01, 8]);
    expect(decodeReport(pad, report)).toEqual({ x: -2, y: 300, buttons: [1, 12], hat: 8 });
  });

  it('says which value is wrong', () => {
    expect(() => encodeReport(pad, { xx: 1 })).toThrow(/no "xx".*x, y/);
    expect(() => encodeReport(pad, { x: 40_000 })).toThrow(/"x" is 40000; -32767 to 32767 is allowed/);
    expect(() => encodeReport(pad, { buttons: [13] })).toThrow(/"buttons" has no place for 13/);
    expect(() => encodeReport(keys, { keys: [4, 5, 6, 7, 8, 9, 10] })).toThrow(/more than 6 of "keys"/);
  });

  it('is a list of numbers where one usage has several', () => {
    const vendor = findReport(parseReportDescriptor(VENDOR), 'feature', 2)!;
    expect(decodeReport(vendor, encodeReport(vendor, { 'ff00:0003': [1, 2] }))).toEqual({ 'ff00:0003': [1, 2, 0, 0] });
  });

  it('knows the keys of the US layout', () => {
    expect(
      ['a', 'Z', '1', '!', '\n', ' ', '-', '_', '\\', '/', '?', 'f5', 'rightMeta'].map((key) => keyOf(key)),
    ).toEqual([
      { usage: 0x04, shift: false },
      { usage: 0x1d, shift: true },
      { usage: 0x1e, shift: false },
      { usage: 0x1e, shift: true },
      { usage: 0x28, shift: false },
      { usage: 0x2c, shift: false },
      { usage: 0x2d, shift: false },
      { usage: 0x2d, shift: true },
      { usage: 0x31, shift: false },
      { usage: 0x38, shift: false },
      { usage: 0x38, shift: true },
      { usage: 0x3e, shift: false },
      { usage: 0xe7, shift: false },
    ]);
    expect(() => keyOf('entre')).toThrow(/no key "entre".*did you mean "enter"/);
  });
});

describe('the control requests of a HID device', () => {
  const get = (request: number, value: number, length = 64) => ({
    requestType: 0xa1,
    request,
    value,
    index: 0,
    length,
  });
  const set = (request: number, value: number, length = 0) => ({ requestType: 0x21, request, value, index: 0, length });

  it('give and take reports with their id', () => {
    const control = new HidControl({ description: parseReportDescriptor(VENDOR) });
    expect(control.setup(set(9, 0x0302, 5))).toMatchObject({ kind: 'receive', length: 5 });
    expect(control.fromWire('feature', Uint8Array.of(2, 9, 8, 7, 6))?.bytes).toEqual(Uint8Array.of(9, 8, 7, 6));
    expect(control.setup(get(1, 0x0302))).toEqual({ kind: 'send', bytes: Uint8Array.of(2, 9, 8, 7, 6) });
    expect(control.setup(get(1, 0x0302, 2))).toEqual({ kind: 'send', bytes: Uint8Array.of(2, 9) });
    for (const refused of [
      set(9, 0x0302, 6),
      set(9, 0x0302, 0),
      set(9, 0x0101, 5),
      get(1, 0x0303),
      get(3, 0),
      set(0x0b, 0),
    ])
      expect(control.setup(refused)).toEqual({ kind: 'refuse' });
    expect(control.fromWire('feature', Uint8Array.of(7, 1))).toBeUndefined();
  });

  it('cut reports in the boot protocol, until the device is reset', () => {
    const description = parseReportDescriptor(mouseDescriptor());
    const control = new HidControl({ description, boot: 'mouse' });
    const [report] = description.reports;
    expect(control.setup(set(0x0b, 0))).toEqual({ kind: 'accept' });
    expect([control.protocol, control.toWire(report!, Uint8Array.of(1, 2, 3, 4)).length]).toEqual(['boot', 3]);
    expect(control.setup(get(3, 0))).toEqual({ kind: 'send', bytes: Uint8Array.of(0) });
    control.reset();
    expect([control.protocol, control.toWire(report!, Uint8Array.of(1, 2, 3, 4)).length]).toEqual(['report', 4]);
  });

  it('set the idle rate of one report or of all', () => {
    const changes: number[][] = [];
    const control = new HidControl({
      description: parseReportDescriptor(VENDOR),
      idleChanged: (...change) => changes.push(change),
    });
    expect(control.setup(set(0x0a, 0x0500))).toEqual({ kind: 'accept' });
    expect(control.setup(get(2, 1))).toEqual({ kind: 'send', bytes: Uint8Array.of(5) });
    expect(control.setup(set(0x0a, 0x0102))).toEqual({ kind: 'refuse' });
    expect(changes).toEqual([[0, 5]]);
  });

  it('repeat a report at its idle rate', async () => {
    const clock = new VirtualClock();
    const repeated: number[] = [];
    const timers = new IdleTimers(
      clock,
      (id) => id * 2,
      (id) => {
        repeated.push(clock.now() / MILLISECOND);
        timers.sent(id);
      },
    );
    timers.sent(0);
    timers.sent(1);
    await new Promise<void>((resolve) => clock.setTimer(25 * MILLISECOND, resolve));
    timers.stop();
    expect(repeated).toEqual([8, 16, 24]);
  });
});
