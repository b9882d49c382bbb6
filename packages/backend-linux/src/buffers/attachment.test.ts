import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Errno, SystemClock } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { Attachment } from './attachment.ts';

/** The addon's answer when the transfer is under way and EXPORT_SYNC_FILE has failed. */
const NO_DESCRIPTOR = -1000 - Errno.EMFILE;

const openFiles = (): number => readdirSync('/proc/self/fd').length;

/** A kernel that gives this process so many descriptors and no more for its sync files. */
class ScarceKernel extends LinuxKernel {
  limit = Number.POSITIVE_INFINITY;

  override ioctl(fd: number, request: string, argument?: Uint8Array): number {
    if (request !== 'DMA_BUF_IOCTL_EXPORT_SYNC_FILE') return super.ioctl(fd, request, argument);
    if (openFiles() >= this.limit) return -Errno.EMFILE;
    new DataView(argument!.buffer).setInt32(4, this.addon.memfd('sync_file', 0, 0), true);
    return 0;
  }
}

/** Something that can be polled, as a buffer can: always ready. */
function openPipe() {
  const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-pipe-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, 'r+');
  return {
    fd,
    [Symbol.dispose]() {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    },
  };
}

describe('a transfer for whose sync file no descriptor is left', () => {
  it('gets the one that its attachment has kept for it', () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const attachment = new Attachment(kernel, buffer.fd, () => true);
    kernel.limit = openFiles();
    const transfer = attachment.begin(NO_DESCRIPTOR);
    expect(openFiles()).toBe(kernel.limit);
    // The kernel is asked about it, and does not know what stands for it here.
    expect(() => transfer.outcome()).toThrow('SYNC_IOC_FILE_INFO: ENOTTY');
  });

  it('does not claim success where not even that one can be had', () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const attachment = new Attachment(kernel, buffer.fd, () => true);
    kernel.limit = 0;
    expect(attachment.begin(NO_DESCRIPTOR).outcome()).toBe(-Errno.EMFILE);
  });
});

describe('a transfer that is over before that was reported', () => {
  it('ends once, and not from inside the call that queues the next one', async () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const attachment = new Attachment(kernel, buffer.fd, () => true);
    kernel.limit = 0;
    const first = attachment.begin(NO_DESCRIPTOR);
    let ends = 0;
    first.addCallback({ fenceSignaled: () => void ends++ });
    const second = attachment.begin(NO_DESCRIPTOR);
    expect([ends, attachment.current, attachment.record.active]).toEqual([0, second, [second]]);
    expect([await first.wait(), ends]).toEqual([-Errno.EMFILE, 1]);
  });
});
