import { type Plugin, type Token, token } from '@gadgetloom/core';
import { simulatedBoard } from '@gadgetloom/simulated-board';
import { Dwc3Board } from './dwc3-board.ts';
import { DWC3_FIELDS, type Dwc3Options } from './dwc3-options.ts';

/** The board of the DWC3 backend: its hardware, its memory and its driver. */
export const DWC3_BOARD: Token<Dwc3Board> = token('@gadgetloom/backend-dwc3:Dwc3Board');

/**
 * A whole simulated board in virtual time: a heap of scattered pages, udmabuf, FunctionFS, configfs and the composite
 * device on a DWC3 with its gadget driver, and the host at the other end of the cable.
 */
export const dwc3: (options?: Dwc3Options) => Plugin = simulatedBoard<Dwc3Options>({
  name: 'dwc3',
  description: 'simulated DesignWare USB 3 controller',
  device: 'fe800000.usb',
  speeds: ['full', 'high', 'super'],
  memory: { layout: 'scattered' },
  options: DWC3_FIELDS,
  summary: ({ speed = 'super' }) => `simulated DesignWare USB 3 controller, ${speed} speed, scatter-gather`,
  board: { token: DWC3_BOARD, make: (parts, options) => new Dwc3Board({ ...options, ...parts }) },
  controller: (_board, _options, pieces) => pieces.resolve(DWC3_BOARD).gadget,
});
