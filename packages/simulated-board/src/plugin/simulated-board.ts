import {
  CLOCK,
  type Container,
  type OptionCheck,
  type Plugin,
  type Resolver,
  type Token,
  TRACE_SINK,
  token,
  VirtualClock,
} from '@gadgetloom/core';
import { memoryModel } from '@gadgetloom/dmabuf/model';
import { kernelModel } from '@gadgetloom/functionfs/model';
import { KERNEL_FUNCTIONS, kernelFunctionModels } from '@gadgetloom/kernel-functions/model';
import { GADGET_CONTROLLER, type GadgetController, type UsbSpeed } from '@gadgetloom/udc';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { FAULTS } from '@gadgetloom/udc/faults';
import { virtualHost } from '@gadgetloom/virtual-host/model';
import { Board, type BoardParts } from '../board/board.ts';
import { BOARD_FAULTS, BoardFaults, type BoardFaultsOptions } from '../faults/board-faults.ts';
import { type BoardOptions, readBoardOptions } from './board-options.ts';

/** The board of a stack: its memory, its interrupts and its cable. */
export const BOARD: Token<Board> = token('@gadgetloom/simulated-board:Board');

/** A piece that a backend makes, and the token with which programs and tests resolve it. */
export interface Provision<Made, Parts extends readonly unknown[]> {
  readonly token: Token<Made>;
  /** Makes the piece, once per stack. */
  make(...parts: Parts): Made;
}

/** The definition of a simulated backend. {@link simulatedBoard} makes the plugin from it. */
export interface BoardDefinition<Options extends BoardOptions> {
  /** Name with which people choose the backend. */
  readonly name: string;
  /** Description of the backend in one line. */
  readonly description: string;
  /** Name of the controller in /sys/class/udc, unless the option `name` gives another. */
  readonly device: string;
  /** Speeds that the option `speed` allows. */
  readonly speeds: readonly UsbSpeed[];
  /** Defaults of the options `heap` and `layout`. Without it they are `'system'` and `'contiguous'`. */
  readonly memory?: Pick<BoardOptions, 'heap' | 'layout'>;
  /** The options that only this backend takes and that a gadget file may contain. */
  readonly options?: Readonly<Record<string, OptionCheck>>;
  /** Describes the backend with these options in one line, for `gadgetloom backends`. */
  summary(options: Options): string;
  /** Makes a board with more parts than {@link Board}. */
  readonly board?: Provision<Board, [parts: BoardParts, options: Options]>;
  /** Makes faults that can do more than {@link BoardFaults}. */
  readonly faults?: Provision<BoardFaults, [options: BoardFaultsOptions]>;
  /** Makes the controller: its driver, together with the hardware that it drives. */
  controller(board: Board, options: Options, pieces: Resolver): GadgetController;
}

/**
 * Makes the plugin of a simulated backend: a whole board in virtual time, with memory for buffers, the gadget side of the
 * kernel, faults, and a host at the other end of the cable. The backend brings its controller.
 *
 * @example
 * export const acme = simulatedBoard({
 *   name: 'acme',
 *   description: 'simulated ACME controller',
 *   device: 'acme.0',
 *   speeds: ['full', 'high'],
 *   summary: ({ speed = 'high' }) => `simulated, ${speed} speed`,
 *   controller: (board, options) => new AcmeController(board, options),
 * });
 */
export function simulatedBoard<Options extends BoardOptions = BoardOptions>(
  definition: BoardDefinition<Options>,
): (options?: Options) => Plugin {
  const { name, description, device, speeds, options: own = {}, memory: memoryDefaults } = definition;
  const { board = BARE_BOARD, faults = PLAIN_FAULTS } = definition;
  const make = (options: Options): Plugin => {
    const { heap, layout, budget, largest, seed, firstInterface, timed, interruptLatency } = options;
    const exhausts = (pieces: Resolver) => pieces.resolve(BOARD_FAULTS).memory.exhausts;
    const memory = memoryModel({ ...memoryDefaults, ...given({ heap, layout, budget, largest, seed }), exhausts });
    const kernel = kernelModel({ firstInterface, functions: [KERNEL_FUNCTIONS] });
    const host = virtualHost({ ...given({ timed }), ...options.host });
    const parts = (pieces: Resolver): BoardParts => ({
      ...surroundings(pieces),
      name: options.name ?? device,
      bus: pieces.resolve(USB_BUS),
      faults: pieces.resolve(BOARD_FAULTS),
      interruptLatency,
    });
    const models = [memory, host, kernel, kernelFunctionModels()];
    return {
      name,
      description,
      provides: [
        CLOCK,
        ...new Set([faults.token, BOARD_FAULTS, FAULTS, board.token, BOARD]),
        ...models.flatMap(({ provides }) => provides),
        GADGET_CONTROLLER,
      ],
      configure: (more) => make({ ...options, ...readBoardOptions<Options>(more, speeds, own) }),
      probe: () => ({ ok: true, summary: definition.summary(options) }),
      register(container) {
        container.register(CLOCK, { useFactory: () => new VirtualClock(given({ seed })) });
        provide(container, faults.token, [BOARD_FAULTS, FAULTS], (pieces) => faults.make(surroundings(pieces)));
        for (const model of models) model.register(container);
        provide(container, board.token, [BOARD], (pieces) => board.make(parts(pieces), options));
        container.register(GADGET_CONTROLLER, {
          useFactory: (pieces) => definition.controller(pieces.resolve(BOARD), options, pieces),
        });
      },
    };
  };
  return (options) => make(options ?? ({} as Options));
}

const BARE_BOARD: Provision<Board, [parts: BoardParts]> = { token: BOARD, make: (parts) => new Board(parts) };
const PLAIN_FAULTS: Provision<BoardFaults, [options: BoardFaultsOptions]> = {
  token: BOARD_FAULTS,
  make: (options) => new BoardFaults(options),
};

/** Registers a piece under its own token and under other tokens. */
function provide<T>(
  container: Container,
  own: Token<T>,
  others: readonly Token<T>[],
  useFactory: (pieces: Resolver) => T,
): void {
  container.register(own, { useFactory });
  for (const other of others)
    if (other !== own) container.register(other, { useFactory: (pieces) => pieces.resolve(own) });
}

/** The clock and the trace, which every model takes. */
function surroundings(pieces: Resolver): BoardFaultsOptions {
  const trace = pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined;
  return { clock: pieces.resolve(CLOCK), trace };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Returns the fields that are not undefined, so that defaults apply to the others. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
