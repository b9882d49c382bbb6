import type { DmaBuf } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';

/** The part of an engine that other engines of its endpoint use. */
export interface LiveEngine {
  readonly stopping: boolean;
  readonly closed: Promise<void>;
  uses(buffer: DmaBuf): boolean;
  /** Starts the transfers that could not be started before. */
  startMore(): void;
}

/**
 * The engines of one endpoint. FunctionFS takes one read or write at a time, so an engine waits while another
 * one copies.
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

  /** Ends the turn. The first waiting engine that has something to copy takes it; the others wait again. */
  turnOver(): void {
    this.#copying = false;
    const line = this.#line;
    this.#line = [];
    for (const engine of line) engine.startMore();
  }
}

const uses = new WeakMap<EndpointFile, EndpointUse>();

/** Returns the engines of `endpoint`. At first there are none. */
export function useOf(endpoint: EndpointFile): EndpointUse {
  let use = uses.get(endpoint);
  if (use === undefined) {
    use = new EndpointUse();
    uses.set(endpoint, use);
  }
  return use;
}

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
export async function settled(endpoint: EndpointFile): Promise<void> {
  const stopping = [...useOf(endpoint).engines].filter((engine) => engine.stopping);
  await Promise.all(stopping.map((engine) => engine.closed));
}
