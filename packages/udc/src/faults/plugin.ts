import { CLOCK, type Plugin, type Token, TRACE_SINK, token } from '@gadgetloom/core';
import { BoardFaults } from './board-faults.ts';
import { FAULTS } from './faults.ts';

/** The faults around a simulated chip, with what its board needs of them. Programs use {@link FAULTS}. */
export const BOARD_FAULTS: Token<BoardFaults> = token('@gadgetloom/udc:BoardFaults');

/** The faults of a simulated board. Part of a simulated backend, which builds its board with them. */
export function boardFaults(): Plugin {
  return {
    name: 'board-faults',
    description: 'what goes wrong around a simulated controller',
    provides: [BOARD_FAULTS, FAULTS],
    requires: [CLOCK],
    probe: () => ({ ok: true }),
    register(container) {
      container.register(BOARD_FAULTS, {
        useFactory: (pieces) => {
          const trace = pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined;
          return new BoardFaults({ clock: pieces.resolve(CLOCK), trace });
        },
      });
      container.register(FAULTS, { useFactory: (pieces) => pieces.resolve(BOARD_FAULTS) });
    },
  };
}
