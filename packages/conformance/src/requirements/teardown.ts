import { readRequirements } from './requirement.ts';

/** How transfers end that do not succeed. */
export const TEARDOWN = readRequirements(
  'teardown',
  'Ends of transfers',
  `
requirement end-detach-in Detaching cancels a transfer to the host: ECONNRESET.
source f_fs.c, ffs_dmabuf_detach; ffs_epfile_dmabuf_io_complete
  given fenced ep1 b0 65536 w
  detach ep1 b0                            => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ECONNRESET n=1 functionfs=ECONNRESET
  poll b0 in,out 100                       => IN OUT

requirement end-detach-out Detaching cancels a transfer from the host: ECONNRESET.
source f_fs.c, ffs_dmabuf_detach; ffs_epfile_dmabuf_io_complete
  given fenced ep2 b0 65536 r
  detach ep2 b0                            => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ECONNRESET n=1 functionfs=ECONNRESET
  hostout ep2 512 300                      => ETIMEDOUT

requirement end-close Closing the endpoint file cancels its transfers: ECONNRESET.
source f_fs.c, ffs_epfile_release
  given fenced ep2 b0 65536 r
  closeep ep2                              => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ECONNRESET n=1 functionfs=ECONNRESET

requirement end-disable A change of the configuration ends transfers: ESHUTDOWN.
source f_fs.c, ffs_func_eps_disable
  given fenced ep1 b0 4096 w
  hostsetcfg 0                             => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ESHUTDOWN n=1 functionfs=ESHUTDOWN

requirement end-unbind Unbinding ends transfers: ESHUTDOWN.
source f_fs.c, ffs_func_unbind; udc/core.c, gadget_unbind_driver
  given fenced ep2 b0 4096 r
  unbind                                   => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ESHUTDOWN n=1 functionfs=ESHUTDOWN

requirement end-disconnect A soft disconnect ends transfers: ESHUTDOWN.
source udc/core.c, usb_gadget_disconnect_locked
  given fenced ep1 b0 4096 w
  disconnect                               => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ESHUTDOWN n=1 functionfs=ESHUTDOWN
  nonblock ep1 on                          => 0
  xfer ep1 b0 4096                         => EAGAIN

requirement end-reset A bus reset ends transfers: ESHUTDOWN; afterwards everything works again.
source udc/core.c, usb_gadget_udc_reset; composite.c, composite_reset
  given fenced ep2 b0 4096 r
  hostreset                                => 0
  poll s0 in 500                           => IN
  fence s0                                 => status=ESHUTDOWN n=1 functionfs=ESHUTDOWN
  nonblock ep2 on                          => 0
  xfer ep2 b0 4096                         => 0
  hostout ep2 4096 1000 1                  => 4096
  poll b0 in 300                           => IN

requirement end-halt-by-host A halt by the host ends no transfer: it continues when the halt is cleared.
source composite.c; gadget.h, usb_ep_set_halt
  given attached ep1 b0 4096
  hosthalt ep1                             => 0
  nonblock ep1 on                          => 0
  xfer ep1 b0 4096                         => 0
  hostin ep1 4096 300                      => EPIPE
  hostclear ep1                            => 0
  hostin ep1 4096 1000                     => 4096 crc=seed:zero
`,
);
