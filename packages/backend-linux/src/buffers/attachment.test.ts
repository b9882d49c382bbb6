import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Errno, POLLOUT, SystemClock } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { EndpointShare } from '../functionfs/endpoint-share.ts';
import { LinuxKernel } from '../kernel/linux-kernel.ts';
import { EPOLLONESHOT } from '../kernel/readiness.ts';
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
  const close = () => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  };
  return { fd, close, [Symbol.dispose]: close };
}

describe('a transfer for whose sync file no descriptor is left', () => {
  it('gets the one that its attachment has kept for it', () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const attachment = new Attachment(kernel, { buffer, owner: undefined }, () => true);
    kernel.limit = openFiles();
    const transfer = attachment.begin(NO_DESCRIPTOR);
    expect(openFiles()).toBe(kernel.limit);
    // The kernel is asked about it, and does not know what stands for it here.
    expect(() => transfer.outcome()).toThrow('SYNC_IOC_FILE_INFO: ENOTTY');
  });

  it('does not claim success where not even that one can be had', () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const attachment = new Attachment(kernel, { buffer, owner: undefined }, () => true);
    kernel.limit = 0;
    expect(attachment.begin(NO_DESCRIPTOR).outcome()).toBe(-Errno.EMFILE);
  });
});

describe('a transfer that is over before that was reported', () => {
  it('ends once, and not from inside the call that queues the next one', async () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const attachment = new Attachment(kernel, { buffer, owner: undefined }, () => true);
    kernel.limit = 0;
    const first = attachment.begin(NO_DESCRIPTOR);
    let ends = 0;
    first.addCallback({ fenceSignaled: () => void ends++ });
    const second = attachment.begin(NO_DESCRIPTOR);
    expect([ends, attachment.current, attachment.record.active]).toEqual([0, second, [second]]);
    expect([await first.wait(), ends]).toEqual([-Errno.EMFILE, 1]);
  });
});

describe('a buffer that rests between its transfers', () => {
  it('is watched for one event each, until it is tried whether it still rests: ever less often, unless it did not', () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    const changes: number[] = [];
    const watch = { change: (events: number) => void changes.push(events), report: () => true, end: () => {} };
    const watching = vi.spyOn(kernel.readiness, 'watch').mockReturnValue(watch);
    const attachment = new Attachment(kernel, { buffer, owner: undefined }, () => true);
    kernel.limit = 0;
    const transfer = (): void => {
      attachment.begin(NO_DESCRIPTOR);
      attachment.ready(POLLOUT, 0);
      expect(attachment.current).toBeUndefined();
    };
    const rest = (): void => {
      attachment.ready(POLLOUT, 0);
      attachment.ready(POLLOUT, 0);
    };
    for (let count = 0; count < 3; count++) transfer();
    expect([changes, watching.mock.calls.map(([, events]) => events)]).toEqual([[], [POLLOUT]]);
    const triedAfter = (): number => {
      rest();
      expect(changes.splice(0)).toEqual([0]);
      while (changes.at(-1) !== POLLOUT) transfer();
      const watched = changes.splice(0, changes.length - 1);
      expect(watched).toEqual(watched.map(() => POLLOUT | EPOLLONESHOT));
      expect(changes.splice(0)).toEqual([POLLOUT]);
      return watched.length;
    };
    expect([1, 2, 3, 4, 5, 6].map(triedAfter)).toEqual([4, 8, 16, 32, 64, 64]);
    // One follows the other again.
    for (let count = 0; count < 100; count++) transfer();
    expect([changes, triedAfter()]).toEqual([[], 4]);
  });
});

describe('the attachments of an endpoint', () => {
  it('stay with their owners, whichever of equal ones the kernel detaches', () => {
    using kernel = new ScarceKernel({ clock: new SystemClock() });
    using buffer = openPipe();
    using other = openPipe();
    const share = new EndpointShare(kernel, 'loop', 'ep1', 'in');
    const stream = {};
    const attach = (file: typeof buffer, owner?: object): Attachment => {
      const attachment = new Attachment(kernel, { buffer: file, owner }, () => true);
      share.attached(attachment);
      return attachment;
    };
    attach(buffer, stream);
    attach(other, stream);
    share.detached(attach(buffer), stream);
    expect(share.attachments).toEqual([
      { buffer, owner: undefined },
      { buffer: other, owner: stream },
    ]);
    share.closing();
    expect(share.attachments).toEqual([]);
  });
});
