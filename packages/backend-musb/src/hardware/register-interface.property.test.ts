import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HardwareRig } from '../../test/hardware-rig.ts';

const offset = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0x100, max: 0x14f }) },
  { weight: 4, arbitrary: fc.integer({ min: 0x200, max: 0x240 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 0x7f }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x1000 }) },
);
const width = fc.constantFrom<(8 | 16 | 32)[]>(8, 16, 32);
/** Bits that have a meaning together, and arbitrary ones. */
const value = fc.oneof(
  fc.constantFrom(
    0x0001,
    0x2001,
    0x1000,
    0x9400,
    0xb400,
    0x2000,
    0xa000,
    0x0010,
    0x0008,
    0x0040,
    0x60,
    512,
    64,
    0x3840,
  ),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), offset, width, value }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), offset, width }) },
  /** Points a channel at the memory that it may use, or beside it. */
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('dma' as const),
      channel: fc.nat(7),
      control: fc.integer({ min: 0, max: 0x7ff }),
      at: fc.integer({ min: -64, max: 4200 }),
      count: fc.nat(5000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('in' as const, 'out' as const),
      endpoint: fc.nat(4),
      length: fc.nat(2000),
      budget: fc.nat(3000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reset' as const, 'suspend' as const, 'resume' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('setup' as const),
      requestType: fc.nat(255),
      length: fc.nat(300),
    }),
  },
);

const before = pattern(3 * 4096);
const offered = pattern(2000, 9);

describe('the register interface, used in any order', () => {
  it('never throws, keeps to 16 and 32 bits, and writes no memory outside of what a channel was given', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const rig = new HardwareRig().connect().fifos(1).fifos(2, { double: true });
        const { registers, hardware, memory } = rig;
        // One page that the device may use, between pages that it may not use.
        const bytes = before.slice();
        const base = memory.mapSingle(bytes, 4096, 4096, 'bidirectional');
        const given: { from: number; to: number }[] = [];
        for (const one of steps) {
          switch (one.do) {
            case 'write':
              // Only the action 'dma' points channels at memory.
              if (one.offset >= 0x200 && (one.offset & 0xc) !== 4) break;
              if (one.width === 32 && one.offset >= 0x1fc) break;
              if (one.width === 8) registers.write8(one.offset, one.value);
              else if (one.width === 16) registers.write16(one.offset, one.value);
              else registers.write32(one.offset, one.value);
              break;
            case 'read': {
              const got =
                one.width === 8
                  ? registers.read8(one.offset)
                  : one.width === 16
                    ? registers.read16(one.offset)
                    : registers.read32(one.offset);
              if (!(got >= 0 && got < 2 ** one.width)) expect.fail(`read ${got}`);
              break;
            }
            case 'dma': {
              const address = (base + one.at) & ~3;
              const at = 0x200 + 0x10 * one.channel;
              registers.write16(at + 4, 0);
              registers.write32(at + 8, address);
              registers.write32(at + 0xc, one.count);
              registers.write16(at + 4, one.control);
              given.push({ from: address, to: address + one.count });
              break;
            }
            case 'in':
              rig.in(one.endpoint, hostTransfer(one.length), one.budget);
              break;
            case 'out':
              rig.out(one.endpoint, hostTransfer(offered.subarray(0, one.length)), one.budget);
              break;
            case 'setup':
              hardware.setup({ requestType: one.requestType, request: 1, value: 0, index: 0, length: one.length });
              break;
            default:
              hardware[one.do]();
          }
        }
        const inside = (at: number): boolean =>
          at >= 4096 && at < 8192 && given.some(({ from, to }) => base + at - 4096 >= from && base + at - 4096 < to);
        for (let at = 0; at < bytes.length; at++)
          if (bytes[at] !== before[at] && !inside(at)) expect.fail(`byte ${at} was written`);
        expect(rig.faults.filter(({ reason }) => reason !== 'unmapped')).toEqual([]);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});
