import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { formatScenario, parseScenarios, type Scenario } from '@gadgetloom/conformance';
import { GADGETLOOM } from './gadgetloom-program.ts';
import type { GuardCounts } from './linux-target.ts';
import { GUARDS_MET } from './outside-host.ts';

/** The outcome of a scenario. */
export interface Played {
  readonly outcomes: readonly string[];
  readonly guards: Readonly<GuardCounts>;
  /** The program's output, if it ended at this scenario. */
  readonly trouble: string | undefined;
}

/**
 * Plays scenarios with `gadgetloom play`, all of them in one program, and a fresh one after a scenario at which it ended.
 *
 * @param options of the command line
 */
export async function playByProgram(
  scenarios: readonly Scenario[],
  options: readonly string[],
): Promise<ReadonlyMap<Scenario, Played>> {
  const all = new Map<Scenario, Played>();
  for (let left = scenarios; left.length > 0; left = scenarios.slice(all.size)) {
    for (const [index, played] of (await playSome(left, options)).entries()) all.set(left[index]!, played);
  }
  return all;
}

/** Those that the program came to, in order: at least one. */
async function playSome(scenarios: readonly Scenario[], options: readonly string[]): Promise<Played[]> {
  const program = spawn(process.execPath, [GADGETLOOM, 'play', '-', ...options], { stdio: 'pipe' });
  program.stdin.end(scenarios.map((scenario) => formatScenario(scenario, [])).join('\n'));
  const [out, err, [status]] = await Promise.all([text(program.stdout), text(program.stderr), once(program, 'close')]);
  const said = err.split('\n');
  const guards = said
    .filter((line) => line.startsWith(GUARDS_MET))
    .map((line) => JSON.parse(line.slice(GUARDS_MET.length)) as GuardCounts);
  const printed = parseScenarios(out, 'standard output').map(({ steps }) => steps.map(({ expected = '' }) => expected));
  // The one at which it ended may have nothing printed of it.
  const reached = status === 0 ? scenarios.length : Math.max(printed.length, 1);
  const trouble = [`status ${status}`, ...said.filter((line) => !line.startsWith(GUARDS_MET))].join('\n');
  return Array.from({ length: reached }, (_, at) => ({
    outcomes: printed[at] ?? [],
    guards: guards[at] ?? [],
    trouble: status !== 0 && at === reached - 1 ? trouble : undefined,
  }));
}
