import type { Plugin } from '@gadgetloom/core';
import { type BoardOptions, simulatedBoard } from '@gadgetloom/simulated-board';
import { AcmeUdcController } from './acme-udc-controller.ts';

/**
 * A complete simulated board in virtual time: the controller of this package, the gadget side of the kernel above it,
 * memory for buffers, faults, and a host at the other end of the cable.
 */
export const acmeUdc: (options?: BoardOptions) => Plugin = simulatedBoard({
  name: 'acme-udc',
  description: 'simulated controller',
  device: 'acme-udc.0',
  speeds: ['full', 'high'],
  summary: ({ speed = 'high' }) => `simulated, ${speed} speed`,
  controller: (board) => new AcmeUdcController(board),
});
