import { readRequirements } from '../requirement.ts';

const TEXT = `
requirement st-dma-fence-test-signaling A fence is active until its transfer ends, and stays signaled then.
source st-dma-fence.c, test_signaling
  given fenced ep2 b0 4096 r
  fence s0                                 => status=active n=1 functionfs=active
  hostout ep2 4096 1000 1                  => 4096
  poll s0 in 500                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled
  hostsetcfg 0                             => 0
  fence s0                                 => status=signaled n=1 functionfs=signaled

requirement st-dma-fence-test-add-callback A waiter is woken when the fence signals.
source st-dma-fence.c, test_add_callback
  given fenced ep2 b0 4096 r
  bg 0 poll s0 in 5000                     => started
  hostout ep2 4096 1000 1                  => 4096
  join 0                                   => IN

requirement st-dma-fence-test-late-add-callback Waiting for a signaled fence returns at once.
source st-dma-fence.c, test_late_add_callback
  given fenced ep1 b0 4096 w
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll b0 out 500                          => OUT
  poll s0 in 0                             => IN

requirement st-dma-fence-test-rm-callback A cancelled wait does not affect other waiters.
source st-dma-fence.c, test_rm_callback
  given fenced ep2 b0 4096 r
  export s1 b0 r                           => 0
  poll s0 in 50                            => none
  closefd s0                               => 0
  hostout ep2 4096 1000 1                  => 4096
  poll s1 in 500                           => IN

requirement st-dma-fence-test-late-rm-callback A sync file that was waited for can be closed after its fence has signaled.
source st-dma-fence.c, test_late_rm_callback
  given fenced ep2 b0 4096 r
  poll s0 in 0                             => none
  hostout ep2 4096 1000 1                  => 4096
  poll s0 in 500                           => IN
  closefd s0                               => 0
  poll s0 in 0                             => none
  poll b0 in,out 500                       => IN OUT

requirement st-dma-fence-test-status The status of a fence is 0 before it signals, and not 0 afterwards.
source st-dma-fence.c, test_status
  given fenced ep1 b0 4096 w
  fence s0                                 => status=active n=1 functionfs=active
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll s0 in 500                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled

requirement st-dma-fence-test-error The error of a fence shows only once the fence signals, and is then its status.
source st-dma-fence.c, test_error
  given fenced ep2 b0 4096 r
  fence s0                                 => status=active n=1 functionfs=active
  hostsetcfg 0                             => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ESHUTDOWN n=1 functionfs=ESHUTDOWN

requirement st-dma-fence-test-wait Waiting with a timeout of 0 tells whether a fence has signaled.
source st-dma-fence.c, test_wait
  given fenced ep2 b0 4096 r
  poll s0 in 0                             => none
  hostout ep2 4096 1000 1                  => 4096
  poll s0 in 500                           => IN
  poll s0 in 0                             => IN

requirement st-dma-fence-test-wait-timeout Waiting ends at the timeout or when the fence signals, whichever is first.
source st-dma-fence.c, test_wait_timeout
  given fenced ep2 b0 4096 r
  poll s0 in 20                            => none
  bg 0 poll s0 in 5000                     => started
  hostout ep2 4096 1000 1                  => 4096
  join 0                                   => IN

requirement st-dma-fence-unwrap-array A merged sync file has exactly the two fences that were merged.
source st-dma-fence-unwrap.c, unwrap_array
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep1 b0                            => 0
  attach ep2 b1                            => 0
  xfer ep1 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  export s0 b0 w                           => 0
  export s1 b1 r                           => 0
  merge m s0 s1                            => 0
  fence m                                  => status=active n=2 functionfs=active functionfs=active
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll s0 in 500                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled
  fence s1                                 => status=active n=1 functionfs=active

requirement st-dma-fence-unwrap-merge Merging the sync files of two buffers gives all their fences, once each.
source st-dma-fence-unwrap.c, unwrap_merge
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep1 b0                            => 0
  attach ep3 b0                            => 0
  attach ep2 b1                            => 0
  xfer ep1 b0 4096                         => 0
  xfer ep3 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  export s0 b0 w                           => 0
  export s1 b1 w                           => 0
  merge m s0 s1                            => 0
  fence m                                  => status=active n=3 functionfs=active functionfs=active functionfs=active

requirement st-dma-fence-unwrap-merge-complex Merging merged sync files, in any order and with signaled ones, gives each fence once.
source st-dma-fence-unwrap.c, unwrap_merge_complex
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  alloc b2 4096                            => size=4096
  attach ep1 b0                            => 0
  attach ep2 b1                            => 0
  xfer ep1 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  export s0 b0 w                           => 0
  export s1 b1 w                           => 0
  export stub b2 w                         => 0
  merge m0 s0 s1                           => 0
  merge m1 s1 s0                           => 0
  merge m2 m0 m1                           => 0
  merge m3 stub m2                         => 0
  merge m4 m3 m0                           => 0
  fence m4                                 => status=active n=2 functionfs=active functionfs=active

requirement st-dma-resv-test-signaling-write A buffer with a writer is ready for neither readers nor writers until the writer has finished.
source st-dma-resv.c, test_signaling (DMA_RESV_USAGE_WRITE)
  given queued ep2 b0 4096
  poll b0 in,out 0                         => none
  hostout ep2 4096 1000 1                  => 4096
  poll b0 in,out 500                       => IN OUT

requirement st-dma-resv-test-signaling-read A buffer with a reader is not ready for writers until the reader has finished.
source st-dma-resv.c, test_signaling (DMA_RESV_USAGE_READ)
  given queued ep1 b0 4096
  poll b0 out 0                            => none
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll b0 out 500                          => OUT

requirement st-dma-resv-test-for-each-write A buffer shows the fence of a writer once, to readers and to writers.
source st-dma-resv.c, test_for_each (DMA_RESV_USAGE_WRITE)
  given fenced ep2 b0 4096 r
  export s1 b0 w                           => 0
  fence s0                                 => status=active n=1 functionfs=active
  fence s1                                 => status=active n=1 functionfs=active

requirement st-dma-resv-test-for-each-read A buffer shows the fence of a reader once, only to writers.
source st-dma-resv.c, test_for_each (DMA_RESV_USAGE_READ)
  given fenced ep1 b0 4096 r
  export s1 b0 w                           => 0
  fence s0                                 => status=signaled n=1 stub=signaled
  fence s1                                 => status=active n=1 functionfs=active

requirement st-dma-resv-test-get-fences-write The fences of a buffer are a copy: a later writer is not among them.
source st-dma-resv.c, test_get_fences (DMA_RESV_USAGE_WRITE)
  given attached ep2 b0 4096
  export s0 b0 w                           => 0
  xfer ep2 b0 4096                         => 0
  export s1 b0 w                           => 0
  fence s0                                 => status=signaled n=1 stub=signaled
  fence s1                                 => status=active n=1 functionfs=active

requirement st-dma-resv-test-get-fences-read The fences of a buffer are a copy: a later reader is not among them.
source st-dma-resv.c, test_get_fences (DMA_RESV_USAGE_READ)
  given attached ep1 b0 4096
  attach ep3 b0                            => 0
  xfer ep1 b0 4096                         => 0
  export s0 b0 w                           => 0
  xfer ep3 b0 4096                         => 0
  export s1 b0 w                           => 0
  fence s0                                 => status=active n=1 functionfs=active
  fence s1                                 => status=active n=2 functionfs=active functionfs=active
`;

/** The self-tests of dma_fence, dma_fence_unwrap and dma_resv, as far as user space can see what they test. */
export const SELF_TESTS_FENCES = readRequirements(
  'st-fences',
  "The kernel's self-tests of fences and reservations",
  TEXT,
);
