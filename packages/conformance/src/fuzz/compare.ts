import { formatStep } from '../scenario/format.ts';
import { playScenario } from '../scenario/play.ts';
import type { Scenario, ScenarioStep } from '../scenario/scenario.ts';
import type { ScenarioTarget } from '../scenario/target.ts';

/** The first step to which two targets answer differently. */
export interface Divergence {
  readonly scenario: Scenario;
  /** From 0. */
  readonly step: number;
  readonly operation: string;
  /** What each target answered, in the order of the targets. */
  readonly outcomes: readonly [string, string];
  /** Everything that the first target answered up to there. */
  readonly history: readonly string[];
}

/** What to make of two different answers: they differ, they mean the same, or what comes after them cannot be compared. */
export type Judgement = 'different' | 'same' | 'end';

/** How to compare. */
export interface CompareOptions {
  /** Asked about each pair of answers that are not the same text; they are `'different'` unless it says otherwise. */
  readonly judge?: (step: ScenarioStep, outcomes: readonly [string, string]) => Judgement;
}

/**
 * A judge for backends whose controllers differ: whether taking away the pull-up suspends the gadget first is the
 * controller's business (dummy_hcd does, dwc3 and musb do not).
 */
export function judgeAnyController({ verb }: ScenarioStep, [one, other]: readonly [string, string]): Judgement {
  return verb === 'events' && withoutSuspend(one) === withoutSuspend(other) ? 'same' : 'different';
}

function withoutSuspend(events: string): string {
  const left = events.split(' ').filter((event) => event !== 'SUSPEND');
  return left.join(' ') || 'EAGAIN';
}

/** Plays a scenario on two targets, and gives the first difference if there is one. */
export async function compareTargets(
  scenario: Scenario,
  [first, second]: readonly [ScenarioTarget, ScenarioTarget],
  options: CompareOptions = {},
): Promise<Divergence | undefined> {
  const one = await playScenario(scenario, first);
  return divergenceOf(scenario, [one, await playScenario(scenario, second)], options);
}

/** The first difference between the outcomes of a scenario that was played twice, if there is one. */
export function divergenceOf(
  scenario: Scenario,
  [one, other]: readonly [readonly string[], readonly string[]],
  { judge = () => 'different' }: CompareOptions = {},
): Divergence | undefined {
  for (const [at, step] of scenario.steps.entries()) {
    const outcomes = [one[at] ?? 'not reached', other[at] ?? 'not reached'] as const;
    if (outcomes[0] === outcomes[1]) continue;
    const judgement = judge(step, outcomes);
    if (judgement === 'same') continue;
    if (judgement === 'end') return undefined;
    return { scenario, step: at, operation: step.operation, outcomes, history: one.slice(0, at) };
  }
  return undefined;
}

/** A divergence as a scenario file: the steps up to the difference, with what the first target answered. */
export function formatDivergence({ scenario, step, outcomes, history }: Divergence, names: readonly string[]): string {
  const steps = scenario.steps
    .slice(0, step + 1)
    .map(({ operation }, at) => formatStep(operation, history[at] ?? outcomes[0]));
  return [
    `# The last step: ${names[0]} answers ${outcomes[0]}, ${names[1]} answers ${outcomes[1]}.`,
    `scenario ${scenario.name}`,
    ...steps,
    '',
  ].join('\n');
}
