export { REQUIREMENTS } from './catalogue.ts';
export { coverageList, coverageTable } from './coverage/coverage-text.ts';
export { KERNEL_SELF_TESTS } from './coverage/kernel-self-tests.ts';
export { countSelfTests, type SelfTest, type SelfTestCount, type SelfTestSuite } from './coverage/self-test.ts';
export {
  type CompareOptions,
  compareTargets,
  type Divergence,
  divergenceOf,
  formatDivergence,
  type Judgement,
  judgeAnyController,
} from './fuzz/compare.ts';
export { type FuzzOptions, type FuzzResult, fuzz } from './fuzz/fuzz.ts';
export { randomWalk, type WalkOptions } from './fuzz/random-walk.ts';
export { shorten } from './fuzz/shorten.ts';
export {
  FEATURES,
  type Feature,
  type Proof,
  type Requirement,
  type RequirementGroup,
  readRequirements,
} from './requirements/requirement.ts';
export { checkScenario, formatDifferences, type ScenarioDifference, type ScenarioVerdict } from './scenario/check.ts';
export { formatScenario, formatStep } from './scenario/format.ts';
export { GRAMMAR } from './scenario/grammar.ts';
export { InProcessScenarioHost } from './scenario/in-process-host.ts';
export { parseScenarios } from './scenario/parse.ts';
export { crc32, fillPattern } from './scenario/pattern.ts';
export { type ComposedPieces, piecesTarget } from './scenario/pieces-target.ts';
export { HUNG, type PlayOptions, playScenario } from './scenario/play.ts';
export type { RequirementText, Scenario, ScenarioStep } from './scenario/scenario.ts';
export { SCENARIO_HOST, type ScenarioHost, type ScenarioStack, type ScenarioTarget } from './scenario/target.ts';
export { argumentScenarioText } from './states/argument-scenarios.ts';
export {
  ENDPOINT_OPERATIONS,
  type EndpointOperation,
  type EndpointOperationName,
} from './states/endpoint-operations.ts';
export { ENDPOINT_STATES, type EndpointState, type EndpointStateName } from './states/endpoint-states.ts';
export { expectedOutcome, notOnRealKernels } from './states/expected-outcomes.ts';
export {
  type StateScenario,
  type StateTableOptions,
  stateScenarios,
  stateScenarioText,
} from './states/state-scenarios.ts';
export { checkRequirement, featuresOf, type RequirementResult } from './suite/check-requirement.ts';
export { type ConformanceOptions, conformanceSuite, type TestRunner } from './suite/conformance-suite.ts';
export { type PlainReport, type PlainResult, plainReport } from './suite/report-json.ts';
export { formatGroup, formatReport, formatTotal } from './suite/report-text.ts';
export { type GroupReport, runSuite, type SuiteOptions, type SuiteReport } from './suite/run-suite.ts';
export type { StrayErrors } from './suite/stray-errors.ts';
