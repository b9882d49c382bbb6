import { CONTROL_RECIPIENTS } from './control-recipients.ts';
import { type RequirementGroup, readRequirements } from './requirement.ts';

/** What scenarios show. */
const CALLS = readRequirements(
  'events',
  'Events and control requests',
  `
requirement events-none Reading ep0 is EAGAIN while there is no event, for files that do not wait.
source f_fs.c, ffs_ep0_read
  events                                   => EAGAIN

requirement events-too-short Reading less than an event is EINVAL.
source f_fs.c, ffs_ep0_read
  events                                   => EAGAIN
  ep0read 11                               => EINVAL
  ep0read 12                               => EAGAIN

requirement events-enable Binding and being configured shows ENABLE, which drops BIND.
source f_fs.c, __ffs_event_add
  given enabled

requirement events-disable A change of the configuration that was not read yet drops what went before.
source f_fs.c, __ffs_event_add
  bind                                     => 0
  hostsetcfg 0                             => 0
  events                                   => DISABLE

requirement events-configuration Each change of the configuration shows.
source f_fs.c, ffs_func_set_alt and ffs_func_disable
  given enabled
  hostsetcfg 0                             => 0
  events                                   => DISABLE
  hostsetcfg 1                             => 0
  events                                   => ENABLE

requirement events-latest-only ENABLE and DISABLE replace each other: a reader that is late sees the last.
source f_fs.c, __ffs_event_add
  bind                                     => 0
  hostsetcfg 0                             => 0
  hostsetcfg 1                             => 0
  hostsetcfg 0                             => 0
  hostsetcfg 1                             => 0
  events                                   => ENABLE
  events                                   => EAGAIN

requirement events-set-interface Selecting an alternate setting shows as ENABLE.
source f_fs.c, ffs_func_set_alt
  given enabled
  hostsetif 0                              => 0
  events                                   => ENABLE

requirement events-unbind Unbinding shows.
source f_fs.c, ffs_func_unbind
  bind                                     => 0
  disconnect                               => 0
  sleep 50                                 => 0
  events
  unbind                                   => 0
  events                                   => UNBIND

requirement control-in An IN request that is written is answered with that.
source f_fs.c, ffs_ep0_write
  given asked 0xc1 0x51 1 0 4
  ep0write 4                               => 4
  join 0                                   => 4

requirement control-out An OUT request that is read gives the host's bytes.
source f_fs.c, ffs_ep0_read
  given asked 0x41 0x52 2 0 4
  ep0read 4                                => 4
  join 0                                   => 4

requirement control-stall Reading where the host reads stalls the request: EL2HLT, and EPIPE for the host.
source f_fs.c, __ffs_ep0_stall
  given asked 0xc1 0x53 1 0 4
  ep0read 4                                => EL2HLT
  join 0                                   => EPIPE

requirement control-overtaken A request that another event has overtaken is not answered any more: EIDRM, once.
source f_fs.c, __ffs_event_add and ffs_ep0_write
  given asked 0xc1 0x51 1 0 4
  disconnect                               => 0
  sleep 100                                => 0
  ep0write 4                               => EIDRM
  ep0write 4                               => ESRCH

requirement control-none-pending Writing ep0 without a request is ESRCH.
source f_fs.c, ffs_ep0_write
  given enabled
  ep0write 4                               => ESRCH
  ep0write 0                               => ESRCH

requirement events-suspend Suspending the bus shows behind the other events.
source f_fs.c, __ffs_event_add and ffs_func_suspend; composite.c, composite_suspend
needs suspend
  bind                                     => 0
  hostsuspend                              => 0
  sleep 100                                => 0
  events                                   => ENABLE SUSPEND

requirement control-empty A request without data is acknowledged by reading nothing.
source f_fs.c, ffs_func_setup (USB_GADGET_DELAYED_STATUS) and ffs_ep0_read
  given asked 0x41 0x54 1 0 0
  ep0read 0                                => 0
  join 0                                   => 0

requirement control-empty-stall A request without data is stalled by writing.
source f_fs.c, ffs_ep0_write and __ffs_ep0_stall
  given asked 0x41 0x54 1 0 0
  ep0write 0                               => EL2HLT
  join 0                                   => EPIPE

requirement control-in-short An answer that is shorter than asked for is the end of the data.
source f_fs.c, ffs_ep0_write
  given asked 0xc1 0x55 1 0 128
  ep0write 64                              => 64
  join 0                                   => 64

requirement control-in-long Of an answer that is longer than asked for the host gets what it asked for.
source f_fs.c, ffs_ep0_write
  given asked 0xc1 0x55 1 0 4
  ep0write 64                              => 4
  join 0                                   => 4

requirement control-to-device A request to the device is not the function's: a stall, and no event.
source f_fs.c, ffs_func_req_match
  given enabled
  hostctrl 0xc0 0x56 1 0 4                 => EPIPE
  events                                   => EAGAIN

requirement events-reset A bus reset shows as ENABLE, when the host has configured the device again.
source f_fs.c, __ffs_event_add; composite.c, composite_reset and set_config
  given enabled
  hostreset                                => 0
  events                                   => ENABLE

requirement events-alternate-unknown An alternate setting that cannot be is a stall, and no event.
source f_fs.c, ffs_func_set_alt (MAX_ALT_SETTINGS)
  given enabled
  hostctrl 0x01 11 3 0 0                   => EPIPE
  events                                   => EAGAIN

requirement control-out-stall Writing where the host writes stalls the request: EL2HLT, and EPIPE for the host.
source f_fs.c, ffs_ep0_write and __ffs_ep0_stall
  given asked 0x41 0x52 2 0 4
  ep0write 4                               => EL2HLT
  join 0                                   => EPIPE

requirement control-out-room Where there is room for more than the host sends, what it sends is read.
source f_fs.c, ffs_ep0_read
  given asked 0x41 0x52 2 0 4
  ep0read 64                               => 4
  join 0                                   => 4
`,
);

/** Events and control requests on ep0. */
export const EVENTS: RequirementGroup = { ...CALLS, requirements: [...CALLS.requirements, ...CONTROL_RECIPIENTS] };
