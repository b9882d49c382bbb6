import { DMA_BUF_SYNC_RW } from '@gadgetloom/dmabuf';
import { type Requirement, type RequirementGroup, readRequirements } from '../requirement.ts';
import { consumerStress, mergeStress, sharedTimelineStress, signalRace } from './sync-proofs.ts';

const SCATTER_GATHER = ['scatter-gather'] as const;

/** What calls, one after the other, show. */
const CALLS = readRequirements(
  'st-sync',
  "The kernel's self-tests of sync files",
  `
requirement sync-test-alloc-fence A transfer has a fence, whose sync file can be exported and closed.
source sync_alloc.c, test_alloc_fence
  given fenced ep2 b0 4096 r
  fence s0                                 => status=active n=1 functionfs=active
  closefd s0                               => 0

requirement sync-test-alloc-fence-negative Without a buffer there is no fence: EBADF.
source sync_alloc.c, test_alloc_fence_negative
  export s0 none r                         => EBADF
  fence s0                                 => EBADF

requirement sync-test-fence-one-timeline-wait A fence signals when its own transfer ends, not when an earlier one does.
source sync_fence.c, test_fence_one_timeline_wait
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  alloc b2 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep2 b1                            => 0
  attach ep2 b2                            => 0
  xfer ep2 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  xfer ep2 b2 4096                         => 0
  export s1 b1 r                           => 0
  poll s1 in 0                             => none
  hostout ep2 4096 1000 1                  => 4096
  poll b0 in 500                           => IN
  poll s1 in 0                             => none
  hostout ep2 4096 1000 2                  => 4096
  poll s1 in 500                           => IN
  hostout ep2 4096 1000 3                  => 4096
  poll b2 in 500                           => IN
  poll s1 in 0                             => IN

requirement sync-test-fence-one-timeline-merge A merged sync file signals with the last transfer of an endpoint.
source sync_fence.c, test_fence_one_timeline_merge
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  alloc b2 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep2 b1                            => 0
  attach ep2 b2                            => 0
  xfer ep2 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  xfer ep2 b2 4096                         => 0
  export a b0 r                            => 0
  export b b1 r                            => 0
  export c b2 r                            => 0
  merge ab b a                             => 0
  merge d c ab                             => 0
  hostout ep2 4096 1000 1                  => 4096
  poll a in 500                            => IN
  poll d in 0                              => none
  hostout ep2 4096 1000 2                  => 4096
  poll b in 500                            => IN
  poll d in 0                              => none
  hostout ep2 4096 1000 3                  => 4096
  poll c in 500                            => IN
  poll d in 500                            => IN
  fence d                                  => status=signaled n=3 functionfs=signaled functionfs=signaled functionfs=signaled

requirement sync-test-fence-merge-same-fence A sync file merged with itself has its fence once.
source sync_fence.c, test_fence_merge_same_fence
  given fenced ep2 b0 4096 r
  merge m s0 s0                            => 0
  fence m                                  => status=active n=1 functionfs=active
  hostout ep2 4096 1000 1                  => 4096
  poll m in 500                            => IN
  fence m                                  => status=signaled n=1 functionfs=signaled

requirement sync-test-fence-multi-timeline-wait A sync file of three endpoints shows which of them have finished, and waits for all.
source sync_wait.c, test_fence_multi_timeline_wait
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  alloc b2 4096                            => size=4096
  attach ep1 b0                            => 0
  attach ep2 b1                            => 0
  attach ep4 b2                            => 0
  xfer ep1 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  xfer ep4 b2 4096                         => 0
  export a b0 w                            => 0
  export b b1 r                            => 0
  export c b2 r                            => 0
  merge ab b a                             => 0
  merge m c ab                             => 0
  poll m in 0                              => none
  fence m                                  => status=active n=3 functionfs=active functionfs=active functionfs=active
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll a in 500                            => IN
  fence m                                  => status=active n=3 functionfs=signaled functionfs=active functionfs=active
  hostout ep2 4096 1000 1                  => 4096
  poll b in 500                            => IN
  fence m                                  => status=active n=3 functionfs=signaled functionfs=signaled functionfs=active
  hostout ep4 4096 1000 2                  => 4096
  poll c in 500                            => IN
  poll m in 100                            => IN
  fence m                                  => status=signaled n=3 functionfs=signaled functionfs=signaled functionfs=signaled
`,
);

const PROOFS: readonly Requirement[] = [
  {
    id: 'sync-test-stress-two-threads-shared-timeline',
    sentence:
      'Two threads that take turns on one endpoint, each waiting for its own fences, never overtake each other.',
    source: 'sync_stress_parallelism.c, test_stress_two_threads_shared_timeline',
    ...{ needs: SCATTER_GATHER, proof: sharedTimelineStress },
  },
  {
    id: 'sync-test-consumer-stress-multi-producer-single-consumer',
    sentence:
      'A thread that waits for the merged fences of several endpoints continues when all have signaled, round after round.',
    source: 'sync_stress_consumer.c, test_consumer_stress_multi_producer_single_consumer',
    ...{ needs: SCATTER_GATHER, proof: consumerStress },
  },
  {
    id: 'sync-test-merge-stress-random-merge',
    sentence: 'Any number of merged sync files has one fence for each buffer, and waits for all of them.',
    source: 'sync_stress_merge.c, test_merge_stress_random_merge',
    ...{ needs: SCATTER_GATHER, proof: mergeStress },
  },
  {
    id: 'st-dma-fence-race-signal-callback',
    sentence: 'A waiter is woken if the fence signals while it starts to wait, just before or just after.',
    source: 'st-dma-fence.c, race_signal_callback',
    ...{ needs: SCATTER_GATHER, proof: signalRace },
  },
  {
    id: 'st-dma-fence-test-stub',
    sentence: 'An idle buffer always gives a signaled fence.',
    source: 'st-dma-fence.c, test_stub',
    needs: [],
    proof: async ({ exporter }) => {
      using buffer = exporter.allocate({ size: 1 });
      for (let count = 0; count < 64; count++) {
        using file = buffer.exportSyncFile(DMA_BUF_SYNC_RW);
        const { status, fences } = file.info();
        if (status !== 1 || fences.length !== 1 || fences[0]!.driverName !== 'stub')
          throw new Error(`Sync file ${count} has the status ${status}, of ${fences.map((each) => each.driverName)}.`);
      }
    },
  },
];

/** The self-tests of sync files (selftests/sync): an endpoint takes the place of a software timeline. */
export const SELF_TESTS_SYNC: RequirementGroup = { ...CALLS, requirements: [...CALLS.requirements, ...PROOFS] };
