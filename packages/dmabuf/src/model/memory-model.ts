import { CLOCK, type Plugin, type Resolver, TRACE_SINK } from '@gadgetloom/core';
import { DMA_BUF_EXPORTER, UDMABUF } from '../exporter.ts';
import { DMA_FENCES } from '../fence.ts';
import { HeapModel } from './heap.ts';
import { DmaBufModel } from './model.ts';
import { PageAddresses } from './page-addresses.ts';
import { type ExhaustMemory, SimulatedPages, type SimulatedPagesOptions } from './simulated-pages.ts';
import { DMA_BUF_MODEL } from './tokens.ts';
import { UdmabufModel } from './udmabuf.ts';

/** Options of {@link memoryModel}. */
export interface MemoryModelOptions extends Omit<SimulatedPagesOptions, 'exhausts' | 'addresses'> {
  /** Name of the heap; `'system'` unless given. */
  readonly heap?: string | undefined;
  /** Returns a further reason for memory to run out. Called once, when the heap is made. */
  readonly exhausts?: ((pieces: Resolver) => ExhaustMemory | undefined) | undefined;
}

/** The memory of a simulated kernel: one heap, udmabuf, and fences. Part of a simulated backend. */
export function memoryModel(options: MemoryModelOptions = {}): Plugin {
  const { heap = 'system', layout, seed, exhausts, ...limits } = options;
  return {
    name: 'memory-model',
    description: 'simulated memory for buffers',
    provides: [DMA_BUF_MODEL, DMA_BUF_EXPORTER, UDMABUF, DMA_FENCES],
    requires: [CLOCK],
    probe: () => ({ ok: true }),
    register(container) {
      const pages = { ...limits, addresses: new PageAddresses({ layout, seed }) };
      container.register(DMA_BUF_MODEL, {
        useFactory: (pieces) => {
          const trace = pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined;
          return new DmaBufModel({ clock: pieces.resolve(CLOCK), trace });
        },
      });
      container.register(DMA_BUF_EXPORTER, {
        useFactory: (pieces) =>
          new HeapModel({
            model: pieces.resolve(DMA_BUF_MODEL),
            name: heap,
            pages: new SimulatedPages({ ...pages, exhausts: exhausts?.(pieces) }),
          }),
      });
      container.register(UDMABUF, {
        useFactory: (pieces) =>
          new UdmabufModel({ model: pieces.resolve(DMA_BUF_MODEL), pages: new SimulatedPages(pages) }),
      });
      container.register(DMA_FENCES, { useFactory: (pieces) => pieces.resolve(DMA_BUF_MODEL).fences });
    },
  };
}
