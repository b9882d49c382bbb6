import { readRequirements } from './requirement.ts';

/** FUNCTIONFS_DMABUF_ATTACH. */
export const ATTACH = readRequirements(
  'attach',
  'Attaching buffers to an endpoint',
  `
requirement attach-unbound Before the gadget is bound there is no device to attach to: EPERM.
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
  bind                                     => 0
  attach ep1 b0                            => EPERM
  attach ep2 b0                            => EPERM

requirement attach-no-buffer A descriptor that is no dma-buf is refused: EBADF not open, EINVAL something else.
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
`,
);
