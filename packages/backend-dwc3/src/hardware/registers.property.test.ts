import { seededRandom } from '@gadgetloom/core';
import type { BusTransfer } from '@gadgetloom/udc/bus';
import { hostTransfer, sameBytes } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { REGISTERS } from '../registers/register-map.ts';

const OFFSETS = Object.values(REGISTERS).flatMap(({ offset, count, stride }) =>
  Array.from({ length: count }, (_, index) => offset + index * stride),
);
const GUARD = 0xa5;
const DATA = 4096;
const UNTOUCHED = new Uint8Array(DATA).fill(GUARD);

/** Writes that mean something, and others that mean nothing; what the host does in between. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), at: fc.nat(), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant('command' as const), at: fc.nat(7), value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ kind: fc.constant('trb' as const), at: fc.nat(7), value: fc.nat(0xfff) }),
  fc.record({ kind: fc.constant('in' as const), at: fc.nat(3), value: fc.nat(5000) }),
  fc.record({ kind: fc.constant('out' as const), at: fc.nat(3), value: fc.nat(5000) }),
  fc.record({ kind: fc.constant('bus' as const), at: fc.nat(6), value: fc.nat(0xffff) }),
);

/** A core with memory between guards: two TRB buffers that it may reach, and nothing else. */
class Arena {
  readonly rig = new CoreRig();
  readonly memory = new Uint8Array(3 * DATA).fill(GUARD);
  readonly address: number;

  constructor() {
    this.address = this.rig.memory.mapSingle(this.memory, DATA, DATA, 'from-device');
    for (const endpoint of [0, 1, 2, 3, 4, 5, 6, 7]) this.rig.enable(endpoint, 64 << (endpoint & 3), endpoint & 3);
    this.rig.connect();
  }

  play({ kind, at, value }: { kind: string; at: number; value: number }): void {
    const { rig } = this;
    const { core } = rig;
    const transfer: BusTransfer = hostTransfer(value, value % 3 === 0);
    if (kind === 'write') core.write(OFFSETS[at % OFFSETS.length]!, value);
    else if (kind === 'command') rig.command(at, value, 0, rig.ring.dmaAddress + 16 * (value % 8));
    else if (kind === 'trb') rig.trb(at, this.address + (value & 7) * 512, value, (value * 7) & 0xc0e, (value % 9) + 1);
    else if (kind === 'in') rig.in(at, transfer);
    else if (kind === 'out') rig.out(at, transfer);
    else if (at === 0) core.reset();
    else if (at === 1) core.suspend();
    else if (at === 2) core.resume();
    else if (at === 3) core.vbusChanged((value & 1) === 1);
    else rig.setup({ requestType: value & 0xff, request: 0, value: 0, index: 0, length: value >> 8 });
  }
}

describe('the register interface', () => {
  it('takes any sequence of writes: nothing is thrown, and no byte is written outside the buffers of TRBs', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const arena = new Arena();
        for (const one of steps) arena.play(one);
        const { memory } = arena;
        expect(sameBytes(memory.subarray(0, DATA), UNTOUCHED)).toBe(true);
        expect(sameBytes(memory.subarray(2 * DATA), UNTOUCHED)).toBe(true);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('writes only what TRBs describe: a byte that no TRB covers keeps its value', () => {
    const random = seededRandom(3);
    for (let run = 0; run < 50; run++) {
      const core = new CoreRig();
      core.enable(2, 512);
      core.connect();
      const memory = new Uint8Array(DATA).fill(GUARD);
      const address = core.map(memory);
      const offset = Math.floor(random() * 1000);
      const length = 1 + Math.floor(random() * 2000);
      core.trb(0, address + offset, length);
      core.start(2);
      core.out(1, hostTransfer(3000));
      expect(memory.subarray(0, offset).every((byte) => byte === GUARD)).toBe(true);
      expect(memory.subarray(offset + length).every((byte) => byte === GUARD)).toBe(true);
    }
  });

  it('reads every register, and ignores what is none', () => {
    const { core } = new CoreRig();
    for (let offset = 0; offset < 0xe000; offset += 4) {
      const value = core.read(offset);
      expect(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff).toBe(true);
      if (!OFFSETS.includes(offset)) core.write(offset, 0xffff_ffff);
    }
    expect(core.read(0)).toBe(0);
  });
});
