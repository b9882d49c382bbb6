import { errnoCode, MILLISECOND, SECOND, sleep } from '@gadgetloom/core';
import type { DmaBuf, DmaFence, FenceCallback } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';
import type { Proof } from '../requirements/requirement.ts';
import { fillPattern } from '../scenario/pattern.ts';
import { ScenarioSession } from '../scenario/session.ts';

/** Bytes of a buffer, and of each transfer. */
export const LENGTH = 4096;
/** How long something may take that has to happen. */
const PATIENCE = 10 * SECOND;
/** After this long, what should not happen any more would have. */
const AFTERMATH = 200 * MILLISECOND;

/** How a fence ended, as often as it says so. */
export class Endings implements FenceCallback {
  readonly statuses: number[] = [];
  readonly #react: ((fence: DmaFence) => void) | undefined;
  #failure: unknown;

  /** @param react called in the callback */
  constructor(react?: (fence: DmaFence) => void) {
    this.#react = react;
  }

  fenceSignaled(fence: DmaFence): void {
    this.statuses.push(fence.status);
    try {
      this.#react?.(fence);
    } catch (failure) {
      // A callback must not throw; whoever looks at the endings is told.
      this.#failure = failure;
    }
  }

  /** `'signaled'`, `'ECONNRESET'`; several words if it ended several times. @throws Error what the reaction threw */
  get text(): string {
    if (this.#failure !== undefined) throw this.#failure;
    return this.statuses.map((status) => (status > 0 ? 'signaled' : errnoCode(status))).join(' ');
  }
}

/** A bound gadget, that of the scenarios, with files that do not block; and the host. */
export class ProofBench {
  readonly session: ScenarioSession;
  #buffers = 0;

  constructor(session: ScenarioSession) {
    this.session = session;
  }

  /** Binds, and waits until the host has configured the device. */
  async bind(): Promise<void> {
    await this.session.gadget.bind();
    await this.session.stack.host.configured();
  }

  endpoint(name: string): EndpointFile {
    const file = this.session.endpoint(name);
    file.nonblock = true;
    return file;
  }

  /** A buffer that is closed at the end. */
  allocate(seed = 0): DmaBuf {
    const buffer = this.session.stack.exporter.allocate({ size: LENGTH });
    fillPattern(buffer.bytes(), seed);
    this.session.keep(`proof${this.#buffers++}`, buffer);
    return buffer;
  }

  /** A new buffer, attached to an endpoint. */
  attached(name: string, seed = 0): DmaBuf {
    const buffer = this.allocate(seed);
    this.endpoint(name).attach(buffer);
    return buffer;
  }

  /** Queues a whole buffer; its ending is kept. */
  transfer(name: string, buffer: DmaBuf, react?: (fence: DmaFence) => void): { fence: DmaFence; endings: Endings } {
    const fence = this.endpoint(name).transfer(buffer, LENGTH);
    const endings = new Endings(react);
    expectSame('a callback of a transfer under way was taken', fence.addCallback(endings), true);
    return { fence, endings };
  }

  /** The host sends a buffer's worth. */
  async hostSends(name: string, seed = 0): Promise<void> {
    const bytes = new Uint8Array(LENGTH);
    fillPattern(bytes, seed);
    const sent = await this.session.stack.host.bulkOut(this.session.endpointIndex(name), bytes, PATIENCE);
    expectSame('bytes that the device took', sent, LENGTH);
  }

  /** The host fetches a buffer's worth. */
  hostFetches(name: string): Promise<Uint8Array> {
    return this.session.stack.host.bulkIn(this.session.endpointIndex(name), LENGTH, PATIENCE);
  }

  /** Waits until something holds. @throws Error it never does */
  async until(what: string, holds: () => boolean): Promise<void> {
    const { clock } = this.session.stack;
    for (const end = clock.now() + PATIENCE; !holds(); ) {
      if (clock.now() > end) throw new Error(`${what}: never.`);
      await sleep(clock, MILLISECOND);
    }
  }

  /** Waits for what should not happen any more. */
  aftermath(): Promise<void> {
    return sleep(this.session.stack.clock, AFTERMATH);
  }

  /** Waits until every transfer has ended, and then for what should not follow. @throws Error one never ends */
  async ended(transfers: readonly { readonly endings: Endings }[]): Promise<void> {
    await this.until('the end of all transfers', () => transfers.every(({ endings }) => endings.statuses.length > 0));
    await this.aftermath();
  }
}

/** A proof with a gadget that is bound and configured. */
export function boundProof(prove: (bench: ProofBench) => Promise<void>): Proof {
  return async (stack) => {
    await using session = await ScenarioSession.open(stack);
    const bench = new ProofBench(session);
    await bench.bind();
    await prove(bench);
  };
}

/** @throws Error they differ */
export function expectSame<T extends string | number | boolean | undefined>(
  what: string,
  actual: T,
  expected: T,
): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}; should be ${expected}`);
}
