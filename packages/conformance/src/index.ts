export { checkScenario, formatDifferences, type ScenarioDifference, type ScenarioVerdict } from './scenario/check.ts';
export { formatScenario, formatStep } from './scenario/format.ts';
export { GRAMMAR } from './scenario/grammar.ts';
export { parseScenarios } from './scenario/parse.ts';
export { crc32, fillPattern } from './scenario/pattern.ts';
export { HUNG, type PlayOptions, playScenario } from './scenario/play.ts';
export type { Scenario, ScenarioStep } from './scenario/scenario.ts';
export type { ScenarioHost, ScenarioStack, ScenarioTarget } from './scenario/target.ts';
