import { readRequirements } from './requirement.ts';

/** FUNCTIONFS_DMABUF_ATTACH and FUNCTIONFS_DMABUF_DETACH. */
export const ATTACH = readRequirements(
  'attach',
  'Attaching buffers to an endpoint',
  `
requirement attach-unbound Before the gadget is bound, attaching fails: EPERM.
source f_fs.c, ffs_dmabuf_attach
needs scatter-gather
  alloc b0 4096                            => size=4096
  attach ep1 b0                            => EPERM
  bind                                     => 0
  attach ep1 b0                            => 0

requirement attach-no-scatter-gather A controller without scatter-gather takes no buffers: EPERM, bound or not.
source f_fs.c, ffs_dmabuf_attach; usb_gadget.sg_supported
needs no-scatter-gather
  alloc b0 4096                            => size=4096
  attach ep1 b0                            => EPERM
  bind                                     => 0
  attach ep1 b0                            => EPERM
  attach ep2 b0                            => EPERM
  attach ep1 none                          => EPERM

requirement attach-unbound-first On an unbound gadget, attaching fails with EPERM before the descriptor is checked.
source f_fs.c, ffs_dmabuf_attach
needs scatter-gather
  attach ep1 none                          => EPERM

requirement attach-no-buffer A descriptor that is not a dma-buf is refused: EBADF if it is closed, EINVAL otherwise.
source dma-buf.c, dma_buf_get
needs scatter-gather, udmabuf
  bind                                     => 0
  memfd m                                  => 0
  attach ep1 none                          => EBADF
  attach ep1 m                             => EINVAL

requirement attach-closed-endpoint An endpoint file that was closed takes no calls: EBADF.
source fs/ioctl.c, ioctl
  bind                                     => 0
  alloc b0 4096                            => size=4096
  closeep ep1                              => 0
  attach ep1 b0                            => EBADF

requirement attach-disabled Attaching needs a bound gadget, but no enabled endpoint.
source f_fs.c, ffs_dmabuf_attach
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  hostsetcfg 0                             => 0
  attach ep1 b0                            => 0
  detach ep1 b0                            => 0

requirement attach-twice A buffer can be attached twice, and must then be detached twice.
source f_fs.c, ffs_dmabuf_attach and ffs_dmabuf_detach
  given attached ep1 b0 4096
  attach ep1 b0                            => 0
  detach ep1 b0                            => 0
  detach ep1 b0                            => 0
  detach ep1 b0                            => EPERM

requirement attach-per-endpoint Each endpoint has its own attachments.
source f_fs.c, ffs_dmabuf_find_attachment
  given attached ep1 b0 4096
  detach ep2 b0                            => EPERM
  xfer ep2 b0 4096                         => EPERM
  detach ep1 b0                            => 0

requirement attach-shared-by-files All open files of an endpoint share its attachments.
source f_fs.c, ffs_epfile_open
  given attached ep1 b0 4096
  openep ep1 nonblock                      => 0
  detach ep1 b0                            => 0

requirement attach-by-any-descriptor An attachment belongs to the buffer, not to the descriptor that named it.
source f_fs.c, ffs_dmabuf_find_attachment
  given attached ep1 b0 4096
  dup d0 b0                                => 0
  closefd b0                               => 0
  detach ep1 d0                            => 0
  detach ep1 d0                            => EPERM

requirement attach-ends-with-file Closing any open file of an endpoint drops all its attachments.
source f_fs.c, ffs_epfile_release
  given attached ep1 b0 4096
  closeep ep1                              => 0
  openep ep1                               => 0
  detach ep1 b0                            => EPERM
  xfer ep1 b0 4096                         => EPERM

requirement attach-survives-disable Attachments survive a change of the configuration.
source f_fs.c, ffs_func_eps_disable
  given attached ep1 b0 4096
  hostsetcfg 0                             => 0
  hostsetcfg 1                             => 0
  xfer ep1 b0 4096                         => 0
  hostin ep1 4096                          => 4096 crc=seed:zero

requirement detach-no-buffer A descriptor that is not a dma-buf is refused: EBADF if it is closed, EINVAL otherwise.
source f_fs.c, ffs_dmabuf_detach; dma-buf.c, dma_buf_get
needs scatter-gather, udmabuf
  bind                                     => 0
  memfd m                                  => 0
  detach ep1 none                          => EBADF
  detach ep1 m                             => EINVAL

requirement detach-not-attached A buffer that is not attached cannot be detached: EPERM.
source f_fs.c, ffs_dmabuf_detach
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  detach ep1 b0                            => EPERM
  alloc b1 4096                            => size=4096
  attach ep1 b1                            => 0
  detach ep1 b0                            => EPERM

requirement attach-unbound-again After the gadget is unbound, attaching fails: EPERM.
source f_fs.c, ffs_dmabuf_attach; functionfs_unbind
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  unbind                                   => 0
  attach ep1 b0                            => EPERM

requirement attach-survives-unbind Attachments survive unbinding and work when the gadget is bound again.
source f_fs.c, ffs_func_unbind and ffs_dmabuf_find_attachment
  given attached ep1 b0 4096
  unbind                                   => 0
  bind                                     => 0
  xfer ep1 b0 4096                         => 0
  hostin ep1 4096                          => 4096 crc=seed:zero

requirement attach-and-name A buffer can be given another name while it is attached.
source dma-buf.c, dma_buf_set_name
needs scatter-gather
  bind                                     => 0
  alloc b0 4096                            => size=4096
  setname b0 one                           => 0
  attach ep1 b0                            => 0
  setname b0 other                         => 0
`,
);
