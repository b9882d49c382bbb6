import { CLOCK, type Plugin, type Resolver, type Token, TRACE_SINK } from '@gadgetloom/core';
import { DMA_BUF_MODEL } from '@gadgetloom/dmabuf/model';
import { GADGET_CONTROLLER, USB_DEVICE_CONTROLLER } from '@gadgetloom/udc';
import { FUNCTION_REGISTRY, FunctionRegistry, UdcModel } from '@gadgetloom/udc/model';
import { FUNCTION_FS } from '../functionfs.ts';
import { FunctionFsModel } from './function-fs-model.ts';

/** What a {@link kernelModel} can be told. */
export interface KernelModelOptions {
  /** FunctionFS behaves as its first published DMABUF interface: EBUSY at once instead of waiting. */
  readonly firstInterface?: boolean | undefined;
  /** Pieces that register more types of functions. They are made before the first gadget. */
  readonly functions?: readonly Token<unknown>[];
}

/**
 * The gadget side of a simulated kernel over any simulated controller: the UDC core, configfs and FunctionFS. Part of a
 * simulated backend, which brings the controller.
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
          // Gadgets find the functions that are registered: FunctionFS has to be there first, and to go last.
          pieces.resolve(FUNCTION_FS);
          for (const more of functions) pieces.resolve(more);
          return new UdcModel({ ...surroundings(pieces), controller, functions: pieces.resolve(FUNCTION_REGISTRY) });
        },
      });
    },
  };
}

/** What every model takes: the time, and where events go if anybody wants them. */
function surroundings(pieces: Resolver) {
  const clock = pieces.resolve(CLOCK);
  return pieces.isRegistered(TRACE_SINK) ? { clock, trace: pieces.resolve(TRACE_SINK) } : { clock };
}
