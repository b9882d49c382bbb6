import { describe, expect, it } from 'vitest';
import { countsOf, perTransfer } from './strace.ts';

const summary = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 71.43    0.125000           2     40120           ioctl
 28.57    0.050000           4     10011         3 epoll_pwait
  0.00    0.000000           0        12           close
------ ----------- ----------- --------- --------- ----------------
100.00    0.175000           2     50143         3 total
`;

describe('a summary of strace', () => {
  it('gives the calls of each name, with and without errors', () => {
    expect([...countsOf(summary)]).toEqual([
      ['ioctl', 40120],
      ['epoll_pwait', 10011],
      ['close', 12],
    ]);
  });

  it('tells what more transfers took, less what starting and stopping takes', () => {
    const few = new Map([
      ['ioctl', 120],
      ['epoll_pwait', 11],
      ['close', 12],
    ]);
    expect(perTransfer(few, countsOf(summary), 10_000)).toEqual([
      ['ioctl', 4],
      ['epoll_pwait', 1],
    ]);
  });
});
