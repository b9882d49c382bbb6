/** A self-test of the kernel, and what corresponds to it here. */
export interface SelfTest {
  /** As the kernel calls it; the title of the test of the model too, unless {@link model} says otherwise. */
  readonly name: string;
  /** Requirements that every backend has to meet. */
  readonly requirements?: readonly string[];
  /** There is a test of the model that the simulated backends share; a title where it is not the name. */
  readonly model?: true | string;
  /** Why there is no requirement. */
  readonly reason?: string;
}

/** The self-tests of one program or module of the kernel. */
export interface SelfTestSuite {
  readonly name: string;
  /** File in the kernel's source. */
  readonly source: string;
  /** File of this repository with the tests of the model. */
  readonly model?: string;
  readonly tests: readonly SelfTest[];
}

/** How many there are, and how many of them are covered in which way. */
export interface SelfTestCount {
  readonly tests: number;
  /** Covered by a requirement, whatever else covers them. */
  readonly requirements: number;
  /** Covered by a test of the model alone. */
  readonly model: number;
  /** Covered by neither: they cannot apply. */
  readonly none: number;
}

/** Counts self-tests by what covers them. */
export function countSelfTests(suites: readonly SelfTestSuite[]): SelfTestCount {
  const all = suites.flatMap(({ tests }) => tests);
  const requirements = all.filter((test) => test.requirements !== undefined).length;
  const model = all.filter((test) => test.requirements === undefined && test.model !== undefined).length;
  return { tests: all.length, requirements, model, none: all.length - requirements - model };
}
