import { describe, expect, it } from 'vitest';
import { Kernel } from '../../test/kernel.ts';
import { Fence } from './fence.ts';
import { formatBufinfo } from './statistics.ts';
import { Usage } from './usage.ts';

describe('the listing of all buffers', () => {
  const kernel = new Kernel();
  const first = kernel.heap.allocate({ size: 65536, name: 'frame' });
  const second = kernel.heap.allocate({ size: 1, fdFlags: 0 });
  first.object.attach({ name: 'dummy_udc.0' });
  first.object.attach({ name: 'fe800000.usb' });
  first.dup();
  const fence = new Fence(kernel, 'functionfs', '', 7, 9);
  kernel.add(first.object.resv, fence, Usage.READ);
  kernel.add(first.object.resv, kernel.stub, Usage.WRITE);
  kernel.add(second.object.resv, kernel.mockFence(), Usage.BOOKKEEP);

  it('has the newest first, with fences up to READ and attached devices', () => {
    const statistics = kernel.statistics();
    expect(statistics.size).toBe(65536 + 4096);
    expect(statistics.buffers).toEqual([
      {
        size: 4096,
        flags: 0,
        mode: 0x80005,
        count: 1,
        exporterName: 'system',
        inode: 2,
        name: undefined,
        fences: [],
        attachments: [],
      },
      {
        size: 65536,
        flags: 2,
        mode: 0x80007,
        count: 2,
        exporterName: 'system',
        inode: 1,
        name: 'frame',
        fences: [
          { usage: 'read', driverName: 'functionfs', timelineName: '', context: 7, seqno: 9, signaled: false },
          { usage: 'write', driverName: 'stub', timelineName: 'stub', context: 0, seqno: 0, signaled: true },
        ],
        attachments: ['fe800000.usb', 'dummy_udc.0'],
      },
    ]);
  });

  it('reads like debugfs', () => {
    expect(formatBufinfo(kernel.statistics())).toBe(
      [
        '',
        'Dma-buf Objects:',
        'size    \tflags   \tmode    \tcount   \texp_name\tino     \tname',
        '00004096\t00000000\t00080005\t00000001\tsystem\t00000002\t<none>',
        '\tAttached Devices:',
        'Total 0 devices attached',
        '',
        '00065536\t00000002\t00080007\t00000002\tsystem\t00000001\tframe',
        '\tread fence:functionfs  seq 9 unsignalled',
        '\twrite fence:stub stub seq 0 signalled',
        '\tAttached Devices:',
        '\tfe800000.usb',
        '\tdummy_udc.0',
        'Total 2 devices attached',
        '',
        '',
        'Total 2 objects, 69632 bytes',
        '',
      ].join('\n'),
    );
  });

  it('forgets a buffer when it is released', () => {
    second.close();
    expect(kernel.statistics().buffers.map(({ inode }) => inode)).toEqual([1]);
  });
});
