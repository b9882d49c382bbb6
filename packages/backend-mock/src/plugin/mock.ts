import { CLOCK, type Container, type Plugin, type Resolver, TRACE_SINK, VirtualClock } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, DMA_FENCES, UDMABUF } from '@gadgetloom/dmabuf';
import { DMA_BUF_MODEL, DmaBufModel, PageAddresses, SimulatedPages, UdmabufModel } from '@gadgetloom/dmabuf/model';
import { kernelModel } from '@gadgetloom/functionfs/model';
import { GADGET_CONTROLLER } from '@gadgetloom/udc';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { virtualHost } from '@gadgetloom/virtual-host';
import { MockController } from '../controller/mock-controller.ts';
import { MOCK_FAULTS, MockFaults } from '../faults/mock-faults.ts';
import { MockHeap } from '../heap/mock-heap.ts';
import { type MockHeapPluginOptions, type MockOptions, readHeapOptions, readMockOptions } from './mock-options.ts';

const HEAP_PIECES = [DMA_BUF_MODEL, DMA_BUF_EXPORTER, UDMABUF, DMA_FENCES];

/**
 * Buffers alone: a mock heap, memfds for udmabuf, and the fences of the same simulated kernel. For stacks whose
 * controller comes from elsewhere; {@link mock} has all of it.
 */
export function mockHeap(options: MockHeapPluginOptions = {}): Plugin {
  return {
    name: 'mock-heap',
    description: 'simulated memory for buffers',
    provides: HEAP_PIECES,
    requires: [CLOCK],
    configure: (more) => mockHeap({ ...options, ...readHeapOptions(more) }),
    probe: () => ({ ok: true, summary: 'simulated memory' }),
    register: (container) => registerHeap(container, options),
  };
}

/**
 * A whole simulated kernel and the host at the other end of the cable, in virtual time: mock heap and udmabuf,
 * FunctionFS, configfs and composite device, an ideal controller that answers as dummy_hcd does, and everything that can
 * go wrong with it under {@link MOCK_FAULTS}.
 */
export function mock(options: MockOptions = {}): Plugin {
  const host = virtualHost(options.host);
  const kernel = kernelModel({ firstInterface: options.firstInterface });
  return {
    name: 'mock',
    description: 'ideal controller for tests',
    provides: [CLOCK, MOCK_FAULTS, ...HEAP_PIECES, ...kernel.provides, GADGET_CONTROLLER, ...host.provides],
    configure: (more) => mock({ ...options, ...readMockOptions(more) }),
    probe: () => ({ ok: true, summary: summarize(options) }),
    register(container) {
      container.register(CLOCK, {
        useFactory: () => new VirtualClock(options.seed === undefined ? {} : { seed: options.seed }),
      });
      container.register(MOCK_FAULTS, { useFactory: (pieces) => new MockFaults(surroundings(pieces)) });
      registerHeap(container, options);
      host.register(container);
      kernel.register(container);
      registerController(container, options);
    },
  };
}

function registerHeap(container: Container, options: MockHeapPluginOptions): void {
  const { heap: name = 'mock', layout, budget, largest, seed } = options;
  const pages = { addresses: new PageAddresses({ layout, seed }), ...given({ budget, largest }) };
  container.register(DMA_BUF_MODEL, { useFactory: (pieces) => new DmaBufModel(surroundings(pieces)) });
  container.register(DMA_FENCES, { useFactory: (pieces) => pieces.resolve(DMA_BUF_MODEL).fences });
  container.register(DMA_BUF_EXPORTER, {
    useFactory: (pieces) => {
      const faults = pieces.isRegistered(MOCK_FAULTS) ? pieces.resolve(MOCK_FAULTS) : undefined;
      return new MockHeap({ model: pieces.resolve(DMA_BUF_MODEL), name, ...pages, ...given({ faults }) });
    },
  });
  container.register(UDMABUF, {
    useFactory: (pieces) =>
      new UdmabufModel({ model: pieces.resolve(DMA_BUF_MODEL), pages: new SimulatedPages(pages) }),
  });
}

function registerController(container: Container, options: MockOptions): void {
  const { speed, scatterGather, endpoints } = options;
  container.register(GADGET_CONTROLLER, {
    useFactory: (pieces) =>
      new MockController({
        ...surroundings(pieces),
        bus: pieces.resolve(USB_BUS),
        faults: pieces.resolve(MOCK_FAULTS),
        ...given({ speed, scatterGather, endpoints }),
      }),
  });
}

/** What every model takes: the time, and where events go if anybody wants them. */
function surroundings(pieces: Resolver) {
  const clock = pieces.resolve(CLOCK);
  return pieces.isRegistered(TRACE_SINK) ? { clock, trace: pieces.resolve(TRACE_SINK) } : { clock };
}

function summarize({ speed = 'high', scatterGather = true }: MockOptions): string {
  return `simulated, ideal, ${speed} speed, ${scatterGather ? 'scatter-gather' : 'copies (no scatter-gather)'}`;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined: a constructor then applies its own default. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
