import { SystemClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import type { AttachedBuffer } from './buffer-record.ts';
import { LinuxTransfer } from './linux-transfer.ts';

/** What a transfer without a sync file needs of where it is attached. */
const attachment = { forgetSyncFile() {} } as AttachedBuffer;

describe('the callbacks of a transfer', () => {
  it('are called in their order, but for those that another one removes', () => {
    using kernel = new LinuxKernel({ clock: new SystemClock() });
    const transfer = new LinuxTransfer(kernel, attachment, -1, []);
    const called: string[] = [];
    const callback = (name: string, more = () => {}) => ({
      fenceSignaled() {
        called.push(name);
        more();
      },
    });
    const removed = callback('removed');
    const first = callback('first', () => {
      called.push(`removes ${transfer.removeCallback(removed)}, itself ${transfer.removeCallback(first)}`);
    });
    for (const each of [first, callback('second'), removed, callback('third')]) transfer.addCallback(each);
    transfer.settle(1);
    expect(called).toEqual(['first', 'removes true, itself false', 'second', 'third']);
    expect(transfer.addCallback(removed)).toBe(false);
  });
});
