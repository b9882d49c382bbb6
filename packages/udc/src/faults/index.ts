export {
  type Fault,
  type FaultOptions,
  type FaultThreshold,
  MICROFRAME,
  parseThreshold,
  parseTimes,
  type ThresholdUnit,
} from './fault.ts';
export { type BoardFaultKind, FaultBoard, type FaultTarget } from './fault-board.ts';
export { FaultRule, type FaultRuleEvents } from './fault-rule.ts';
export { FaultyBus } from './faulty-bus.ts';
export { FaultyMemory } from './faulty-memory.ts';
