import { readRequirements } from './requirement.ts';

/** Fences that leave a buffer as sync files, are merged, and come into others. */
export const { requirements: FENCE_SHARING } = readRequirements(
  'fences',
  'Fences as sync files',
  `
requirement fence-export-read A sync file for reading has the writers: none for a transfer to the host.
source dma-buf.c, dma_buf_export_sync_file
  given fenced ep1 b0 4096 r
  fence s0                                 => status=signaled n=1 stub=signaled

requirement fence-export-write A sync file for writing has readers and writers.
source dma-buf.c, dma_buf_export_sync_file
  given fenced ep1 b0 4096 w
  fence s0                                 => status=active n=1 functionfs=active
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll s0 in 500                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled

requirement fence-export-over A sync file of a buffer whose transfers have ended has signaled, for reading and for writing.
source dma-resv.c, dma_resv_get_singleton; dma-buf.c, dma_buf_export_sync_file
  given queued ep1 b0 4096
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll b0 in,out 500                       => IN OUT
  export s0 b0 w                           => 0
  fence s0                                 => status=signaled n=1 stub=signaled

requirement fence-merge A merged sync file signals when all its fences have signaled.
source sync_file.c, sync_file_merge; dma-fence-array.c
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep2 b1                            => 0
  xfer ep2 b0 4096                         => 0
  xfer ep2 b1 4096                         => 0
  export s0 b0 r                           => 0
  export s1 b1 r                           => 0
  merge m s0 s1                            => 0
  fence m                                  => status=active n=2 functionfs=active functionfs=active
  hostout ep2 4096 1000 1                  => 4096
  poll s0 in 500                           => IN
  fence m                                  => status=active n=2 functionfs=signaled functionfs=active
  poll m in 0                              => none
  hostout ep2 4096 1000 2                  => 4096
  poll m in 500                            => IN
  fence m                                  => status=signaled n=2 functionfs=signaled functionfs=signaled

requirement fence-import An imported fence counts like a fence of the buffer's own.
source dma-buf.c, dma_buf_import_sync_file
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep1 b1                            => 0
  xfer ep2 b0 4096                         => 0
  export s0 b0 r                           => 0
  import b1 s0 w                           => 0
  poll b1 in,out 0                         => none
  nonblock ep1 on                          => 0
  xfer ep1 b1 4096                         => EBUSY
  hostout ep2 4096 1000 1                  => 4096
  poll b1 in,out 500                       => IN OUT
  xfer ep1 b1 4096                         => 0

requirement fence-import-read A fence that is imported for reading makes only writers wait.
source dma-buf.c, dma_buf_import_sync_file
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep1 b1                            => 0
  attach ep2 b1                            => 0
  xfer ep2 b0 4096                         => 0
  export s0 b0 r                           => 0
  import b1 s0 r                           => 0
  poll b1 in,out 0                         => IN
  nonblock ep1 on                          => 0
  nonblock ep2 on                          => 0
  xfer ep1 b1 4096                         => 0
  xfer ep2 b1 4096                         => EBUSY

requirement fence-import-strongest A fence that was imported for writing stays so when it is imported for reading.
source dma-resv.c, dma_resv_add_fence
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep2 b0                            => 0
  xfer ep2 b0 4096                         => 0
  export s0 b0 r                           => 0
  import b1 s0 w                           => 0
  import b1 s0 r                           => 0
  poll b1 in,out 0                         => none
  hostout ep2 4096 1000 1                  => 4096
  poll b1 in,out 500                       => IN OUT

requirement fence-export-flags A sync file is exported for reading, writing or both: else EINVAL.
source dma-buf.c, dma_buf_export_sync_file
  alloc b0 4096                            => size=4096
  export s0 b0 0                           => EINVAL
  export s1 b0 r                           => 0
  export s2 b0 w                           => 0
  export s3 b0 rw                          => 0
  export s4 b0 rx                          => EINVAL
  fence s1                                 => status=signaled n=1 stub=signaled

requirement fence-import-flags A sync file is imported for reading, writing or both: else EINVAL.
source dma-buf.c, dma_buf_import_sync_file
  alloc b0 4096                            => size=4096
  export s0 b0 r                           => 0
  import b0 s0 r                           => 0
  import b0 s0 w                           => 0
  import b0 s0 0                           => EINVAL
  import b0 s0 rx                          => EINVAL

requirement fence-import-no-sync-file Only a sync file can be imported: else EINVAL.
source sync_file.c, sync_file_get_fence
  alloc b0 4096                            => size=4096
  import b0 none r                         => EINVAL
  import b0 b0 r                           => EINVAL

requirement fence-import-merged Importing a merged sync file imports each of its fences.
source dma-buf.c, dma_buf_import_sync_file (dma_fence_unwrap_for_each)
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  alloc b2 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep4 b1                            => 0
  xfer ep2 b0 4096                         => 0
  xfer ep4 b1 4096                         => 0
  export s0 b0 r                           => 0
  export s1 b1 r                           => 0
  merge m s0 s1                            => 0
  import b2 m w                            => 0
  hostout ep2 4096 1000 1                  => 4096
  poll s0 in 500                           => IN
  export s2 b2 r                           => 0
  fence s2                                 => status=active n=1 functionfs=active

requirement fence-merge-no-sync-file Only sync files can be merged: ENOENT for another file, EBADF for a closed one.
source sync_file.c, sync_file_ioctl_merge
needs udmabuf
  alloc b0 4096                            => size=4096
  export s0 b0 r                           => 0
  memfd m0                                 => 0
  merge m s0 m0                            => ENOENT
  merge m s0 none                          => ENOENT
  merge m none s0                          => EBADF
`,
);
