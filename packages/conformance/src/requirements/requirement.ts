import { parseScenarios } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ScenarioStack } from '../scenario/target.ts';

/**
 * Features that a backend may lack. A requirement does not apply to a backend that lacks a feature which it needs.
 */
export const FEATURES = {
  'scatter-gather': 'a controller with scatter-gather, so that buffers can be attached',
  'no-scatter-gather': 'a controller without scatter-gather',
  udmabuf: 'udmabuf',
  suspend: 'a host that suspends the bus',
  'host-end': 'a host in the same program, with transfers that queue and can be cancelled',
  isochronous: 'isochronous endpoints, at both ends of the cable',
} as const;

/** Name of a feature. */
export type Feature = keyof typeof FEATURES;

/** One rule that every backend must follow, with its proof. */
export interface Requirement {
  /** A stable name that never changes, such as `'attach-unbound'`. */
  readonly id: string;
  /** The rule, in one sentence. */
  readonly sentence: string;
  /** The origin of the rule: kernel file and function, or section of a specification. */
  readonly source: string;
  /** Features without which it does not apply. */
  readonly needs: readonly Feature[];
  /** A scenario whose outcomes the backend must give, or a function. */
  readonly proof: Scenario | Proof;
}

/**
 * A proof that a scenario cannot express, for example when and from where a callback is called.
 *
 * @throws Error with what violates the requirement
 */
export type Proof = (stack: ScenarioStack) => Promise<void>;

/** Requirements of one subject. */
export interface RequirementGroup {
  readonly name: string;
  /** The subject, for people. */
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/**
 * Reads a group from scenario text. Every scenario in it must be a requirement.
 *
 * @throws InputError the text is not in the language, or a requirement lacks its source or needs an unknown feature
 */
export function readRequirements(name: string, title: string, text: string): RequirementGroup {
  const requirements = parseScenarios(text, name).map((scenario): Requirement => {
    const { requirement } = scenario;
    if (requirement === undefined || requirement.source === '')
      throw new TypeError(`${name}: "${scenario.name}" is no requirement with a sentence and a source.`);
    const unknown = requirement.needs.find((feature) => !(feature in FEATURES));
    if (unknown !== undefined)
      throw new TypeError(
        `${name}: "${scenario.name}" needs "${unknown}"; there are ${Object.keys(FEATURES).join(', ')}.`,
      );
    return { id: scenario.name, ...requirement, needs: requirement.needs as readonly Feature[], proof: scenario };
  });
  return { name, title, requirements };
}
