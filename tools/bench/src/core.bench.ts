import { type Clock, copyBytes, SystemClock } from '@gadgetloom/core';
import { benchmark, type Contestant } from './benchmark.ts';

const inFlight = 4;

/** Chains of jobs, each of which defers the next, as transfers that are queued from completions do. */
function chains(defer: Clock['defer']): Contestant {
  return {
    run: (operations) =>
      new Promise((resolve) => {
        let left = operations;
        let open = Math.min(inFlight, operations);
        const job = (): void => {
          if (--left >= open) defer(job);
          else if (--open === 0) resolve();
        };
        for (let chain = open; chain > 0; chain--) defer(job);
      }),
  };
}

benchmark({
  kind: 'comparison',
  name: 'core: jobs deferred by jobs, against queueMicrotask',
  unit: 'jobs/s',
  ours: () => {
    const clock = new SystemClock();
    return chains((job) => clock.defer(job));
  },
  rival: () => chains(queueMicrotask),
  target: { atLeast: 0.8 },
});

const size = 65_536;

/** Many buffers, as a device that streams has: they do not all stay in the cache that is closest. */
function copies(copy: (target: Uint8Array, source: Uint8Array) => void): Contestant {
  const buffers = Array.from({ length: 8 }, () => new Uint8Array(size).fill(7));
  const target = new Uint8Array(size);
  return {
    run: (operations) => {
      for (let operation = 0; operation < operations; operation++) copy(target, buffers[operation % buffers.length]!);
    },
  };
}

benchmark({
  kind: 'comparison',
  name: 'core: copyBytes of 64 KiB, against TypedArray.set',
  unit: 'GB/s',
  amount: size / 1e9,
  ours: () => copies((target, source) => copyBytes(target, 0, source, 0, size)),
  rival: () => copies((target, source) => target.set(source)),
  target: { atLeast: 0.9 },
});
