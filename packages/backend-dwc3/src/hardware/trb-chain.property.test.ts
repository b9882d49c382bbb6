import type { DmaMemory } from '@gadgetloom/dmabuf';
import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { TRB_BYTES, TrbCtrl } from '../registers/trb.ts';

const PAGE = 64;
const PAGES = 12;
const IN = 3;
const OUT = 2;

/** Memory that does not tell where its bytes are: the core asks for every piece and every word. */
class SilentMemory implements DmaMemory {
  behind: DmaMemory | undefined;

  read(address: number, target: Uint8Array, at: number, length: number): boolean {
    return this.behind!.read(address, target, at, length);
  }

  write(address: number, source: Uint8Array, at: number, length: number): boolean {
    return this.behind!.write(address, source, at, length);
  }

  read32(address: number): number {
    return this.behind!.read32(address);
  }

  write32(address: number, value: number): boolean {
    return this.behind!.write32(address, value);
  }
}

interface Piece {
  /** Which page of the buffer; one more than there are: not mapped. */
  readonly page: number;
  readonly length: number;
  readonly flags: number;
  readonly owned: boolean;
}

interface Move {
  readonly length: number;
  readonly zeroPacket: boolean;
  readonly budget: number;
}

/** Everything that can be seen of a core that is given these TRBs, and then these transfers of the host. */
function play(silent: boolean, toHost: boolean, pieces: readonly Piece[], moves: readonly Move[]): unknown {
  const memory = new SilentMemory();
  const rig = new CoreRig(silent ? { memory } : {});
  memory.behind = rig.memory;
  rig.enable(toHost ? IN : OUT, 32);
  rig.connect();
  const buffer = pattern(PAGE * PAGES);
  const addresses = Array.from({ length: PAGES }, (_, page) =>
    rig.memory.mapSingle(buffer, page * PAGE, PAGE, toHost ? 'to-device' : 'from-device'),
  );
  pieces.forEach(({ page, length, flags, owned }, index) => {
    rig.trb(index, addresses[page] ?? 0x10, length, flags);
    if (!owned) rig.ring.memory[index * TRB_BYTES + 12]! &= ~TrbCtrl.HWO;
  });
  rig.start(toHost ? IN : OUT);
  const seen = moves.map(({ length, zeroPacket, budget }) => {
    const transfer = hostTransfer(toHost ? length : pattern(length), zeroPacket);
    const answer = toHost ? rig.in(1, transfer, budget) : rig.out(1, transfer, budget);
    return [answer, transfer.actual, [...transfer.data], rig.takeEvents()];
  });
  return { seen, buffer: [...buffer], ring: [...rig.ring.memory.subarray(0, 256)], faults: rig.faults };
}

describe('a core that finds its memory by itself', () => {
  it('does what one does that asks for each piece', () => {
    const flags = fc.constantFrom(
      TrbCtrl.CHN,
      TrbCtrl.CHN,
      TrbCtrl.CHN | TrbCtrl.CSP,
      TrbCtrl.CHN | TrbCtrl.CSP | TrbCtrl.ISP_IMI,
      TrbCtrl.CHN | TrbCtrl.IOC,
      TrbCtrl.CSP | TrbCtrl.IOC,
      TrbCtrl.IOC,
      TrbCtrl.LST,
      0,
    );
    const piece = fc.record({
      page: fc.integer({ min: 0, max: PAGES }),
      length: fc.oneof(fc.constant(PAGE), fc.integer({ min: 0, max: PAGE + 4 })),
      flags,
      owned: fc.integer({ min: 0, max: 20 }).map((value) => value > 0),
    });
    const inARow = fc
      .integer({ min: 2, max: PAGES })
      .map((count) =>
        Array.from({ length: count }, (_, page) => ({ page, length: PAGE, flags: TrbCtrl.CHN as number, owned: true })),
      );
    const pieces = fc.tuple(inARow, fc.array(piece, { maxLength: 4 })).map(([one, other]) => [...one, ...other]);
    const move = fc.record({
      length: fc.integer({ min: 0, max: PAGE * (PAGES + 2) }),
      zeroPacket: fc.boolean(),
      budget: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: PAGE * 4 })),
    });
    fc.assert(
      fc.property(fc.boolean(), pieces, fc.array(move, { minLength: 1, maxLength: 4 }), (toHost, trbs, moves) => {
        expect(play(false, toHost, trbs, moves)).toEqual(play(true, toHost, trbs, moves));
      }),
      { numRuns: 150 },
    );
  });
});
