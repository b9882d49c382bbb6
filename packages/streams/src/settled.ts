import type { EndpointFile } from '@gadgetloom/functionfs';

/**
 * Resolves when the unsubscribed streams of `endpoint` have released everything: no transfer is in flight, nothing is
 * attached, all buffers are back. It does not wait for streams that are still subscribed. Streams release everything
 * before they complete or fail.
 *
 * ```ts
 * subscription.unsubscribe();
 * await settled(endpoint);
 * ```
 */
export async function settled({ use }: EndpointFile): Promise<void> {
  const stopping = [...use.users].filter((user) => user.stopping);
  await Promise.all(stopping.map((user) => user.closed));
}
