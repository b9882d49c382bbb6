import { type ErrnoCode, errnoCode } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import { expectEqual } from './expect.ts';

/** Transfers of which each has to complete exactly once. */
export class Completions {
  readonly #counts = new Map<DmaFence, number>();

  add(fence: DmaFence): void {
    this.#counts.set(fence, 0);
    fence.addCallback({ fenceSignaled: () => this.#counts.set(fence, this.#counts.get(fence)! + 1) });
  }

  /** Waits for each of them. @param patience nanoseconds @returns `'ok'`, or how it failed */
  async ends(patience: number): Promise<readonly (ErrnoCode | 'ok')[]> {
    const statuses = await Promise.all([...this.#counts.keys()].map((fence) => fence.wait(patience)));
    return statuses.map((status) => (status < 0 ? errnoCode(status) : 'ok'));
  }

  /** @throws Error one of them has completed more than once, or not at all */
  expectOnce(): void {
    const counts = [...this.#counts.values()];
    expectEqual(
      counts,
      counts.map(() => 1),
      'completions of each transfer',
    );
  }
}
