import { CLOCK, type Plugin, TRACE_SINK, VirtualClock } from '@gadgetloom/core';
import { memoryModel } from '@gadgetloom/dmabuf/model';
import { kernelModel } from '@gadgetloom/functionfs/model';
import { GADGET_CONTROLLER } from '@gadgetloom/udc';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { virtualHost } from '@gadgetloom/virtual-host/model';
import { AcmeUdcController } from './acme-udc-controller.ts';

/**
 * A whole simulated board in virtual time: the controller of this package, under the gadget side of the kernel, with
 * memory for buffers and a host at the other end of the cable.
 */
export function acmeUdc(): Plugin {
  const memory = memoryModel();
  const kernel = kernelModel();
  const host = virtualHost();
  return {
    name: 'acme-udc',
    description: 'simulated controller',
    provides: [CLOCK, ...memory.provides, ...kernel.provides, GADGET_CONTROLLER, ...host.provides],
    probe: () => ({ ok: true, summary: 'simulated' }),
    register(container) {
      container.register(CLOCK, { useFactory: () => new VirtualClock() });
      memory.register(container);
      host.register(container);
      kernel.register(container);
      container.register(GADGET_CONTROLLER, {
        useFactory: (pieces) =>
          new AcmeUdcController({
            bus: pieces.resolve(USB_BUS),
            clock: pieces.resolve(CLOCK),
            trace: pieces.isRegistered(TRACE_SINK) ? pieces.resolve(TRACE_SINK) : undefined,
          }),
      });
    },
  };
}
