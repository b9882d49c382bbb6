import { CLOCK, type Plugin, type Token, TRACE_SINK, token } from '@gadgetloom/core';
import { USB_BUS } from '@gadgetloom/udc/bus';
import { HOST_END } from '../host-end.ts';
import { VirtualHost, type VirtualHostOptions } from './virtual-host.ts';

/** Token of the host of a simulated stack. */
export const VIRTUAL_HOST: Token<VirtualHost> = token('@gadgetloom/virtual-host:VirtualHost');

/** A host for simulated controllers. Provides the bus that they connect to, and the host, which is also {@link HOST_END}. */
export function virtualHost(options: Omit<VirtualHostOptions, 'clock' | 'trace'> = {}): Plugin {
  return {
    name: 'virtual-host',
    description: 'the host end of a simulated bus',
    provides: [USB_BUS, VIRTUAL_HOST, HOST_END],
    requires: [CLOCK],
    probe: () => ({ ok: true }),
    register(container) {
      container.register(VIRTUAL_HOST, {
        useFactory: (resolver) =>
          new VirtualHost({
            ...options,
            clock: resolver.resolve(CLOCK),
            trace: resolver.isRegistered(TRACE_SINK) ? resolver.resolve(TRACE_SINK) : undefined,
          }),
      });
      container.register(USB_BUS, { useFactory: (resolver) => resolver.resolve(VIRTUAL_HOST) });
      container.register(HOST_END, { useFactory: (resolver) => resolver.resolve(VIRTUAL_HOST) });
    },
  };
}
