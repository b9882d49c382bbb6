import { CLOCK, type Plugin, type Token, TRACE_SINK, token } from '@gadgetloom/core';
import { FUNCTION_REGISTRY } from '@gadgetloom/udc/model';
import { SERIAL_PORTS } from '../serial/serial-port.ts';
import { KernelFunctions } from './kernel-functions.ts';

/** The functions of a simulated kernel. Resolving it registers them. */
export const KERNEL_FUNCTIONS: Token<KernelFunctions> = token('@gadgetloom/kernel-functions:KernelFunctions');

/** The functions that the Linux kernel provides, in simulation. It is a part of every simulated board. */
export function kernelFunctionModels(): Plugin {
  return {
    name: 'kernel-functions',
    description: 'functions of a simulated kernel',
    provides: [KERNEL_FUNCTIONS, SERIAL_PORTS],
    requires: [CLOCK, FUNCTION_REGISTRY],
    probe: () => ({ ok: true }),
    register(container) {
      container.register(KERNEL_FUNCTIONS, {
        useFactory: (pieces) =>
          new KernelFunctions({
            functions: pieces.resolve(FUNCTION_REGISTRY),
            clock: pieces.resolve(CLOCK),
            trace: pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined,
          }),
      });
      container.register(SERIAL_PORTS, { useFactory: (pieces) => pieces.resolve(KERNEL_FUNCTIONS).serialPorts });
    },
  };
}
