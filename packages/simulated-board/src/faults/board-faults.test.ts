import { VirtualClock } from '@gadgetloom/core';
import type { FaultName } from '@gadgetloom/udc/faults';
import { describe, expect, it } from 'vitest';
import { BoardFaults } from './board-faults.ts';

const open = () => new BoardFaults({ clock: new VirtualClock({ auto: false }) });

describe('faults of a board', () => {
  it('wait until they are over, or taken back', () => {
    const faults = open();
    const asked = [
      faults.nak(),
      faults.neverReads({ endpoint: 'in' }),
      faults.babble(),
      faults.crcError(),
      faults.loseEvent(),
      faults.lateInterrupt({ by: 1000 }),
      faults.dmaError({ endpoint: 'out' }),
      faults.outOfMemory(),
      faults.disconnectAfter({ packets: 1 }),
    ];
    expect(new Set(faults.pending)).toEqual(new Set(asked));
    faults.clear();
    expect(faults.pending).toEqual([]);
    expect(asked.every(({ over }) => over)).toBe(true);
    expect(faults.engine.rules).toEqual([]);
  });

  it.each(['stall', 'fail', 'refuse'] as const)('%s is not one of them, and it says why', (name) => {
    const faults = open();
    expect(faults.whyNot(name)).toMatch(/^[a-z].*\.$/);
    expect(() => faults[name]()).toThrow(`${name} is not possible with this backend: ${faults.whyNot(name)}`);
  });

  it.each<FaultName>(['nak', 'crcError', 'loseEvent', 'dmaError', 'outOfMemory'])('%s is one', (name) => {
    expect(open().whyNot(name)).toBeUndefined();
  });

  it('are refused where their options make no sense', () => {
    const faults = open();
    expect(() => faults.loseEvent({ endpoint: 0x81 } as object)).toThrow(/endpoint: events/);
    expect(() => faults.lateInterrupt({ by: 1, endpoint: 'in' } as never)).toThrow(/endpoint: events/);
    expect(() => faults.lateInterrupt({ by: -1 })).toThrow(
      /by is -1; it has to be a number of nanoseconds, at least 0/,
    );
    expect(() => faults.dmaError({ endpoint: 0x81 } as object)).toThrow(/endpoint: memory knows no addresses/);
  });
});
