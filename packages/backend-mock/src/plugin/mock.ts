import type { Plugin } from '@gadgetloom/core';
import { memoryModel } from '@gadgetloom/dmabuf/model';
import { BOARD_FAULTS, type BoardMemoryOptions, simulatedBoard } from '@gadgetloom/simulated-board';
import { MockController } from '../controller/mock-controller.ts';
import { MOCK_FAULTS, MockFaults } from '../faults/mock-faults.ts';
import { MOCK_FIELDS, type MockOptions, readHeapOptions } from './mock-options.ts';

/**
 * Buffers alone: a mock heap, memfds for udmabuf, and the fences of the same simulated kernel. For stacks whose
 * controller comes from elsewhere; {@link mock} has all of it.
 */
export function mockHeap(options: BoardMemoryOptions = {}): Plugin {
  return {
    ...memoryModel({
      heap: 'mock',
      ...options,
      // A heap that was composed without a simulated board has no faults.
      exhausts: (pieces) =>
        pieces.isRegistered(BOARD_FAULTS) ? pieces.resolve(BOARD_FAULTS).memory.exhausts : undefined,
    }),
    name: 'mock-heap',
    configure: (more) => mockHeap({ ...options, ...readHeapOptions(more) }),
    probe: () => ({ ok: true, summary: 'simulated memory' }),
  };
}

/**
 * A whole simulated kernel and the host at the other end of the cable, in virtual time: mock heap and udmabuf,
 * FunctionFS, configfs and composite device, an ideal controller that answers as dummy_hcd does, and everything that can
 * go wrong with it under {@link MOCK_FAULTS}.
 */
export const mock: (options?: MockOptions) => Plugin = simulatedBoard<MockOptions>({
  name: 'mock',
  description: 'ideal controller for tests',
  device: 'dummy_udc.0',
  speeds: ['full', 'high', 'super'],
  memory: { heap: 'mock' },
  options: MOCK_FIELDS,
  summary: ({ speed = 'high', scatterGather = true }) =>
    `simulated, ideal, ${speed} speed, ${scatterGather ? 'scatter-gather' : 'copies (no scatter-gather)'}`,
  faults: { token: MOCK_FAULTS, make: (surroundings) => new MockFaults(surroundings) },
  controller: (board, options) => new MockController(board, options),
});
