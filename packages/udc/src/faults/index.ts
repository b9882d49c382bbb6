export { BoardFaults, type BoardFaultsOptions, type CoreFaultOptions, FAULT_BOARD } from './board-faults.ts';
export {
  cannot,
  type Fault,
  type FaultOptions,
  type FaultThreshold,
  MICROFRAME,
  parseDelay,
  parseThreshold,
  parseTimes,
  STRIKES,
  type ThresholdUnit,
} from './fault.ts';
export { type BoardFaultKind, FaultBoard, type FaultTarget } from './fault-board.ts';
export { FaultRule, type FaultRuleEvents } from './fault-rule.ts';
export { type DmaErrorOptions, FAULTS, type FaultName, type Faults } from './faults.ts';
export { FaultyBus } from './faulty-bus.ts';
export { FaultyMemory } from './faulty-memory.ts';
export type { MemoryFault, MemoryFaultOptions } from './memory-fault.ts';
export { MemoryFaults } from './memory-faults.ts';
export { BOARD_FAULTS, boardFaults } from './plugin.ts';
