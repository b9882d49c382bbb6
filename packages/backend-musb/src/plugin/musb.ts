import { type Plugin, type Token, token } from '@gadgetloom/core';
import { simulatedBoard } from '@gadgetloom/simulated-board';
import { MusbBoard } from './musb-board.ts';
import { MUSB_FIELDS, type MusbOptions } from './musb-options.ts';

/** The board of the MUSB backend: its chip, its memory and its driver. */
export const MUSB_BOARD: Token<MusbBoard> = token('@gadgetloom/backend-musb:MusbBoard');

/**
 * A whole simulated board with a MUSB controller, and the host at the other end of the cable, in virtual time. The
 * board has memory, the gadget side of the kernel, the driver and the chip.
 */
export const musb: (options?: MusbOptions) => Plugin = simulatedBoard<MusbOptions>({
  name: 'musb',
  description: 'simulated MUSB: FIFO RAM, no scatter-gather',
  device: 'musb-hdrc.0',
  speeds: ['full', 'high'],
  options: MUSB_FIELDS,
  summary: summarize,
  board: { token: MUSB_BOARD, make: (parts, options) => new MusbBoard({ ...options, ...parts }) },
  controller: (_board, _options, pieces) => pieces.resolve(MUSB_BOARD).controller,
});

function summarize({ speed = 'high', hypotheticalContiguousDma = false }: MusbOptions): string {
  const memory = hypotheticalContiguousDma
    ? 'contiguous DMABUFs (hypothetical: no real one takes any)'
    : 'copies (no scatter-gather, as the real one)';
  return `simulated, ${speed} speed, ${memory}`;
}
