/** One line of a scenario. */
export interface ScenarioStep {
  /** Line in the file, from 1. */
  readonly line: number;
  /** The operation as written, words separated by single spaces. */
  readonly operation: string;
  /** First word of the operation. */
  readonly verb: string;
  /** The other words. */
  readonly args: readonly string[];
  /** What the kernel answered, if the file says so. */
  readonly expected: string | undefined;
}

/** What a scenario proves, where it is a requirement of the conformance suite. */
export interface RequirementText {
  /** What has to be so, in one sentence. */
  readonly sentence: string;
  /** Kernel file and function, or section of a specification. */
  readonly source: string;
  /** Features without which it does not apply. */
  readonly needs: readonly string[];
}

/** A scenario: a fresh gadget, and what is done to it, step by step. */
export interface Scenario {
  readonly name: string;
  /** In the file, from 1 on: that of the word `scenario`. */
  readonly line: number;
  readonly steps: readonly ScenarioStep[];
  /** Where the scenario is a requirement. */
  readonly requirement?: RequirementText;
}
