import { seededRandom } from '@gadgetloom/core';
import { parseScenarios } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { WalkState } from './walk-state.ts';
import { bind, WALK_STEPS, type WalkStep } from './walk-steps.ts';

/** How to walk. */
export interface WalkOptions {
  /** Steps between the beginning and the end of the walk; 60 unless given. */
  readonly steps?: number;
  /**
   * `true`: nothing whose outcome depends on the controller, for comparing backends whose controllers differ. `false`
   * unless given.
   */
  readonly anyController?: boolean;
}

const SIZES = [512, 4096, 4096, 8192, 65536, 131072, 5000];
const PAGE = 4096;

/** A scenario of random steps, legal and illegal, without outcomes. The same seed gives the same walk. */
export function randomWalk(seed: number, { steps = 60, anyController = false }: WalkOptions = {}): Scenario {
  const random = seededRandom(seed);
  const state = new WalkState(random);
  begin(state);
  const kinds = WALK_STEPS.filter(({ controller }) => !(anyController && controller));
  for (let count = 0; count < steps; count++) {
    const possible = kinds.filter((step) => step.possible?.(state) ?? true);
    choose(possible, random()).take(state);
  }
  end(state);
  return parseScenarios(`scenario walk-${seed}\n${state.operations.map((line) => `  ${line}\n`).join('')}`)[0]!;
}

/** @param at 0 to 1, without 1 */
function choose(steps: readonly WalkStep[], at: number): WalkStep {
  let left = at * steps.reduce((sum, { weight }) => sum + weight, 0);
  for (const step of steps) {
    left -= step.weight;
    if (left < 0) return step;
  }
  return steps.at(-1)!;
}

function begin(state: WalkState): void {
  if (state.chance(0.85)) bind(state);
  const count = state.pick([2, 3, 3, 4]);
  for (let index = 0; index < count; index++) {
    const size = state.pick(SIZES);
    const name = `b${index}`;
    if (state.chance(0.25)) state.do(`udmabuf ${name} ${Math.ceil(size / PAGE) * PAGE}`);
    else state.do(`alloc ${name} ${size}`);
    state.buffers.push(name);
    state.do(`fill ${name} ${state.below(100)}`);
  }
  for (const endpoint of ['ep1', 'ep2', 'ep3', 'ep4']) state.do(`nonblock ${endpoint} on`);
}

/** Everything that is under way ends, and everything that can be seen is looked at. */
function end(state: WalkState): void {
  if (state.running.length > 0) {
    if (!state.bound) bind(state);
    for (const configuration of [0, 1, 0]) {
      state.do(`hostsetcfg ${configuration}`);
      state.do('sleep 30');
    }
    for (const key of state.running) state.do(`join ${key}`);
  }
  for (const fence of state.fences) state.do(`fence ${fence}`);
  for (const buffer of state.buffers) {
    state.do(`poll ${buffer} in,out 0`);
    state.do(`crc ${buffer}`);
  }
  state.do('events');
  state.do('events');
}
