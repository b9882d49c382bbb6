import { parseScenarios } from '../scenario/parse.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ScenarioStack } from '../scenario/target.ts';

/**
 * What a backend can have or lack. A requirement that needs what a backend does not have is not applicable to it.
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

/** One rule that every backend follows, and how it is shown. */
export interface Requirement {
  /** Stays what it is for ever: `'attach-unbound'`. */
  readonly id: string;
  /** What has to be so, in one sentence. */
  readonly sentence: string;
  /** Where the rule comes from: kernel file and function, or section of a specification. */
  readonly source: string;
  /** Features without which it does not apply. */
  readonly needs: readonly Feature[];
  /** How it is shown: steps that a backend has to answer so. */
  readonly proof: Scenario | Proof;
}

/**
 * A proof that no scenario can tell: what calls back when, and from where.
 *
 * @throws Error what was not as required
 */
export type Proof = (stack: ScenarioStack) => Promise<void>;

/** Requirements of one subject. */
export interface RequirementGroup {
  readonly name: string;
  /** What it is about. */
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/**
 * Reads a group from scenario text, every scenario of which is a requirement.
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
