import { readRequirements } from '../requirements/requirement.ts';

/** Calls that wait, and what happens meanwhile. */
export const MEANWHILE = readRequirements(
  'concurrency',
  'Concurrency',
  `
requirement wait-disable A transfer that waits for another when the configuration changes ends too: ESHUTDOWN.
source f_fs.c, ffs_dmabuf_transfer and ffs_func_eps_disable
  given queued ep2 b0 4096
  bg 0 xfer ep2 b0 4096                    => started
  hostsetcfg 0                             => 0
  join 0                                   => ESHUTDOWN

requirement wait-unbind A transfer that waits for another when the gadget is unbound ends too: ESHUTDOWN.
source f_fs.c, ffs_dmabuf_transfer and ffs_func_unbind
  given queued ep2 b0 4096
  bg 0 xfer ep2 b0 4096                    => started
  unbind                                   => 0
  join 0                                   => ESHUTDOWN

requirement attach-meanwhile A buffer that a transfer waits for can be attached elsewhere, and is when the wait is over.
source f_fs.c, ffs_dmabuf_attach and ffs_dmabuf_transfer
  given queued ep2 b0 4096
  bg 0 xfer ep2 b0 4096                    => started
  bg 1 attach ep4 b0                       => started
  hostout ep2 4096 1000 1                  => 4096
  join 0                                   => 0
  join 1                                   => 0
  detach ep4 b0                            => 0
  hostout ep2 4096 1000 2                  => 4096
  poll b0 in 500                           => IN
  crc b0                                   => seed:2/4096

requirement close-buffer-meanwhile A transfer that waits goes on when the descriptor of its buffer is closed.
source f_fs.c, ffs_dmabuf_transfer (holds the attachment)
  given attached ep2 b0 4096
  hostsetcfg 0                             => 0
  bg 0 xfer ep2 b0 4096                    => started
  closefd b0                               => 0
  hostsetcfg 1                             => 0
  join 0                                   => 0
  hostout ep2 4096 1000 3                  => 4096

requirement close-buffer-in-line A transfer that waits for another of its buffer goes on when the descriptor is closed.
source f_fs.c, ffs_dmabuf_transfer (holds the attachment)
  given queued ep2 b0 4096
  bg 0 xfer ep2 b0 4096                    => started
  closefd b0                               => 0
  hostout ep2 4096 1000                    => 4096
  join 0                                   => 0
  hostout ep2 4096 1000                    => 4096

requirement close-one-file Closing one of several files of an endpoint cancels its transfers: ECONNRESET.
source f_fs.c, ffs_epfile_release
  given attached ep2 b0 4096
  openep ep2 nonblock                      => 0
  xfer ep2 b0 4096                         => 0
  export s0 b0 r                           => 0
  closeep ep2                              => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ECONNRESET n=1 functionfs=ECONNRESET

requirement detach-wakes-poll Detaching wakes whoever polls the buffer.
source f_fs.c, ffs_dmabuf_detach; dma-buf.c, dma_buf_poll_cb
  given queued ep2 b0 4096
  bg 0 poll b0 in 5000                     => started
  detach ep2 b0                            => 0
  join 0                                   => IN

requirement merged-outlives A merged sync file goes on when those that it was made of are closed.
source sync_file.c, sync_file_merge and sync_file_release
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
  bg 0 poll m in 5000                      => started
  closefd s0                               => 0
  closefd s1                               => 0
  closeep ep2                              => 0
  join 0                                   => IN
  fence m                                  => status=ECONNRESET n=2 functionfs=ECONNRESET functionfs=ECONNRESET

requirement read-unbind A read under way ends when the gadget is unbound: ESHUTDOWN.
source f_fs.c, ffs_epfile_io and ffs_func_unbind
  bind                                     => 0
  bg 0 epread ep2 512                      => started
  unbind                                   => 0
  join 0                                   => ESHUTDOWN

requirement read-disconnect A read under way ends when the pull-up is taken away: ESHUTDOWN.
source f_fs.c, ffs_epfile_io; udc/core.c, usb_gadget_disconnect_locked
  bind                                     => 0
  bg 0 epread ep2 512                      => started
  disconnect                               => 0
  join 0                                   => ESHUTDOWN
`,
);
