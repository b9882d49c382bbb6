export { Board, type BoardParts } from './board/board.ts';
export { DriverInterrupt, type DriverInterruptParts, type InterruptLine } from './board/interrupt-line.ts';
export {
  BOARD_FAULTS,
  BoardFaults,
  type BoardFaultsOptions,
  type CoreFaultOptions,
  type Impossible,
} from './faults/board-faults.ts';
export { FaultyBus } from './faults/faulty-bus.ts';
export { FaultyLine, type FaultyLineOptions } from './faults/faulty-line.ts';
export { FaultyMemory } from './faults/faulty-memory.ts';
export { MemoryFaults } from './faults/memory-faults.ts';
export {
  type BoardMemoryOptions,
  type BoardOptions,
  MEMORY_FIELDS,
  readBoardOptions,
} from './plugin/board-options.ts';
export { BOARD, type BoardDefinition, type Provision, simulatedBoard } from './plugin/simulated-board.ts';
export { BoardEndpoint } from './requests/board-endpoint.ts';
export { DriverEndpoint } from './requests/driver-endpoint.ts';
export { controlEndpoint, dataEndpoint } from './requests/endpoint-limits.ts';
export { RequestQueue } from './requests/request-queue.ts';
