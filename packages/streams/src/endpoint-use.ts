import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';

/** What the engines of one endpoint know of each other. */
export interface LiveEngine {
  readonly stopping: boolean;
  readonly closed: Promise<void>;
  uses(buffer: DmaBuf): boolean;
  /** Starts the transfers that could not be started before. */
  startMore(): void;
}

/**
 * The engines of one endpoint. They share the one read or write at a time that FunctionFS takes: an engine that finds
 * another one copying stands in line.
 */
export class EndpointUse {
  readonly engines = new Set<LiveEngine>();
  #copying = false;
  #line: LiveEngine[] = [];

  /** True while the read or write of an engine is under way. */
  get copying(): boolean {
    return this.#copying;
  }

  /** True if another engine has `buffer` attached. */
  usedByOthers(buffer: DmaBuf, than: LiveEngine): boolean {
    for (const engine of this.engines) if (engine !== than && engine.uses(buffer)) return true;
    return false;
  }

  /** Takes the turn. False: another engine has it, and `engine` is told to start more once it is over. */
  takeTurn(engine: LiveEngine): boolean {
    if (!this.#copying) {
      this.#copying = true;
      return true;
    }
    if (!this.#line.includes(engine)) this.#line.push(engine);
    return false;
  }

  /** The turn is over. The first in line that has something to copy takes it; the others stand in line again. */
  turnOver(): void {
    this.#copying = false;
    const line = this.#line;
    this.#line = [];
    for (const engine of line) engine.startMore();
  }
}

const uses = new WeakMap<EndpointFile, EndpointUse>();

/** The engines of `endpoint`, which has none at first. */
export function useOf(endpoint: EndpointFile): EndpointUse {
  let use = uses.get(endpoint);
  if (use === undefined) {
    use = new EndpointUse();
    uses.set(endpoint, use);
  }
  return use;
}

/**
 * Resolves when the streams of `endpoint` that were unsubscribed have let go of everything: no transfer is in flight,
 * nothing is attached, all buffers are back. It does not wait for streams that are still subscribed. A stream that
 * completed or failed had let go before it said so.
 *
 * ```ts
 * subscription.unsubscribe();
 * await settled(endpoint);
 * ```
 */
export async function settled(endpoint: EndpointFile): Promise<void> {
  const stopping = [...useOf(endpoint).engines].filter((engine) => engine.stopping);
  await Promise.all(stopping.map((engine) => engine.closed));
}
