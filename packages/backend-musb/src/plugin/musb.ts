import { CLOCK, type Plugin, type Resolver, TRACE_SINK, type TraceSink, VirtualClock } from '@gadgetloom/core';
import { memoryModel } from '@gadgetloom/dmabuf/model';
import { kernelModel } from '@gadgetloom/functionfs/model';
import { GADGET_CONTROLLER } from '@gadgetloom/udc';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { BOARD_FAULTS, boardFaults } from '@gadgetloom/udc/faults';
import { virtualHost } from '@gadgetloom/virtual-host/model';
import { MusbBoard } from './musb-board.ts';
import { type MusbOptions, readMusbOptions } from './musb-options.ts';

/**
 * A whole simulated board with a MUSB controller, and the host at the other end of the cable, in virtual time: memory,
 * the gadget side of the kernel, the driver and the chip.
 */
export function musb(options: MusbOptions = {}): Plugin {
  const { heap, layout, budget, largest, seed, firstInterface } = options;
  const exhausts = (pieces: Resolver) => pieces.resolve(BOARD_FAULTS).memory.exhausts;
  const memory = memoryModel({ heap, layout, budget, largest, seed, exhausts });
  const faults = boardFaults();
  const kernel = kernelModel({ firstInterface });
  const host = virtualHost(options.host);
  return {
    name: 'musb',
    description: 'simulated MUSB: FIFO RAM, no scatter-gather',
    provides: [CLOCK, ...faults.provides, ...memory.provides, ...kernel.provides, GADGET_CONTROLLER, ...host.provides],
    configure: (more) => musb({ ...options, ...readMusbOptions(more) }),
    probe: () => ({ ok: true, summary: summarize(options) }),
    register(container) {
      container.register(CLOCK, { useFactory: () => new VirtualClock(seed === undefined ? {} : { seed }) });
      faults.register(container);
      memory.register(container);
      host.register(container);
      kernel.register(container);
      container.register(GADGET_CONTROLLER, {
        useFactory: (pieces) => {
          const surroundings = { clock: pieces.resolve(CLOCK), bus: pieces.resolve(USB_BUS), trace: traceOf(pieces) };
          return new MusbBoard({ ...options, ...surroundings, faults: pieces.resolve(BOARD_FAULTS) }).controller;
        },
      });
    },
  };
}

function traceOf(pieces: Resolver): TraceSink | undefined {
  return pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined;
}

function summarize({ speed = 'high', hypotheticalContiguousDma = false }: MusbOptions): string {
  const memory = hypotheticalContiguousDma
    ? 'contiguous DMABUFs (hypothetical: no real one takes any)'
    : 'copies (no scatter-gather, as the real one)';
  return `simulated, ${speed} speed, ${memory}`;
}
