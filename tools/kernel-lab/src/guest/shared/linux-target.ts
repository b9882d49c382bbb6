import { HAZARDS, type HazardName, LINUX_KERNEL, linux } from '@gadgetloom/backend-linux';
import { type ComposedPieces, piecesTarget, SCENARIO_HOST, type ScenarioTarget } from '@gadgetloom/conformance';
import { composePieces, provide } from '@gadgetloom/gadget';
import { openScenarioHost } from './scenario-host.ts';

/** Which guards refused something, and how often. */
export type GuardCounts = (readonly [hazard: HazardName, count: number])[];

/** The kernel that this runs on, to play scenarios against, and the guards that were met. Empty the list before each. */
export function linuxTarget(helper: string): { readonly target: ScenarioTarget; readonly guards: GuardCounts } {
  const guards: GuardCounts = [];
  const plugins = [linux({ virtual: true }), provide(SCENARIO_HOST, () => openScenarioHost(helper))];
  const compose = async (): Promise<ComposedPieces> => {
    const pieces = await composePieces({ plugins });
    const close = async (): Promise<void> => {
      guards.push(...pieces.resolve(LINUX_KERNEL).guards.counts());
      await pieces[Symbol.asyncDispose]();
    };
    return { ...pieces, [Symbol.asyncDispose]: close };
  };
  return { target: piecesTarget('linux', compose), guards };
}

/** Why an outcome may be that of a guard instead of the kernel's; `undefined` if no guard gave it. */
export function guardsBehind(guards: Readonly<GuardCounts>, outcome: string): string | undefined {
  const met = guards.filter(([hazard]) => HAZARDS[hazard].code === outcome);
  if (met.length === 0) return undefined;
  return met.map(([hazard, count]) => `${hazard} (${count} times): ${HAZARDS[hazard].why}`).join(' ');
}
