import { CLOCK, type Plugin, type Resolver, type Token, TRACE_SINK } from '@gadgetloom/core';
import { DMA_BUF_MODEL } from '@gadgetloom/dmabuf/model';
import { GADGET_CONTROLLER, USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { FUNCTION_REGISTRY, FunctionRegistry, UdcModel } from '@gadgetloom/udc/model';
import { FUNCTION_FS } from '../functionfs.ts';
import { FunctionFsModel } from './function-fs-model.ts';

/** Options of {@link kernelModel}. */
export interface KernelModelOptions {
  /** Selects FunctionFS's DMABUF interface as first published: it fails with EBUSY instead of waiting. */
  readonly firstInterface?: boolean | undefined;
  /** Pieces that register more types of functions. They are created before the first gadget. */
  readonly functions?: readonly Token<unknown>[];
}

/**
 * The gadget side of a simulated kernel: the UDC core, configfs and FunctionFS. A simulated backend combines it with
 * its controller.
 */
export function kernelModel({ firstInterface = false, functions = [] }: KernelModelOptions = {}): Plugin {
  return {
    name: 'kernel-model',
    description: 'UDC core, configfs and FunctionFS of a simulated kernel',
    provides: [FUNCTION_REGISTRY, FUNCTION_FS, USB_DEVICE_CONTROLLER],
    requires: [CLOCK, DMA_BUF_MODEL, GADGET_CONTROLLER],
    probe: () => ({ ok: true }),
    register(container) {
      container.register(FUNCTION_REGISTRY, { useFactory: () => new FunctionRegistry() });
      container.register(FUNCTION_FS, {
        useFactory: (pieces) =>
          new FunctionFsModel({
            ...surroundings(pieces),
            dmabuf: pieces.resolve(DMA_BUF_MODEL),
            functions: pieces.resolve(FUNCTION_REGISTRY),
            firstInterface,
          }),
      });
      container.register(USB_DEVICE_CONTROLLER, {
        useFactory: (pieces) => {
          const controller = pieces.resolve(GADGET_CONTROLLER);
          // Gadgets use the registered functions, so FunctionFS is created before them and disposed after them.
          pieces.resolve(FUNCTION_FS);
          for (const more of functions) pieces.resolve(more);
          return new UdcModel({ ...surroundings(pieces), controller, functions: pieces.resolve(FUNCTION_REGISTRY) });
        },
      });
    },
  };
}

/** Options of every model: the clock and the trace sink, if there is one. */
function surroundings(pieces: Resolver) {
  const clock = pieces.resolve(CLOCK);
  return pieces.isRegistered(TRACE_SINK) ? { clock, trace: pieces.resolve(TRACE_SINK) } : { clock };
}
