import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BACKENDS, type RoundPlan, type Step, StressRig, WEIGHTS } from '../test/stress/stress-rig.ts';
import type { StreamPlan } from '../test/stress/stress-stream.ts';
import { LONGEST } from '../test/stress/words.ts';

/** Rounds to play, and the seed; see CONTRIBUTING.md. */
const ROUNDS = Number(process.env['GADGETLOOM_STRESS_ROUNDS'] ?? 300);
const SEED = Number(process.env['GADGETLOOM_STRESS_SEED'] ?? 12);

// rxjs reports a subscriber that throws from a timer, where nobody could catch it.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

const streams: fc.Arbitrary<StreamPlan[]> = fc.array(
  fc.record({
    depth: fc.integer({ min: 1, max: 8 }),
    buffers: fc.integer({ min: 1, max: 8 }),
    backPressure: fc.constantFrom('block' as const, 'drop-oldest' as const, 'drop-newest' as const),
    onDisable: fc.constantFrom('drop' as const, 'replay' as const, 'fail' as const),
    onFailure: fc.constantFrom('continue' as const, 'fail' as const),
    batched: fc.boolean(),
    operator: fc.constantFrom<StreamPlan['operator']>('none', 'none', 'take', 'switchMap', 'retry', 'share'),
    throwsAt: fc.constantFrom(0, 0, 0, 1, 3),
    endsAfter: fc.constantFrom(0, 0, 0, 3, 6),
  }),
  { minLength: 1, maxLength: 3 },
);

const rounds: fc.Arbitrary<RoundPlan> = fc.record({
  backend: fc.constantFrom(...Object.keys(BACKENDS)),
  senders: streams,
  receivers: streams,
  closesAtOnce: fc.boolean(),
});

class Command implements fc.AsyncCommand<object, StressRig> {
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  check(): boolean {
    return true;
  }

  run(_: object, rig: StressRig): Promise<void> {
    return rig.step(this.#step);
  }

  toString(): string {
    const { kind, which, size } = this.#step;
    return `${kind} ${which} ${size}`;
  }
}

const kinds = Object.entries(WEIGHTS).map(([kind, weight]) => ({
  arbitrary: fc.constant(kind as Step['kind']),
  weight,
}));
const command = fc
  .record({ kind: fc.oneof(...kinds), which: fc.nat(5), size: fc.integer({ min: 1, max: LONGEST / 4 }) })
  .map((step) => new Command(step));

it('streams keep their promises, whatever programs, hosts and cables do', {
  timeout: 60_000 + 200 * ROUNDS,
}, async () => {
  const rejections: unknown[] = [];
  const rejected = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', rejected);
  try {
    await fc.assert(
      fc.asyncProperty(rounds, fc.commands([command], { maxCommands: 60, size: 'max' }), async (plan, commands) => {
        const rig = await StressRig.open(plan);
        await fc.asyncModelRun(() => ({ model: {}, real: rig }), commands);
        await rig.close();
        expect(rejections).toEqual([]);
      }),
      { seed: SEED, numRuns: ROUNDS },
    );
  } finally {
    process.off('unhandledRejection', rejected);
  }
});
