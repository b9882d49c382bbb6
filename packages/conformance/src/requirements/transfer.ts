import { readRequirements } from './requirement.ts';

/** FUNCTIONFS_DMABUF_TRANSFER: what is checked, in which order, and what moves. */
export const TRANSFER = readRequirements(
  'transfer',
  'Transferring buffers',
  `
requirement transfer-flags Transfers have no flags yet: any flag fails with EINVAL before all other checks.
source f_fs.c, ffs_dmabuf_transfer
  given attached ep1 b0 4096
  xfer ep1 b0 4096 1                       => EINVAL
  xfer ep1 none 4096 1                     => EINVAL

requirement transfer-no-buffer A transfer of a closed descriptor fails: EBADF.
source f_fs.c, ffs_dmabuf_transfer; dma-buf.c, dma_buf_get
needs scatter-gather
  bind                                     => 0
  xfer ep1 none 4096                       => EBADF

requirement transfer-length The length is at least 1 and at most that of the buffer: else EINVAL, attached or not.
source f_fs.c, ffs_dmabuf_transfer
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep1 b0                            => 0
  xfer ep1 b0 0                            => EINVAL
  xfer ep1 b0 4097                         => EINVAL
  xfer ep1 b1 4097                         => EINVAL

requirement transfer-not-attached A buffer must be attached to the endpoint first: else EPERM.
source f_fs.c, ffs_dmabuf_find_attachment
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  xfer ep1 b0 4096                         => EPERM

requirement transfer-detached A detached buffer cannot be transferred: EPERM.
source f_fs.c, ffs_dmabuf_find_attachment
  given queued ep1 b0 4096
  hostin ep1 4096                          => 4096 crc=seed:zero
  poll b0 in,out 500                       => IN OUT
  detach ep1 b0                            => 0
  xfer ep1 b0 4096                         => EPERM

requirement transfer-disabled On a nonblocking file, a transfer on a disabled endpoint fails: EAGAIN.
source f_fs.c, ffs_epfile_wait_ep
  given attached ep1 b0 4096
  nonblock ep1 on                          => 0
  hostsetcfg 0                             => 0
  xfer ep1 b0 4096                         => EAGAIN

requirement transfer-waits-for-enable On a blocking file, a transfer on a disabled endpoint waits until it is enabled.
source f_fs.c, ffs_epfile_wait_ep
  given attached ep1 b0 4096
  hostsetcfg 0                             => 0
  bg 0 xfer ep1 b0 4096                    => started
  hostsetcfg 1                             => 0
  join 0                                   => 0
  hostin ep1 4096                          => 4096 crc=seed:zero

requirement transfer-in The content of the buffer arrives at the host.
source f_fs.c, ffs_dmabuf_transfer
  given filled ep1 b0 65536 7
  xfer ep1 b0 65536                        => 0
  hostin ep1 65536                         => 65536 crc=seed:7
  poll b0 in,out 500                       => IN OUT
  crc b0                                   => seed:7/65536

requirement transfer-out The data that the host sends arrives in the buffer.
source f_fs.c, ffs_dmabuf_transfer
  given queued ep2 b0 65536
  hostout ep2 65536 1000 9                 => 65536
  poll b0 in,out 500                       => IN OUT
  crc b0                                   => seed:9/65536

requirement transfer-udmabuf Buffers made from the program's own memory can be transferred too.
source f_fs.c, ffs_dmabuf_transfer; udmabuf.c
needs scatter-gather, udmabuf
  udmabuf u0 65536 seal                    => size=65536
  bind                                     => 0
  attach ep1 u0                            => 0
  fill u0 4                                => 0
  xfer ep1 u0 65536                        => 0
  hostin ep1 65536                         => 65536 crc=seed:4

requirement transfer-large One transfer moves a mebibyte, in both directions.
source f_fs.c, ffs_dmabuf_transfer
  given attached ep2 b0 1048576
  attach ep1 b0                            => 0
  xfer ep2 b0 1048576                      => 0
  hostout ep2 1048576 5000 77              => 1048576
  poll b0 in 2000                          => IN
  crc b0                                   => seed:77/1048576
  xfer ep1 b0 1048576                      => 0
  hostin ep1 1048576 5000                  => 1048576 crc=seed:77

requirement transfer-part A transfer moves only as many bytes as its length says.
source f_fs.c, ffs_dmabuf_transfer
  given filled ep1 b0 65536 3
  xfer ep1 b0 1000                         => 0
  hostin ep1 4096                          => 1000 crc=seed:3

requirement transfer-no-zlp A transfer of whole packets does not end with an empty packet.
source f_fs.c, ffs_dmabuf_transfer (usb_request.zero stays 0)
  given filled ep1 b0 65536 3
  xfer ep1 b0 512                          => 0
  hostin ep1 4096 300                      => ETIMEDOUT

requirement transfer-short-out A short packet ends a transfer from the host successfully.
source gadget.h, struct usb_request
  given fenced ep2 b0 65536 r
  hostout ep2 100 1000 3                   => 100
  poll s0 in 500                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled
  crc b0 100                               => seed:3/100

requirement transfer-empty-out An empty packet ends a transfer from the host successfully.
source gadget.h, struct usb_request
  given fenced ep2 b0 65536 r
  hostout ep2 0 1000 3                     => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled

requirement transfer-order Transfers of an endpoint end in the order in which they were queued.
source gadget.h, usb_ep_queue
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  alloc b1 4096                            => size=4096
  attach ep2 b0                            => 0
  attach ep2 b1                            => 0
  xfer ep2 b0 1024                         => 0
  xfer ep2 b1 1024                         => 0
  hostout ep2 2048 1000 8                  => 2048
  poll b1 in 500                           => IN
  crc b0 1024                              => seed:8/1024
  crc b1 1024                              => seed:8+1024/1024

requirement transfer-mixed Transfers of buffers and reads and writes of one endpoint keep their order.
source f_fs.c, ffs_epfile_io and ffs_dmabuf_transfer
  given filled ep1 b0 4096 1
  xfer ep1 b0 4096                         => 0
  bg 0 epwrite ep1 512 5                   => started
  hostin ep1 4096                          => 4096 crc=seed:1
  hostin ep1 512                           => 512 crc=seed:5
  join 0                                   => 512

requirement transfer-host-in-parts The host may read a transfer in parts; the last one ends it.
source gadget.h, struct usb_request
  given filled ep1 b0 8192 2
  xfer ep1 b0 4096                         => 0
  export s0 b0 w                           => 0
  hostin ep1 512                           => 512 crc=seed:2
  fence s0                                 => status=active n=1 functionfs=active
  hostin ep1 3584                          => 3584 crc=seed:2+512
  poll s0 in 300                           => IN
  fence s0                                 => status=signaled n=1 functionfs=signaled

requirement transfer-outlives-descriptor A transfer continues when the descriptor of its buffer is closed.
source f_fs.c, ffs_dmabuf_attach (holds the buffer)
  given filled ep1 b0 4096 9
  xfer ep1 b0 4096                         => 0
  closefd b0                               => 0
  hostin ep1 4096                          => 4096 crc=seed:9

requirement transfer-other-file A descriptor that is not a dma-buf is refused: EINVAL.
source f_fs.c, ffs_dmabuf_transfer; dma-buf.c, dma_buf_get
needs scatter-gather, udmabuf
  bind                                     => 0
  memfd m                                  => 0
  xfer ep1 m 4096                          => EINVAL
`,
);
