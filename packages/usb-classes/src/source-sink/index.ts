export { ControlTest, type ControlTestDecision, ControlTestRequest } from './control-test.ts';
export { fillPattern, PATTERNS, type Pattern, type PatternFault, patternFault } from './data-patterns.ts';
