import type { Clock, TraceSink } from '@gadgetloom/core';
import type { DmaMemory } from '@gadgetloom/dmabuf';
import { DmaAddressSpace, type DmaFault } from '@gadgetloom/dmabuf/model';
import type { UsbBus } from '@gadgetloom/udc/bus';
import { BoardFaults } from '../faults/board-faults.ts';
import { FaultyBus } from '../faults/faulty-bus.ts';
import { FaultyLine, type FaultyLineOptions } from '../faults/faulty-line.ts';
import { FaultyMemory } from '../faults/faulty-memory.ts';
import { DriverInterrupt, type InterruptLine } from './interrupt-line.ts';

/** What a {@link Board} is made with. */
export interface BoardParts {
  /** Name of the controller in /sys/class/udc. */
  readonly name: string;
  /** The port of the host. */
  readonly bus: UsbBus;
  readonly clock: Clock;
  readonly trace?: TraceSink | undefined;
  /** The faults that happen to the board; its own unless given. */
  readonly faults?: BoardFaults | undefined;
  /** Nanoseconds from an interrupt to its handler; 0 unless given. */
  readonly interruptLatency?: number | undefined;
}

/**
 * Everything between a simulated controller, its driver and the rest of the stack: the cable, memory behind an IOMMU,
 * interrupt lines, and the faults that happen to them. The driver and the hardware meet here and nowhere else.
 */
export class Board implements Disposable {
  readonly name: string;
  readonly clock: Clock;
  readonly trace: TraceSink | undefined;
  /** The cable, with its faults. The hardware connects to it. */
  readonly bus: UsbBus;
  /** Memory as the driver maps it for the controller. */
  readonly memory: DmaAddressSpace;
  /** The same memory as the hardware reaches it: an access can end with a bus error. */
  readonly dma: DmaMemory;
  /** Makes things go wrong here. */
  readonly faults: BoardFaults;
  /** The last 100 accesses to memory that failed, latest last: bugs of a driver, or faults that were asked for. */
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

  /** Makes an interrupt line. @param handler of the driver; called while the hardware asserts the line */
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

/** DMA faults that are kept. */
const MOST_DMA_FAULTS = 100;
