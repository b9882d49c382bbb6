import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';

/** What the engines of one endpoint have to know of each other. */
export interface LiveEngine {
  readonly stopping: boolean;
  readonly closed: Promise<void>;
  uses(buffer: DmaBuf): boolean;
}

const enginesOf = new WeakMap<EndpointFile, Set<LiveEngine>>();

export function addEngine(endpoint: EndpointFile, engine: LiveEngine): void {
  const engines = enginesOf.get(endpoint);
  if (engines === undefined) enginesOf.set(endpoint, new Set([engine]));
  else engines.add(engine);
}

export function removeEngine(endpoint: EndpointFile, engine: LiveEngine): void {
  enginesOf.get(endpoint)?.delete(engine);
}

/** True if another engine has `buffer` attached to the same endpoint. */
export function usedElsewhere(endpoint: EndpointFile, buffer: DmaBuf, but: LiveEngine): boolean {
  for (const engine of enginesOf.get(endpoint) ?? []) if (engine !== but && engine.uses(buffer)) return true;
  return false;
}

/**
 * Resolves when the streams of `endpoint` that were unsubscribed have let go of everything: no transfer is in flight,
 * nothing is attached, all buffers are back. Streams that are still subscribed are not waited for; one that completed
 * or failed had let go before it said so.
 *
 * ```ts
 * subscription.unsubscribe();
 * await settled(endpoint);
 * ```
 */
export async function settled(endpoint: EndpointFile): Promise<void> {
  const stopping = [...(enginesOf.get(endpoint) ?? [])].filter((engine) => engine.stopping);
  await Promise.all(stopping.map((engine) => engine.closed));
}
