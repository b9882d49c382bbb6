export type {
  Fault,
  FaultKind,
  FaultOptions,
  FaultThreshold,
  MemoryFault,
  MemoryFaultOptions,
} from '@gadgetloom/udc/faults';
export { DUMMY_ENDPOINTS } from './controller/dummy-endpoints.ts';
export { MockController, type MockControllerOptions } from './controller/mock-controller.ts';
export { type EndpointFinder, MOCK_FAULTS, MockFaults } from './faults/mock-faults.ts';
export { mock, mockHeap } from './plugin/mock.ts';
export type { MockOptions } from './plugin/mock-options.ts';
export {
  anyOrder,
  asks,
  inOrder,
  type Refusal,
  reads,
  resets,
  resumes,
  ScriptMismatch,
  type ScriptStep,
  suspends,
  writes,
} from './script/script-step.ts';
export { ScriptedHost, type ScriptedHostOptions } from './script/scripted-host.ts';
