import type { BulkEndpoint, InterruptEndpoint, IsochronousEndpoint } from './definition.ts';

type Options<E> = Omit<E, 'type' | 'direction'>;
type In<E> = E & { readonly direction: 'in' };
type Out<E> = E & { readonly direction: 'out' };

/** Bulk endpoints: as fast as both sides are, delivered without errors. `in` is towards the host. */
export const bulk = {
  in: (options: Options<BulkEndpoint> = {}): In<BulkEndpoint> => ({ type: 'bulk', direction: 'in', ...options }),
  out: (options: Options<BulkEndpoint> = {}): Out<BulkEndpoint> => ({ type: 'bulk', direction: 'out', ...options }),
} as const;

/** Interrupt endpoints: small, with a bounded delay. */
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

/** Isochronous endpoints: a reserved share of the bus, never repeated. */
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
