import type { Clock } from '@gadgetloom/core';
import { bulk, type StackEndpoint } from '@gadgetloom/gadget';
import { type BufferPool, receiveFrom, type TransferCompletion, transferTo } from '@gadgetloom/streams';
import { filter, map, type Observable } from 'rxjs';

/** Bytes of a record: the host sends whole ones, and gets each back. */
export const RECORD = 512;

/** Its descriptors: put it among the `functions` of a gadget. */
export const acmeEcho = {
  class: 0xff,
  endpoints: { requests: bulk.out(), replies: bulk.in() },
} as const;

/** What {@link runAcmeEcho} needs. */
export interface AcmeEchoOptions {
  readonly requests: StackEndpoint<'out'>;
  readonly replies: StackEndpoint<'in'>;
  /** Buffers of at least {@link RECORD} bytes; all of them are back when the stream has ended and `settled`. */
  readonly pool: BufferPool;
  /** That of the stack. */
  readonly clock: Clock;
}

/**
 * Runs the function as long as somebody subscribes: sends back every record that the host sends, out of the same buffer,
 * without copying it. Emits what became of each reply.
 */
export function runAcmeEcho({ requests, replies, pool, clock }: AcmeEchoOptions): Observable<TransferCompletion> {
  return receiveFrom(requests, pool, { length: RECORD, clock }).pipe(
    filter((received) => {
      // Unplugged, reset or reconfigured: nobody waits for a reply.
      if (received.status !== 'ok') received.release();
      return received.status === 'ok';
    }),
    map(({ buffer }) => ({ buffer, length: RECORD })),
    transferTo(replies, { clock, returnTo: pool }),
  );
}
