import { hostTransfer, pattern } from '@gadgetloom/udc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreRig } from '../../test/core-rig.ts';
import { TRB_BYTES, TrbCtrl } from '../registers/trb.ts';

const PAGE = 64;
const PAGES = 12;
const MAX_PACKET = 32;
const IN = 3;
const OUT = 2;

interface Piece {
  /** Which page of the buffer. */
  readonly page: number;
  readonly length: number;
  readonly flags: number;
  readonly owned: boolean;
}

interface Move {
  readonly length: number;
  readonly zeroPacket: boolean;
}

/**
 * Everything that can be seen of a core that is given these TRBs, and then these transfers of the host.
 *
 * @param budgets bytes that the bus moves in each call, in turns
 */
function play(budgets: readonly number[], toHost: boolean, pieces: readonly Piece[], moves: readonly Move[]): unknown {
  const rig = new CoreRig();
  rig.enable(toHost ? IN : OUT, MAX_PACKET);
  rig.connect();
  const buffer = pattern(PAGE * PAGES);
  const addresses = Array.from({ length: PAGES }, (_, page) =>
    rig.memory.mapSingle(buffer, page * PAGE, PAGE, toHost ? 'to-device' : 'from-device'),
  );
  pieces.forEach(({ page, length, flags, owned }, index) => {
    rig.trb(index, addresses[page]!, length, flags);
    if (!owned) rig.ring.memory[index * TRB_BYTES + 12]! &= ~TrbCtrl.HWO;
  });
  rig.start(toHost ? IN : OUT);
  let calls = 0;
  const seen = moves.map(({ length, zeroPacket }) => {
    const transfer = hostTransfer(toHost ? length : pattern(length), zeroPacket);
    const answers = new Set<string>();
    for (let answer = 'MORE'; answer === 'MORE'; answers.add(answer)) {
      const budget = budgets[calls++ % budgets.length]!;
      answer = toHost ? rig.in(1, transfer, budget) : rig.out(1, transfer, budget);
    }
    answers.delete('MORE');
    return [...answers, transfer.actual, [...transfer.data], rig.takeEvents()];
  });
  return { seen, buffer: [...buffer], ring: [...rig.ring.memory.subarray(0, 256)], faults: rig.faults };
}

describe('a core on a bus', () => {
  it('does the same whether a transfer goes over the bus at once or packet by packet', () => {
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
      page: fc.integer({ min: 0, max: PAGES - 1 }),
      length: fc.oneof(fc.constant(PAGE), fc.integer({ min: 0, max: PAGE })),
      flags,
      owned: fc.integer({ min: 0, max: 20 }).map((value) => value > 0),
    });
    const inARow = fc
      .integer({ min: 2, max: PAGES })
      .map((count) =>
        Array.from({ length: count }, (_, page) => ({ page, length: PAGE, flags: TrbCtrl.CHN as number, owned: true })),
      );
    const pieces = fc.tuple(inARow, fc.array(piece, { maxLength: 4 })).map(([one, other]) => [...one, ...other]);
    const move = fc.record({ length: fc.integer({ min: 0, max: PAGE * (PAGES + 2) }), zeroPacket: fc.boolean() });
    const moves = fc.array(move, { minLength: 1, maxLength: 4 });
    const budgets = fc.array(fc.integer({ min: MAX_PACKET, max: PAGE * 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.boolean(), pieces, moves, budgets, (toHost, trbs, transfers, turns) => {
        expect(play(turns, toHost, trbs, transfers)).toEqual(play([Number.POSITIVE_INFINITY], toHost, trbs, transfers));
      }),
      { numRuns: 300 },
    );
  });
});
