import { describe, expect, it } from 'vitest';
import type { Contestant } from './benchmark.ts';
import { type Machine, measure, median, QUICK } from './measure.ts';

/** A machine on which operations take as long as they say, and `slowness` times as long now and then. */
class FakeMachine implements Machine {
  #seconds = 0;
  #calls = 0;
  bytes = 0;
  readonly log: string[] = [];

  now(): number {
    return this.#seconds;
  }

  heap(): number {
    return this.bytes;
  }

  contestant(name: string, seconds: number, slowness: () => number = () => 1): () => Contestant {
    return () => ({
      run: (operations) => {
        this.log.push(name);
        this.#calls++;
        this.#seconds += operations * seconds * slowness();
      },
      close: () => void this.log.push(`${name} closed`),
    });
  }

  get calls(): number {
    return this.#calls;
  }
}

describe('a comparison', () => {
  it('gives the speeds in the unit, their ratio, and whether the target is met', async () => {
    const machine = new FakeMachine();
    const result = await measure(
      {
        kind: 'comparison',
        name: 'walking, against running',
        unit: 'km/s',
        amount: 3,
        ours: machine.contestant('walk', 0.002),
        rival: machine.contestant('run', 0.001),
        target: { atLeast: 0.6 },
      },
      machine,
    );
    expect(result).toEqual({
      name: 'walking, against running',
      ours: expect.closeTo(1500),
      rival: expect.closeTo(3000),
      unit: 'km/s',
      ratio: expect.closeTo(0.5),
      target: 0.6,
      met: false,
    });
  });

  it('alternates the two, and who goes first', async () => {
    const machine = new FakeMachine();
    await measure(
      {
        kind: 'comparison',
        name: 'x',
        unit: '/s',
        ours: machine.contestant('o', 1),
        rival: machine.contestant('r', 1),
        target: { atLeast: 1 },
      },
      machine,
    );
    expect(machine.log.slice(2, 10).join('')).toBe('orroorro');
    expect(machine.log.slice(-2)).toEqual(['r closed', 'o closed']);
  });

  it('is not moved by a disturbance of a few turns', async () => {
    const machine = new FakeMachine();
    const disturbed = () => (machine.calls % 7 === 0 ? 50 : 1);
    const { ratio, met } = await measure(
      {
        kind: 'comparison',
        name: 'x',
        unit: '/s',
        ours: machine.contestant('o', 0.001, disturbed),
        rival: machine.contestant('r', 0.001),
        target: { atLeast: 0.99 },
      },
      machine,
    );
    expect(ratio).toBeCloseTo(1);
    expect(met).toBe(true);
  });

  it('closes what it opened, also when a contestant fails', async () => {
    const machine = new FakeMachine();
    const failing = () => {
      throw new Error('no such backend');
    };
    const comparison = {
      kind: 'comparison',
      name: 'x',
      unit: '/s',
      ours: machine.contestant('o', 1),
      rival: failing,
      target: { atLeast: 1 },
    } as const;
    await expect(measure(comparison, machine)).rejects.toThrow('no such backend');
    expect(machine.log).toEqual(['o closed']);
  });
});

describe('a rate', () => {
  it('has no rival: its target is in the unit', async () => {
    const machine = new FakeMachine();
    const ours = machine.contestant('o', 1 / 500_000);
    const result = await measure(
      { kind: 'rate', name: 'transfers', unit: 'transfers/s', ours, target: { atLeast: 400_000 } },
      machine,
    );
    expect(result).toMatchObject({
      ours: expect.closeTo(500_000),
      rival: null,
      ratio: null,
      target: 400_000,
      met: true,
    });
  });
});

describe('growth', () => {
  it.each([
    [1.0, true],
    [1.2, false],
  ])('by a factor of %f, where 1.1 is allowed: %s', async (factor, met) => {
    const machine = new FakeMachine();
    let done = 0;
    const ours = (): Contestant => ({
      run: (operations) => {
        done += operations;
        machine.bytes = done === 100 ? 1000 : 1000 * factor;
      },
    });
    const result = await measure(
      { kind: 'growth', name: 'heap', early: 100, late: 1000, ours, target: { atMost: 1.1 } },
      machine,
    );
    expect(done).toBe(1000);
    expect(result).toMatchObject({ ours: 1000 * factor, rival: 1000, unit: 'bytes', ratio: factor, met });
  });
});

it('does a tenth of the operations if it has to be quick', async () => {
  let done = 0;
  const ours = (): Contestant => ({
    run: (operations) => {
      done += operations;
    },
  });
  const target = { atMost: 1 };
  await measure({ kind: 'growth', name: 'heap', early: 100, late: 1000, ours, target }, new FakeMachine(), QUICK);
  expect(done).toBe(100);
});

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %f', (values, expected) => {
  expect(median(values)).toBe(expected);
});
