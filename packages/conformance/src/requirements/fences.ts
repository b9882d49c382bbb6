import { FENCE_SHARING } from './fence-sharing.ts';
import { type RequirementGroup, readRequirements } from './requirement.ts';
import { SYNC_FILES } from './sync-files.ts';

/** What scenarios show. */
const CALLS = readRequirements(
  'fences',
  'Fences of transfers',
  `
requirement fence-in-reads A transfer to the host reads the buffer: meanwhile it may be read but not written.
source f_fs.c, ffs_dmabuf_transfer; dma-buf.c, dma_buf_poll
  given attached ep1 b0 4096
  poll b0 in,out 0                         => IN OUT
  xfer ep1 b0 4096                         => 0
  poll b0 in,out 0                         => IN

requirement fence-out-writes A transfer from the host writes the buffer: meanwhile it may be neither read nor written.
source f_fs.c, ffs_dmabuf_transfer; dma-buf.c, dma_buf_poll
  given queued ep2 b0 4096
  poll b0 in,out 0                         => none

requirement fence-out-waits-nonblock While a buffer is written, another transfer of it fails on a nonblocking file: EBUSY.
source f_fs.c, ffs_dmabuf_transfer (dma_resv_wait_timeout)
  given attached ep2 b0 8192
  nonblock ep2 on                          => 0
  xfer ep2 b0 4096                         => 0
  xfer ep2 b0 4096                         => EBUSY
  hostout ep2 4096 1000 2                  => 4096
  poll b0 in 500                           => IN
  xfer ep2 b0 4096                         => 0

requirement fence-out-waits While a buffer is written, another transfer of it waits on a blocking file, at most five seconds: then EBUSY.
source f_fs.c, DMABUF_ENQUEUE_TIMEOUT_MS
  given attached ep2 b0 8192
  xfer ep2 b0 4096                         => 0
  xfer ep2 b0 4096                         => EBUSY (after ~5s)

requirement fence-out-goes-on A transfer that waits for another continues when that one ends.
source f_fs.c, ffs_dmabuf_transfer
  given queued ep2 b0 4096
  bg 0 xfer ep2 b0 4096                    => started
  hostout ep2 4096 1000 1                  => 4096
  join 0                                   => 0
  hostout ep2 4096 1000 2                  => 4096
  poll b0 in 300                           => IN
  crc b0                                   => seed:2/4096

requirement fence-two-readers Two endpoints may send one buffer to the host at the same time.
source f_fs.c, ffs_dmabuf_transfer (dma_resv_usage_rw)
  given attached ep1 b0 4096
  attach ep3 b0                            => 0
  fill b0 6                                => 0
  xfer ep1 b0 4096                         => 0
  xfer ep3 b0 4096                         => 0
  export s0 b0 w                           => 0
  fence s0                                 => status=active n=2 functionfs=active functionfs=active
  hostin ep3 4096                          => 4096 crc=seed:6
  hostin ep1 4096                          => 4096 crc=seed:6
  poll s0 in 300                           => IN
  fence s0                                 => status=signaled n=2 functionfs=signaled functionfs=signaled

requirement fence-reader-and-writer While one endpoint reads a buffer, no other endpoint may write it, and the other way round.
source f_fs.c, ffs_dmabuf_transfer (dma_resv_usage_rw)
  given attached ep1 b0 4096
  attach ep2 b0                            => 0
  nonblock ep1 on                          => 0
  nonblock ep2 on                          => 0
  xfer ep1 b0 4096                         => 0
  xfer ep2 b0 4096                         => EBUSY
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll b0 in,out 300                       => IN OUT
  xfer ep2 b0 4096                         => 0
  xfer ep1 b0 4096                         => EBUSY

requirement fence-in-cpu-read The CPU may read a buffer at once while it goes to the host.
source dma-buf.c, __dma_buf_begin_cpu_access (dma_resv_usage_rw)
  given queued ep1 b0 4096
  sync b0 1                                => 0
  sync b0 5                                => 0
  poll b0 in,out 0                         => IN

requirement fence-in-cpu-write The CPU waits to write a buffer while it goes to the host.
source dma-buf.c, __dma_buf_begin_cpu_access (dma_resv_usage_rw)
  given queued ep1 b0 4096
  bg 0 sync b0 2                           => started
  poll b0 in,out 0                         => IN
  hostin ep1 4096                          => 4096 crc=seed:zero
  join 0                                   => 0
  poll b0 in,out 0                         => IN OUT

requirement fence-cpu-end-goes Ending CPU access never waits.
source dma-buf.c, dma_buf_end_cpu_access
  given queued ep2 b0 4096
  sync b0 7                                => 0
  poll b0 in,out 0                         => none
`,
);

/** What transfers wait for, and what waits for them: reservations, fences and sync files. */
export const FENCES: RequirementGroup = {
  ...CALLS,
  requirements: [...CALLS.requirements, ...FENCE_SHARING, ...SYNC_FILES],
};
