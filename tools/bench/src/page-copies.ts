import { PAGE_SIZE } from '@gadgetloom/dmabuf';
import type { Contestant } from './benchmark.ts';

/**
 * The budget of a simulated stack, from the program to the host: half the speed of {@link pageCopies}. That is 10 GB/s on
 * a machine where one Buffer.copy does 75 GB/s, and twenty times what SuperSpeed carries. Code that needs more speed than
 * this is replaced by simpler code.
 */
export const WHOLE_STACK = 0.5;

/** The memory of both sides of a bus. */
export interface BothSides {
  readonly gadget: readonly Uint8Array[];
  readonly host: readonly Uint8Array[];
}

/**
 * Copies the memory of one side to the other page by page, and nothing else: the least that a controller does for
 * scattered pages. One copy of the whole buffer is no rival: a controller does not know that its pages are neighbours.
 *
 * @param memory of both sides; arrays of whole pages, as long on one side as on the other
 */
export function pageCopies({ gadget, host }: BothSides, direction: 'in' | 'out'): Contestant {
  const [ours, theirs] = [gadget.map(asBuffer), host.map(asBuffer)];
  const [sources, targets] = direction === 'in' ? [ours, theirs] : [theirs, ours];
  return {
    run: (operations) => {
      for (let operation = 0; operation < operations; operation++) {
        const source = sources[operation % sources.length]!;
        const target = targets[operation % targets.length]!;
        for (let at = 0; at < source.length; at += PAGE_SIZE) source.copy(target, at, at, at + PAGE_SIZE);
      }
    },
  };
}

const asBuffer = (array: Uint8Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.length);
