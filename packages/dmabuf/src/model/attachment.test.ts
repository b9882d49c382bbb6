import { KernelError } from '@gadgetloom/core';
import { describe, expect, it, vi } from 'vitest';
import { Kernel, kernelError, settle, stateOf, violation } from '../../test/kernel.ts';
import type { Attachment, ImporterOps } from './attachment.ts';
import type { DmaBufObject } from './buffer-object.ts';
import type { DmaBufOps } from './exporter-ops.ts';
import { Usage } from './usage.ts';

const device = { name: 'dummy_udc.0' };
const dynamic: ImporterOps = { moveNotify: () => {} };

/** An exporter that notes what it is asked, and whether the lock was held. */
class NotingExporter {
  readonly log: string[] = [];
  readonly kernel: Kernel;
  readonly buffer: DmaBufObject;
  failing: string | undefined;

  constructor(optional: readonly (keyof DmaBufOps)[] = [], moveNotify = false) {
    this.kernel = new Kernel({ moveNotify });
    const note = (call: string): void => {
      this.log.push(this.buffer.resv.locked ? `${call} locked` : call);
      if (this.failing === call) throw new Error(`${call} failed`);
    };
    const all: DmaBufOps = {
      attach: () => note('attach'),
      detach: () => note('detach'),
      pin: () => note('pin'),
      unpin: () => note('unpin'),
      mapDmaBuf: (_attachment, direction) => {
        note('map');
        this.log.push(direction);
        return { entries: [] };
      },
      unmapDmaBuf: () => note('unmap'),
      release: () => note('release'),
      cacheSgtMapping: true,
    };
    const chosen = ['mapDmaBuf', 'unmapDmaBuf', 'release', ...optional];
    this.buffer = this.kernel.buffer(Object.fromEntries(Object.entries(all).filter(([name]) => chosen.includes(name))));
  }

  /** What was noted since the last time. */
  get calls(): string[] {
    return this.log.splice(0);
  }

  locked<T>(job: () => T): T {
    expect(this.buffer.resv.tryLock()).toBe(true);
    try {
      return job();
    } finally {
      this.buffer.resv.unlock();
    }
  }
}

const fixed = ['attach', 'detach'] as const;
const movable = ['attach', 'detach', 'pin', 'unpin'] as const;
const caching = ['attach', 'detach', 'cacheSgtMapping'] as const;

describe('attaching and detaching', () => {
  it('ask the exporter, without the lock', () => {
    const exporter = new NotingExporter(fixed);
    const attachment = exporter.buffer.attach(device);
    expect(attachment).toMatchObject({ buffer: exporter.buffer, device, isDynamic: false, peer2peer: false });
    expect(exporter.buffer.attachments).toEqual([attachment]);
    attachment.detach();
    expect(exporter.buffer.attachments).toEqual([]);
    expect(exporter.calls).toEqual(['attach', 'detach']);
    expect(attachment.detached).toBe(true);
  });

  it('list the newest first', () => {
    const { buffer } = new NotingExporter();
    const first = buffer.attach(device);
    const second = buffer.attach({ name: 'other' });
    expect(buffer.attachments).toEqual([second, first]);
    first.detach();
    expect(buffer.attachments).toEqual([second]);
  });

  it('give up if the exporter does', () => {
    const exporter = new NotingExporter(fixed);
    exporter.failing = 'attach';
    expect(() => exporter.buffer.attach(device)).toThrow('attach failed');
    expect(exporter.buffer.attachments).toEqual([]);
  });

  it('happen once', () => {
    const { buffer } = new NotingExporter();
    const attachment = buffer.attach(device);
    attachment.detach();
    expect(() => attachment.detach()).toThrow(violation('dma_buf_detach'));
    const other = new NotingExporter().buffer.attach(device);
    expect(() => buffer.detach(other)).toThrow(violation('dma_buf_detach'));
    buffer.resv.tryLock();
    expect(() => attachment.map('to-device')).toThrow(violation('dma_buf_map_attachment'));
  });

  it('take a dynamic importer only with moveNotify', () => {
    const { buffer } = new NotingExporter();
    expect(() => buffer.attach(device, {} as ImporterOps)).toThrow(kernelError('EINVAL'));
  });

  it('remember what the importer brings', () => {
    const { buffer } = new NotingExporter(movable);
    const attachment = buffer.attach(device, { ...dynamic, allowPeer2peer: true }, 'mine');
    expect(attachment).toMatchObject({ peer2peer: true, isDynamic: true, importerPriv: 'mine' });
  });

  it('wait for the lock: the plain call cannot, the blocking one does', async () => {
    const exporter = new NotingExporter(fixed);
    const { resv } = exporter.buffer;
    resv.tryLock();
    expect(() => exporter.buffer.attach(device)).toThrow(kernelError('EBUSY'));
    expect(exporter.calls).toEqual(['attach locked', 'detach locked']);
    const attaching = exporter.buffer.attachBlocking(device);
    expect(await stateOf(attaching)).toBe('pending');
    resv.unlock();
    const attachment = await attaching;
    expect(resv.locked).toBe(false);
    expect(exporter.buffer.attachments).toEqual([attachment]);
  });

  it('happen when the lock is free, and keep the buffer until then', async () => {
    const exporter = new NotingExporter(['detach']);
    const { buffer } = exporter;
    const attachment = buffer.attach(device);
    const table = exporter.locked(() => attachment.map('to-device'));
    exporter.log.length = 0;
    buffer.resv.tryLock();
    attachment.unmapUnlocked(table, 'to-device');
    attachment.detach();
    expect(() => attachment.detach()).toThrow(violation('dma_buf_detach'));
    buffer.unref();
    expect(exporter.calls).toEqual([]);
    expect(buffer.attachments).toEqual([attachment]);
    buffer.resv.unlock();
    await settle();
    expect(exporter.calls).toEqual(['unmap locked', 'detach', 'release']);
    expect(buffer.attachments).toEqual([]);
  });
});

describe('mapping', () => {
  it('is undone where the device cannot reach the memory', () => {
    const exporter = new NotingExporter(fixed);
    const map = () => {
      throw new KernelError('EINVAL', 'map');
    };
    const attachment = exporter.buffer.attach({ name: 'choosy', map });
    expect(exporter.calls).toEqual(['attach']);
    expect(() => exporter.locked(() => attachment.map('to-device'))).toThrow('EINVAL');
    expect(exporter.calls).toEqual(['map locked', 'to-device', 'unmap locked']);
  });

  it('needs the lock, and so does unmapping', () => {
    const exporter = new NotingExporter();
    const attachment = exporter.buffer.attach(device);
    expect(() => attachment.map('to-device')).toThrow(violation('dma_buf_map_attachment'));
    const table = exporter.locked(() => attachment.map('to-device'));
    expect(() => attachment.unmap(table, 'to-device')).toThrow(violation('dma_buf_unmap_attachment'));
  });

  it('asks the exporter every time', () => {
    const exporter = new NotingExporter();
    const attachment = exporter.buffer.attach(device);
    exporter.locked(() => {
      const first = attachment.map('to-device');
      const second = attachment.map('from-device');
      expect(first).not.toBe(second);
      attachment.unmap(first, 'to-device');
      attachment.unmap(second, 'from-device');
    });
    expect(exporter.calls).toEqual([
      'map locked',
      'to-device',
      'map locked',
      'from-device',
      'unmap locked',
      'unmap locked',
    ]);
  });

  it('asks a caching exporter once, until detach', () => {
    const exporter = new NotingExporter(caching);
    const attachment = exporter.buffer.attach(device);
    exporter.locked(() => {
      const table = attachment.map('to-device');
      expect(attachment.map('to-device')).toBe(table);
      attachment.unmap(table, 'to-device');
      expect(attachment.cachedTable).toBe(table);
      expect(() => attachment.map('from-device')).toThrow(kernelError('EBUSY'));
      expect(() => attachment.map('bidirectional')).toThrow(kernelError('EBUSY'));
    });
    attachment.detach();
    expect(exporter.calls).toEqual(['attach', 'map locked', 'to-device', 'unmap locked', 'detach']);
  });

  it('serves every direction from a cached mapping of both', () => {
    const exporter = new NotingExporter(caching);
    const attachment = exporter.buffer.attach(device);
    exporter.locked(() => {
      const table = attachment.map('bidirectional');
      expect(attachment.map('from-device')).toBe(table);
      expect(attachment.map('to-device')).toBe(table);
    });
  });

  it('takes no table for no memory', () => {
    const kernel = new Kernel();
    const attachment = kernel.buffer({ mapDmaBuf: () => undefined }).attach(device);
    attachment.buffer.resv.tryLock();
    expect(() => attachment.map('to-device')).toThrow(kernelError('ENOMEM'));
  });

  it('waits for KERNEL fences, of a static importer only: the plain call cannot', async () => {
    const exporter = new NotingExporter();
    const { kernel, buffer } = exporter;
    const attachment = buffer.attach(device);
    const move = kernel.mockFence();
    kernel.add(buffer.resv, move, Usage.KERNEL);
    kernel.add(buffer.resv, kernel.mockFence(), Usage.WRITE);
    exporter.locked(() => expect(() => attachment.map('to-device')).toThrow(kernelError('EBUSY')));
    expect(exporter.calls).toEqual(['map locked', 'to-device', 'unmap locked']);
    const mapping = attachment.mapUnlocked('to-device');
    expect(await stateOf(mapping)).toBe('pending');
    expect(buffer.resv.locked).toBe(true);
    move.signal();
    const table = await mapping;
    expect(buffer.resv.locked).toBe(false);
    attachment.unmapUnlocked(table, 'to-device');
    expect(exporter.calls).toEqual(['map locked', 'to-device', 'unmap locked']);
  });

  it('can be interrupted while it waits', async () => {
    const exporter = new NotingExporter();
    const { kernel, buffer } = exporter;
    const attachment = buffer.attach(device);
    kernel.add(buffer.resv, kernel.mockFence(), Usage.KERNEL);
    const abort = new AbortController();
    const mapping = attachment.mapUnlocked('to-device', abort.signal);
    expect(await stateOf(mapping)).toBe('pending');
    abort.abort();
    await expect(mapping).rejects.toThrow(kernelError('ERESTARTSYS'));
    expect(exporter.calls).toEqual(['map locked', 'to-device', 'unmap locked']);
    expect(buffer.resv.locked).toBe(false);
  });

  it('does not make dynamic importers wait', async () => {
    const exporter = new NotingExporter(movable, true);
    const attachment = exporter.buffer.attach(device, dynamic);
    exporter.kernel.add(exporter.buffer.resv, exporter.kernel.mockFence(), Usage.KERNEL);
    expect(exporter.locked(() => attachment.map('to-device'))).toEqual({ entries: [] });
    expect(await attachment.mapUnlocked('to-device')).toEqual({ entries: [] });
  });
});

describe('dynamic exporters and importers', () => {
  it('of which only the exporter is: the buffer is pinned and mapped until detach', () => {
    const exporter = new NotingExporter(movable);
    const attachment = exporter.buffer.attach(device);
    expect(exporter.calls).toEqual(['attach', 'pin locked', 'map locked', 'bidirectional']);
    exporter.locked(() => {
      const table = attachment.map('to-device');
      expect(table).toBe(attachment.cachedTable);
      attachment.unmap(table, 'to-device');
    });
    expect(exporter.calls).toEqual([]);
    attachment.detach();
    expect(exporter.calls).toEqual(['unmap locked', 'unpin locked', 'detach']);
  });

  it('of which only the importer is: the buffer is mapped until detach', () => {
    const exporter = new NotingExporter(fixed);
    const attachment = exporter.buffer.attach(device, dynamic);
    expect(exporter.calls).toEqual(['attach', 'map locked', 'bidirectional']);
    attachment.detach();
    expect(exporter.calls).toEqual(['unmap locked', 'detach']);
  });

  it('of which both are: each map pins the buffer, without CONFIG_DMABUF_MOVE_NOTIFY', () => {
    const exporter = new NotingExporter(movable);
    const attachment = exporter.buffer.attach(device, dynamic);
    expect(exporter.calls).toEqual(['attach']);
    exporter.locked(() => attachment.unmap(attachment.map('to-device'), 'to-device'));
    expect(exporter.calls).toEqual(['pin locked', 'map locked', 'to-device', 'unmap locked', 'unpin locked']);
  });

  it('of which both are: nothing is pinned, with it', () => {
    const exporter = new NotingExporter(movable, true);
    const attachment = exporter.buffer.attach(device, dynamic);
    exporter.locked(() => attachment.unmap(attachment.map('to-device'), 'to-device'));
    expect(exporter.calls).toEqual(['attach', 'map locked', 'to-device', 'unmap locked']);
  });

  it.each([
    ['pin', ['attach', 'pin locked', 'detach']],
    ['map', ['attach', 'pin locked', 'map locked', 'unpin locked', 'detach']],
  ])('fail to attach if they fail to %s, and leave nothing behind', async (failing, calls) => {
    const exporter = new NotingExporter(movable);
    exporter.failing = failing;
    expect(() => exporter.buffer.attach(device)).toThrow(`${failing} failed`);
    expect(exporter.buffer.attachments).toEqual([]);
    expect(exporter.buffer.resv.locked).toBe(false);
    expect(exporter.calls.filter((call) => call !== 'bidirectional')).toEqual(calls);
    await expect(exporter.buffer.attachBlocking(device)).rejects.toThrow(`${failing} failed`);
    expect(exporter.buffer.attachments).toEqual([]);
    expect(exporter.buffer.resv.locked).toBe(false);
  });

  it('wait for KERNEL fences when they are mapped early', async () => {
    const exporter = new NotingExporter(movable);
    const move = exporter.kernel.mockFence();
    exporter.kernel.add(exporter.buffer.resv, move, Usage.KERNEL);
    expect(() => exporter.buffer.attach(device)).toThrow(kernelError('EBUSY'));
    const attaching = exporter.buffer.attachBlocking(device);
    expect(await stateOf(attaching)).toBe('pending');
    move.signal();
    expect((await attaching).cachedTable).toEqual({ entries: [] });
  });

  it('pin on their own account, with the lock', () => {
    const exporter = new NotingExporter(movable, true);
    const attachment = exporter.buffer.attach(device, dynamic);
    expect(() => attachment.pin()).toThrow(violation('dma_buf_pin'));
    exporter.locked(() => {
      attachment.pin();
      attachment.unpin();
    });
    expect(exporter.calls).toEqual(['attach', 'pin locked', 'unpin locked']);
  });

  it('do not pin if the importer is static', () => {
    const exporter = new NotingExporter(fixed);
    const attachment = exporter.buffer.attach(device);
    exporter.locked(() => {
      expect(() => attachment.pin()).toThrow(violation('dma_buf_pin'));
      expect(() => attachment.unpin()).toThrow(violation('dma_buf_unpin'));
    });
  });

  it('tell and are told of moves, with the lock', () => {
    const exporter = new NotingExporter(movable, true);
    const moveNotify = vi.fn<(attachment: Attachment) => void>();
    const attachment = exporter.buffer.attach(device, { moveNotify });
    exporter.buffer.attach(device);
    expect(() => exporter.buffer.moveNotify()).toThrow(violation('dma_buf_move_notify'));
    exporter.locked(() => exporter.buffer.moveNotify());
    expect(moveNotify).toHaveBeenCalledExactlyOnceWith(attachment);
  });
});
