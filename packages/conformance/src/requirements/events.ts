import { CONTROL_RECIPIENTS } from './control-recipients.ts';
import { type RequirementGroup, readRequirements } from './requirement.ts';

/** What scenarios show. */
const CALLS = readRequirements(
  'events',
  'Events and control requests',
  `
requirement events-none On a nonblocking file, reading ep0 without an event fails: EAGAIN.
source f_fs.c, ffs_ep0_read
  events                                   => EAGAIN

requirement events-too-short Reading less than one event fails: EINVAL.
source f_fs.c, ffs_ep0_read
  events                                   => EAGAIN
  ep0read 11                               => EINVAL
  ep0read 12                               => EAGAIN

requirement events-enable Binding and configuring gives ENABLE, which drops an unread BIND.
source f_fs.c, __ffs_event_add
  given enabled

requirement events-disable An unread change of the configuration drops the events before it.
source f_fs.c, __ffs_event_add
  bind                                     => 0
  hostsetcfg 0                             => 0
  events                                   => DISABLE

requirement events-configuration Each change of the configuration gives an event.
source f_fs.c, ffs_func_set_alt and ffs_func_disable
  given enabled
  hostsetcfg 0                             => 0
  events                                   => DISABLE
  hostsetcfg 1                             => 0
  events                                   => ENABLE

requirement events-latest-only ENABLE and DISABLE replace each other: a late reader gets only the last.
source f_fs.c, __ffs_event_add
  bind                                     => 0
  hostsetcfg 0                             => 0
  hostsetcfg 1                             => 0
  hostsetcfg 0                             => 0
  hostsetcfg 1                             => 0
  events                                   => ENABLE
  events                                   => EAGAIN

requirement events-set-interface Selecting an alternate setting gives ENABLE.
source f_fs.c, ffs_func_set_alt
  given enabled
  hostsetif 0                              => 0
  events                                   => ENABLE

requirement events-unbind Unbinding gives UNBIND.
source f_fs.c, ffs_func_unbind
  bind                                     => 0
  disconnect                               => 0
  sleep 50                                 => 0
  events
  unbind                                   => 0
  events                                   => UNBIND

requirement control-in Data written during an IN request answers it.
source f_fs.c, ffs_ep0_write
  given asked 0xc1 0x51 1 0 4
  ep0write 4                               => 4
  join 0                                   => 4

requirement control-out Reading during an OUT request gives the host's bytes.
source f_fs.c, ffs_ep0_read
  given asked 0x41 0x52 2 0 4
  ep0read 4                                => 4
  join 0                                   => 4

requirement control-stall Reading during an IN request stalls it: EL2HLT, and EPIPE for the host.
source f_fs.c, __ffs_ep0_stall
  given asked 0xc1 0x53 1 0 4
  ep0read 4                                => EL2HLT
  join 0                                   => EPIPE

requirement control-overtaken A request that a later event has overtaken cannot be answered: EIDRM, once.
source f_fs.c, __ffs_event_add and ffs_ep0_write
  given asked 0xc1 0x51 1 0 4
  disconnect                               => 0
  sleep 100                                => 0
  ep0write 4                               => EIDRM
  ep0write 4                               => ESRCH

requirement control-none-pending Writing to ep0 without a request fails: ESRCH.
source f_fs.c, ffs_ep0_write
  given enabled
  ep0write 4                               => ESRCH
  ep0write 0                               => ESRCH

requirement events-suspend Suspending the bus gives SUSPEND after the other events.
source f_fs.c, __ffs_event_add and ffs_func_suspend; composite.c, composite_suspend
needs suspend
  bind                                     => 0
  hostsuspend                              => 0
  sleep 100                                => 0
  events                                   => ENABLE SUSPEND

requirement control-empty Reading 0 bytes acknowledges a request without data.
source f_fs.c, ffs_func_setup (USB_GADGET_DELAYED_STATUS) and ffs_ep0_read
  given asked 0x41 0x54 1 0 0
  ep0read 0                                => 0
  join 0                                   => 0

requirement control-empty-stall Writing stalls a request without data.
source f_fs.c, ffs_ep0_write and __ffs_ep0_stall
  given asked 0x41 0x54 1 0 0
  ep0write 0                               => EL2HLT
  join 0                                   => EPIPE

requirement control-in-short An answer that is shorter than requested ends the data.
source f_fs.c, ffs_ep0_write
  given asked 0xc1 0x55 1 0 128
  ep0write 64                              => 64
  join 0                                   => 64

requirement control-in-long If an answer is longer than requested, the host gets only the requested length.
source f_fs.c, ffs_ep0_write
  given asked 0xc1 0x55 1 0 4
  ep0write 64                              => 4
  join 0                                   => 4

requirement control-to-device A request to the device does not reach the function: it stalls and gives no event.
source f_fs.c, ffs_func_req_match
  given enabled
  hostctrl 0xc0 0x56 1 0 4                 => EPIPE
  events                                   => EAGAIN

requirement events-reset A bus reset gives ENABLE once the host has configured the device again.
source f_fs.c, __ffs_event_add; composite.c, composite_reset and set_config
  given enabled
  hostreset                                => 0
  events                                   => ENABLE

requirement events-alternate-unknown Selecting an unknown alternate setting stalls and gives no event.
source f_fs.c, ffs_func_set_alt (MAX_ALT_SETTINGS)
  given enabled
  hostctrl 0x01 11 3 0 0                   => EPIPE
  events                                   => EAGAIN

requirement control-out-stall Writing during an OUT request stalls it: EL2HLT, and EPIPE for the host.
source f_fs.c, ffs_ep0_write and __ffs_ep0_stall
  given asked 0x41 0x52 2 0 4
  ep0write 4                               => EL2HLT
  join 0                                   => EPIPE

requirement control-out-room A read with more room than the host sends gives what the host sent.
source f_fs.c, ffs_ep0_read
  given asked 0x41 0x52 2 0 4
  ep0read 64                               => 4
  join 0                                   => 4
`,
);

/** Events and control requests on ep0. */
export const EVENTS: RequirementGroup = { ...CALLS, requirements: [...CALLS.requirements, ...CONTROL_RECIPIENTS] };
