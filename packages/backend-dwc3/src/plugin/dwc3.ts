import {
  CLOCK,
  type Plugin,
  type Resolver,
  type Token,
  TRACE_SINK,
  type TraceSink,
  token,
  VirtualClock,
} from '@gadgetloom/core';
import { memoryModel } from '@gadgetloom/dmabuf/model';
import { kernelModel } from '@gadgetloom/functionfs/model';
import { GADGET_CONTROLLER } from '@gadgetloom/udc';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { BOARD_FAULTS, boardFaults } from '@gadgetloom/udc/faults';
import { virtualHost } from '@gadgetloom/virtual-host/model';
import { Dwc3Board } from './dwc3-board.ts';
import { type Dwc3Options, readDwc3Options } from './dwc3-options.ts';

/** The board of the DWC3 backend: its hardware, its memory, its driver. */
export const DWC3_BOARD: Token<Dwc3Board> = token('@gadgetloom/backend-dwc3:Dwc3Board');

/**
 * A whole simulated board in virtual time: a heap of scattered pages, udmabuf, FunctionFS, configfs and composite device
 * on a DWC3 with its gadget driver, and the host at the other end of the cable.
 */
export function dwc3(options: Dwc3Options = {}): Plugin {
  const { heap, layout = 'scattered', budget, largest, seed, firstInterface, timed } = options;
  const host = virtualHost({ ...(timed === undefined ? {} : { timed }), ...options.host });
  const exhausts = (pieces: Resolver) => pieces.resolve(BOARD_FAULTS).memory.exhausts;
  const memory = memoryModel({ heap, layout, budget, largest, seed, exhausts });
  const faults = boardFaults();
  const kernel = kernelModel({ firstInterface });
  return {
    name: 'dwc3',
    description: 'simulated DesignWare USB 3 controller',
    provides: [
      CLOCK,
      ...memory.provides,
      ...kernel.provides,
      ...faults.provides,
      DWC3_BOARD,
      GADGET_CONTROLLER,
      ...host.provides,
    ],
    configure: (more) => dwc3({ ...options, ...readDwc3Options(more) }),
    probe: () => ({ ok: true, summary: summarize(options) }),
    register(container) {
      container.register(CLOCK, { useFactory: () => new VirtualClock(seed === undefined ? {} : { seed }) });
      memory.register(container);
      host.register(container);
      kernel.register(container);
      faults.register(container);
      container.register(DWC3_BOARD, { useFactory: (pieces) => makeBoard(pieces, options) });
      container.register(GADGET_CONTROLLER, { useFactory: (pieces) => pieces.resolve(DWC3_BOARD).gadget });
    },
  };
}

function makeBoard(
  pieces: Resolver,
  { speed, name, core, properties, quirks, interruptLatency, registers }: Dwc3Options,
): Dwc3Board {
  const trace = traceOf(pieces);
  const faults = pieces.resolve(BOARD_FAULTS);
  const bus = pieces.resolve(USB_BUS);
  return new Dwc3Board({
    bus,
    clock: pieces.resolve(CLOCK),
    trace,
    speed,
    name,
    core,
    properties,
    quirks,
    faults,
    interruptLatency,
    registers,
  });
}

function traceOf(pieces: Resolver): TraceSink | undefined {
  return pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined;
}

function summarize({ speed = 'super' }: Dwc3Options): string {
  return `simulated DesignWare USB 3 controller, ${speed} speed, scatter-gather`;
}
