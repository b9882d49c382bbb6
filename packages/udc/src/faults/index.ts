export {
  cannot,
  type Fault,
  type FaultKind,
  type FaultOptions,
  type FaultThreshold,
  MICROFRAME,
  parseDelay,
  parseThreshold,
  parseTimes,
  STRIKES,
  type ThresholdUnit,
} from './fault.ts';
export { type FaultEffect, FaultEngine, type FaultEngineOptions, type FaultTarget } from './fault-engine.ts';
export { FaultRule, type FaultRuleEvents } from './fault-rule.ts';
export { type DmaErrorOptions, FAULTS, type FaultName, type Faults } from './faults.ts';
export { FaultyDevice, type FaultyDeviceParts } from './faulty-device.ts';
export type { MemoryFault, MemoryFaultOptions } from './memory-fault.ts';
