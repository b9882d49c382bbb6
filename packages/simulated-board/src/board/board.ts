import type { Clock, TraceSink } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import { DmaAddressSpace, type DmaFault } from '@gadgetloom/dmabuf/model';
import type { UsbBus } from '@gadgetloom/udc/bus';
import { BoardFaults } from '../faults/board-faults.ts';
import { FaultyBus } from '../faults/faulty-bus.ts';
import { FaultyLine, type FaultyLineOptions } from '../faults/faulty-line.ts';
import { FaultyMemory } from '../faults/faulty-memory.ts';
import { DriverInterrupt, type InterruptLine } from './interrupt-line.ts';

/** The parts that a {@link Board} consists of. */
export interface BoardParts {
  /** Name of the controller in /sys/class/udc. */
  readonly name: string;
  /** The port of the host. */
  readonly bus: UsbBus;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** The faults of the board; a new {@link BoardFaults} by default. */
  readonly faults?: BoardFaults | undefined;
  /** Nanoseconds from an interrupt to its handler; 0 by default. */
  readonly interruptLatency?: number | undefined;
}

/**
 * Everything between a simulated controller, its driver and the rest of the stack: the cable, memory behind an IOMMU,
 * interrupt lines, and their faults. The driver and the hardware are connected only through the board.
 */
export class Board implements Disposable {
  readonly name: string;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  /** The cable, with its faults. The hardware connects to it. */
  readonly bus: UsbBus;
  /** Memory as the driver maps it for the controller. */
  readonly memory: DmaAddressSpace;
  /** The same memory as the hardware accesses it: an access can end with a bus error. */
  readonly dma: DmaMemory;
  /** The faults of this board. */
  readonly faults: BoardFaults;
  /**
   * The last 100 failed accesses to memory, latest last. Their cause is a bug of a driver, or a fault that was asked
   * for.
   */
  readonly dmaFaults: DmaFault[] = [];
  /** Nanoseconds from an interrupt to its handler. */
  readonly interruptLatency: number;

  constructor({ name, bus, clock, trace, faults, interruptLatency = 0 }: BoardParts) {
    this.name = name;
    this.clock = clock;
    this.trace = trace;
    this.faults = faults ?? new BoardFaults({ clock, trace });
    this.interruptLatency = interruptLatency;
    this.memory = new DmaAddressSpace({ name, onFault: (fault) => this.#note(fault) });
    this.dma = new FaultyMemory(this.memory, this.faults.engine);
    this.bus = new FaultyBus(bus, this.faults.engine);
  }

  /** Makes an interrupt line. @param handler the driver's handler, called while the hardware asserts the line */
  interruptLine(handler: () => void, options: FaultyLineOptions = {}): InterruptLine {
    const { asserted } = options;
    const line = new DriverInterrupt({ clock: this.clock, latency: this.interruptLatency, handler, asserted });
    return new FaultyLine(line, this.faults.engine, options);
  }

  [Symbol.dispose](): void {
    this.faults[Symbol.dispose]();
  }

  #note(fault: DmaFault): void {
    if (this.dmaFaults.length === MOST_DMA_FAULTS) this.dmaFaults.shift();
    this.dmaFaults.push(fault);
    this.trace?.event({ at: this.clock.now(), source: 'controller', what: 'DMA fault', details: { ...fault } });
  }
}

/** Number of DMA faults that the board keeps. */
const MOST_DMA_FAULTS = 100;
