import { type KernelError, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import { atMost } from './deadline.ts';
import { bufferOperations } from './operations/buffers.ts';
import { deviceOperations } from './operations/device.ts';
import { endpointOperations } from './operations/endpoints.ts';
import { fenceOperations } from './operations/fences.ts';
import { type Operation, outcome } from './operations/operation.ts';
import type { Scenario, ScenarioStep } from './scenario.ts';
import { ScenarioSession } from './session.ts';
import type { ScenarioTarget } from './target.ts';

const operations: Readonly<Record<string, Operation>> = {
  ...bufferOperations,
  ...deviceOperations,
  ...endpointOperations,
  ...fenceOperations,
};

/** A background operation gets this long before the next step, as the recordings gave it. */
const HEAD_START = 60 * MILLISECOND;
/** A step that is not over after this long on the stack's clock never will be. */
const PATIENCE = 60 * SECOND;

/** Outcome of a step that did not come back. */
export const HUNG = 'HUNG';

/** What is told while a scenario is played. */
export interface PlayOptions {
  /**
   * Called after each step with its outcome.
   *
   * @param refusal where the outcome is an errno: the error with its words
   */
  readonly onStep?: (step: ScenarioStep, outcome: string, refusal: KernelError | undefined) => void;
}

/** Plays one scenario on a fresh stack of `target`; gives the outcome of every step. */
export async function playScenario(
  scenario: Scenario,
  target: ScenarioTarget,
  options: PlayOptions = {},
): Promise<string[]> {
  await using stack = await target.open();
  await using session = await ScenarioSession.open(stack);
  const outcomes: string[] = [];
  for (const step of scenario.steps) {
    let refusal: KernelError | undefined;
    const onRefusal = (error: KernelError): void => {
      refusal = error;
    };
    const result = await atMost(session.stack.clock, PATIENCE, runStep(session, step.verb, step.args, onRefusal), HUNG);
    outcomes.push(result);
    options.onStep?.(step, result, refusal);
    if (result === HUNG) break;
  }
  return outcomes;
}

async function runStep(
  session: ScenarioSession,
  verb: string,
  args: readonly string[],
  onRefusal: (refusal: KernelError) => void,
): Promise<string> {
  if (verb === 'bg') {
    const [key = '', inner = '', ...rest] = args;
    const running = runStep(session, inner, rest, () => {});
    running.catch(() => {});
    session.background.set(key, running);
    await sleep(session.stack.clock, HEAD_START);
    await session.stack.host.underway?.();
    return 'started';
  }
  if (verb === 'join') return (await session.background.get(args[0] ?? '')) ?? 'ESRCH';
  return outcome(() => operations[verb]?.(session, args), onRefusal);
}
