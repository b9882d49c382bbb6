import { ARGUMENT_CASES, type ArgumentCases, CAST } from './wrong-arguments.ts';

/** States in which every argument is tried, and how a scenario gets there. */
const STATES: Readonly<Record<string, readonly string[]>> = {
  unbound: [],
  configured: ['bind'],
  busy: ['bind', 'alloc q 4096', 'attach ep2 q', 'nonblock ep2 on', 'xfer ep2 q 4096'],
  halted: ['bind', 'hosthalt ep1', 'hosthalt ep2'],
  reset: ['bind', 'hostreset', 'sleep 30'],
  disabled: ['bind', 'hostsetcfg 0', 'sleep 30'],
  detached: ['bind', 'disconnect', 'sleep 30'],
  'unbound again': ['bind', 'unbind', 'sleep 30'],
};

/** States without a controller. */
const WITHOUT: readonly string[] = ['unbound', 'unbound again'];

/**
 * Every operation with every kind of wrong argument, in every state, as a file of scenarios without outcomes: for
 * recording what a kernel answers. Nothing of it harms a kernel.
 */
export function argumentScenarioText(): string {
  return Object.entries(STATES)
    .flatMap(([state, steps]) => ARGUMENT_CASES.map((cases) => scenarioText(state, steps, cases)))
    .filter((text) => text !== '')
    .join('\n');
}

function scenarioText(state: string, steps: readonly string[], cases: ArgumentCases): string {
  const more = WITHOUT.includes(state) ? [] : (cases.withController ?? []);
  const asked = [...cases.steps, ...more];
  if (asked.length === 0) return '';
  const lines = [...steps, ...CAST, ...asked];
  return `scenario ${`${state} ${cases.name}`.replaceAll(' ', '-')}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
