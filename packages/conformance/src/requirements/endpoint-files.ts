import { USB_DIR_IN } from '@gadgetloom/udc';
import { ScenarioSession } from '../scenario/session.ts';
import type { ScenarioStack } from '../scenario/target.ts';
import { type Requirement, type RequirementGroup, readRequirements } from './requirement.ts';

/** What scenarios show. */
const CALLS = readRequirements(
  'endpoint-files',
  'Endpoint files',
  `
requirement io-out A read gives the data that the host sent.
source f_fs.c, ffs_epfile_io
  bind                                     => 0
  bg 0 epread ep2 1024                     => started
  hostout ep2 1024 1000 5                  => 1024
  join 0                                   => 1024 crc=seed:5

requirement io-in A write ends when its data has arrived at the host.
source f_fs.c, ffs_epfile_io
  bind                                     => 0
  bg 0 epwrite ep1 1024 5                  => started
  hostin ep1 1024                          => 1024 crc=seed:5
  join 0                                   => 1024

requirement io-nonblock-disabled On a nonblocking file, reading and writing a disabled endpoint fails: EAGAIN.
source f_fs.c, ffs_epfile_io
  nonblock ep1 on                          => 0
  nonblock ep2 on                          => 0
  epwrite ep1 64                           => EAGAIN
  epread ep2 64                            => EAGAIN

requirement io-waits-for-enable On a blocking file, a read on a disabled endpoint waits until it is enabled.
source f_fs.c, ffs_epfile_io
  bg 0 epread ep2 512                      => started
  bind                                     => 0
  sleep 100                                => 0
  hostout ep2 512 1000 7                   => 512
  join 0                                   => 512 crc=seed:7

requirement io-disable A read under way ends with ESHUTDOWN when the configuration changes.
source f_fs.c, ffs_func_eps_disable
  bind                                     => 0
  bg 0 epread ep2 512                      => started
  hostsetcfg 0                             => 0
  join 0                                   => ESHUTDOWN

requirement io-short A short packet ends a read with the bytes received so far.
source gadget.h, struct usb_request
  bind                                     => 0
  bg 0 epread ep2 4096                     => started
  hostout ep2 100 1000 3                   => 100
  join 0                                   => 100 crc=seed:3

requirement io-closed A file that was closed takes no calls: EBADF.
source fs/read_write.c
  bind                                     => 0
  closeep ep1                              => 0
  epwrite ep1 12                           => EBADF

requirement io-reopen An endpoint file can be opened again, any number of times.
source f_fs.c, ffs_epfile_open
  bind                                     => 0
  openep ep1                               => 0
  openep ep1 nonblock                      => 0
  closeep ep1                              => 0
  openep ep1                               => 0
  bg 0 epwrite ep1 1024 5                  => started
  hostin ep1 1024                          => 1024 crc=seed:5
  join 0                                   => 1024

requirement io-wrong-way-halts Reading an IN endpoint halts it: EBADMSG, and the host sees a stall.
source f_fs.c, ffs_epfile_io
  bind                                     => 0
  epread ep1 512                           => EBADMSG
  hostin ep1 512 300                       => EPIPE

requirement ioctl-revmap ENDPOINT_REVMAP answers 255 for every enabled endpoint.
source f_fs.c, _ffs_func_bind and ffs_epfile_ioctl
  bind                                     => 0
  epioctl ep1 revmap                       => 255
  epioctl ep4 revmap                       => 255

requirement ioctl-unknown An unknown ioctl fails: ENOTTY.
source f_fs.c, ffs_epfile_ioctl
  bind                                     => 0
  epioctl ep1 bogus                        => ENOTTY

requirement ioctl-disabled On a disabled endpoint, every ioctl except those for buffers fails, known or not: EAGAIN.
source f_fs.c, ffs_epfile_ioctl
  nonblock ep1 on                          => 0
  epioctl ep1 desc                         => EAGAIN
  epioctl ep1 revmap                       => EAGAIN
  epioctl ep1 bogus                        => EAGAIN

requirement io-wrong-way-halts-out Writing an OUT endpoint halts it: EBADMSG, and the host sees a stall.
source f_fs.c, ffs_epfile_io
  bind                                     => 0
  epwrite ep2 512                          => EBADMSG
  hostout ep2 512 300                      => EPIPE

requirement io-empty A write of 0 bytes sends an empty packet.
source f_fs.c, ffs_epfile_io
  bind                                     => 0
  bg 0 epwrite ep1 0                       => started
  hostin ep1 512                           => 0
  join 0                                   => 0

requirement io-no-zlp A write of whole packets does not end with an empty packet.
source f_fs.c, ffs_epfile_io (usb_request.zero stays 0)
  bind                                     => 0
  bg 0 epwrite ep1 512 3                   => started
  hostin ep1 4096 300                      => ETIMEDOUT
  join 0                                   => 512

requirement io-stopped-by-halt A write waits while the host has halted the endpoint.
source f_fs.c, ffs_epfile_io; composite.c
  bind                                     => 0
  hosthalt ep1                             => 0
  bg 0 epwrite ep1 1024 5                  => started
  hostin ep1 1024 300                      => EPIPE
  hostclear ep1                            => 0
  hostin ep1 1024                          => 1024 crc=seed:5
  join 0                                   => 1024

requirement ioctl-clear-halt CLEAR_HALT ends the halt that a read in the wrong direction caused.
source f_fs.c, ffs_epfile_ioctl (FUNCTIONFS_CLEAR_HALT)
  bind                                     => 0
  epread ep1 512                           => EBADMSG
  hostin ep1 512 300                       => EPIPE
  epioctl ep1 clear_halt                   => 0
  bg 0 epwrite ep1 1024 5                  => started
  hostin ep1 1024                          => 1024 crc=seed:5
  join 0                                   => 1024

requirement ioctl-fifo-flush FIFO_FLUSH does nothing on an idle endpoint.
source f_fs.c, ffs_epfile_ioctl (FUNCTIONFS_FIFO_FLUSH); udc/core.c, usb_ep_fifo_flush
  bind                                     => 0
  epioctl ep1 fifo_flush                   => 0
  epioctl ep2 fifo_flush                   => 0

requirement io-nonblock-waits A queued read waits for the host, also on a nonblocking file.
source f_fs.c, ffs_epfile_io (wait_for_completion_interruptible)
  nonblock ep2 on                          => 0
  bind                                     => 0
  bg 0 epread ep2 512                      => started
  hostout ep2 512 1000 7                   => 512
  join 0                                   => 512 crc=seed:7

requirement io-busy Only one read of an endpoint runs at a time: another one fails on a nonblocking file: EAGAIN.
source f_fs.c, ffs_epfile_io (ffs_mutex_lock)
  bind                                     => 0
  bg 0 epread ep2 512                      => started
  openep ep2 nonblock                      => 0
  epread ep2 512                           => EAGAIN
  hostout ep2 512 1000 7                   => 512
  join 0                                   => 512 crc=seed:7

requirement io-in-turn Waiting reads of an endpoint run one after the other.
source f_fs.c, ffs_epfile_io (ffs_mutex_lock)
  bind                                     => 0
  bg 0 epread ep2 512                      => started
  bg 1 epread ep2 512                      => started
  hostout ep2 512 1000 7                   => 512
  join 0                                   => 512 crc=seed:7
  hostout ep2 512 1000 5                   => 512
  join 1                                   => 512 crc=seed:5

requirement ioctl-waits-for-enable On a blocking file, an ioctl on a disabled endpoint waits until it is enabled.
source f_fs.c, ffs_epfile_ioctl (wait_event_interruptible)
  bg 0 epioctl ep1 revmap                  => started
  bind                                     => 0
  join 0                                   => 255
`,
);

const BULK = 2;
const HIGH_SPEED_PACKET = 512;

async function describesItself(stack: ScenarioStack): Promise<void> {
  await using session = await ScenarioSession.open(stack);
  await session.gadget.bind();
  await stack.host.configured();
  for (const [name, isIn] of [
    ['ep1', true],
    ['ep2', false],
  ] as const) {
    const descriptor = await session.endpoint(name).endpointDescriptor();
    const { address, attributes, maxPacketSize } = descriptor;
    if (address >= USB_DIR_IN !== isIn || attributes !== BULK || maxPacketSize !== HIGH_SPEED_PACKET)
      throw new Error(`${name} says ${JSON.stringify(descriptor)}.`);
  }
}

const PROOFS: readonly Requirement[] = [
  {
    id: 'ioctl-desc',
    sentence: 'ENDPOINT_DESC gives the descriptor of the speed at which the host configured the device.',
    ...{ source: 'f_fs.c, ffs_epfile_ioctl (FUNCTIONFS_ENDPOINT_DESC)', needs: [], proof: describesItself },
  },
];

/** Reading, writing and asking endpoint files: the copying path. */
export const ENDPOINT_FILES: RequirementGroup = { ...CALLS, requirements: [...CALLS.requirements, ...PROOFS] };
