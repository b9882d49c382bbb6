export {
  type Fault,
  type FaultOptions,
  type FaultThreshold,
  MICROFRAME,
  parseThreshold,
  parseTimes,
  type ThresholdUnit,
} from './fault.ts';
export { FaultRule, type FaultRuleEvents } from './fault-rule.ts';
