import type { BulkEndpoint, InterruptEndpoint, IsochronousEndpoint } from './definition.ts';

type Options<E> = Omit<E, 'type' | 'direction'>;
type In<E> = E & { readonly direction: 'in' };
type Out<E> = E & { readonly direction: 'out' };

/** Makes bulk endpoints: no bandwidth limit, and delivery without errors. `in` is towards the host. */
export const bulk = {
  in: (options: Options<BulkEndpoint> = {}): In<BulkEndpoint> => ({ type: 'bulk', direction: 'in', ...options }),
  out: (options: Options<BulkEndpoint> = {}): Out<BulkEndpoint> => ({ type: 'bulk', direction: 'out', ...options }),
} as const;

/** Makes interrupt endpoints: small packets with a bounded delay. */
export const interrupt = {
  in: (options: Options<InterruptEndpoint> = {}): In<InterruptEndpoint> => ({
    type: 'interrupt',
    direction: 'in',
    ...options,
  }),
  out: (options: Options<InterruptEndpoint> = {}): Out<InterruptEndpoint> => ({
    type: 'interrupt',
    direction: 'out',
    ...options,
  }),
} as const;

/** Makes isochronous endpoints: a reserved share of the bus, without retries. */
export const isochronous = {
  in: (options: Options<IsochronousEndpoint>): In<IsochronousEndpoint> => ({
    type: 'isochronous',
    direction: 'in',
    ...options,
  }),
  out: (options: Options<IsochronousEndpoint>): Out<IsochronousEndpoint> => ({
    type: 'isochronous',
    direction: 'out',
    ...options,
  }),
} as const;
