import { expect, it } from 'vitest';
import { gadgetloom } from '../test/captured-output.ts';
import { workFolder } from '../test/work-folder.ts';

/** Recorded from Linux's dwc3 driver on the simulated hardware. */
const REFUSED_ONCE = `
scenario refused-once
  bind                                     => 0
  udmabuf b0 65536                         => size=65536
  fill b0 68                               => 0
  alloc b1 65536                           => size=65536
  fill b1 64                               => 0
  alloc b2 5000                            => size=8192
  fill b2 32                               => 0
  nonblock ep1 on                          => 0
  nonblock ep2 on                          => 0
  nonblock ep3 on                          => 0
  nonblock ep4 on                          => 0
  detach ep1 b1                            => EPERM
  hostin ep1 65536 150                     => ETIMEDOUT
  sleep 20                                 => 0
  attach ep1 b0                            => 0
  detach ep1 b2                            => EPERM
  bg 0 epread ep3 1                        => started
  xfer ep3 b2 512 1                        => EINVAL
  dup d0 b0                                => 0
  hostin ep1 512 150                       => ETIMEDOUT
  sleep 20                                 => 0
  xfer ep3 d0 131072                       => EINVAL
  hostsetcfg 1                             => 0
  sleep 30                                 => 0
  closeep ep4                              => 0
  openep ep4 nonblock                      => 0
  attach ep3 b0                            => 0
  openep ep1 nonblock                      => 0
  xfer ep4 d0 513                          => EPERM
  epioctl ep3 desc                         => addr=82 attr=2 mps=512
  hostsetcfg 1                             => EPIPE
  sleep 30                                 => 0
  hostsetcfg 1                             => 0
`;

it('an endpoint whose first transfer cannot be started is refused once, and taken for enabled from then on', async () => {
  const path = workFolder({ scenario: REFUSED_ONCE });
  const quirks = ['controlOutLosesSetup', 'resetLosesSetup', 'staleEndTransfer'].map((name) => `quirks.${name}`);
  const backend = `dwc3:speed=super,host.maxSpeed=high,${quirks.join(',')}`;
  expect(await gadgetloom('play', path('scenario'), '--backend', backend, '--check')).toMatchObject({ status: 0 });
});
