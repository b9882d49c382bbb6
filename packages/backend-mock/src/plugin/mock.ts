import { CLOCK, type Container, type Plugin, type Resolver, TRACE_SINK, VirtualClock } from '@gadgetloom/core';
import { memoryModel } from '@gadgetloom/dmabuf/model';
import { kernelModel } from '@gadgetloom/functionfs/model';
import { GADGET_CONTROLLER } from '@gadgetloom/udc';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { FAULTS } from '@gadgetloom/udc/faults';
import { virtualHost } from '@gadgetloom/virtual-host/model';
import { MockController } from '../controller/mock-controller.ts';
import { MOCK_FAULTS, MockFaults } from '../faults/mock-faults.ts';
import { type MockHeapPluginOptions, type MockOptions, readHeapOptions, readMockOptions } from './mock-options.ts';

/**
 * Buffers alone: a mock heap, memfds for udmabuf, and the fences of the same simulated kernel. For stacks whose
 * controller comes from elsewhere; {@link mock} has all of it.
 */
export function mockHeap(options: MockHeapPluginOptions = {}): Plugin {
  return {
    ...memoryModel({ heap: 'mock', ...options, exhausts: (pieces) => faultsOf(pieces)?.memory.exhausts }),
    name: 'mock-heap',
    configure: (more) => mockHeap({ ...options, ...readHeapOptions(more) }),
    probe: () => ({ ok: true, summary: 'simulated memory' }),
  };
}

/**
 * A whole simulated kernel and the host at the other end of the cable, in virtual time: mock heap and udmabuf,
 * FunctionFS, configfs and composite device, an ideal controller that answers as dummy_hcd does, and everything that can
 * go wrong with it under {@link MOCK_FAULTS}.
 */
export function mock(options: MockOptions = {}): Plugin {
  const { heap, layout, budget, largest, seed } = options;
  const memory = mockHeap(given({ heap, layout, budget, largest, seed }));
  const host = virtualHost(options.host);
  const kernel = kernelModel({ firstInterface: options.firstInterface });
  return {
    name: 'mock',
    description: 'ideal controller for tests',
    provides: [CLOCK, MOCK_FAULTS, FAULTS, ...memory.provides, ...kernel.provides, GADGET_CONTROLLER, ...host.provides],
    configure: (more) => mock({ ...options, ...readMockOptions(more) }),
    probe: () => ({ ok: true, summary: summarize(options) }),
    register(container) {
      container.register(CLOCK, {
        useFactory: () => new VirtualClock(given({ seed })),
      });
      container.register(MOCK_FAULTS, { useFactory: (pieces) => new MockFaults(surroundings(pieces)) });
      container.register(FAULTS, { useFactory: (pieces) => pieces.resolve(MOCK_FAULTS) });
      memory.register(container);
      host.register(container);
      kernel.register(container);
      registerController(container, options);
    },
  };
}

/** A heap that was composed without the mock's controller has none. */
function faultsOf(pieces: Resolver): MockFaults | undefined {
  return pieces.isRegistered(MOCK_FAULTS) ? pieces.resolve(MOCK_FAULTS) : undefined;
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
