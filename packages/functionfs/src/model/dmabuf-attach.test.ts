import { KernelError } from '@gadgetloom/core';
import { Fence, Usage } from '@gadgetloom/dmabuf/model';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, soFar } from '../../test/bench.ts';
import type { EndpointFileModel } from './endpoint-file-model.ts';

/** Both ways to make the call: as with O_NONBLOCK and without. */
const WAYS = [
  ['attach', (ep: EndpointFileModel, file: never) => ep.attach(file)],
  ['attachBlocking', (ep: EndpointFileModel, file: never) => ep.attachBlocking(file)],
] as const;

describe.each(WAYS)('%s, check by check', (_name, attach) => {
  const tryIt = (ep: EndpointFileModel, file: object): Promise<string> => outcome(() => attach(ep, file as never));

  it('1: not bound: EPERM, even with a bad descriptor; before bind and after unbind', async () => {
    const bench = await Bench.active();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    expect(await tryIt(ep1, buffer)).toBe('EPERM');
    buffer.close();
    expect(await tryIt(ep1, buffer)).toBe('EPERM');
    await bench.gadget.bind();
    expect(await tryIt(ep1, bench.allocate())).toBe('0');
    await bench.gadget.unbind();
    expect(await tryIt(ep1, bench.allocate())).toBe('EPERM');
  });

  it('1: a controller without scatter-gather: EPERM', async () => {
    const bench = await Bench.bound({ scatterGather: false });
    const ep1 = await bench.open('ep1');
    expect(await tryIt(ep1, { fd: -1 })).toBe('EPERM');
  });

  it('2: a closed descriptor: EBADF; another file: EINVAL', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const closed = bench.allocate();
    closed.close();
    expect(await tryIt(ep1, closed)).toBe('EBADF');
    expect(await tryIt(ep1, bench.ep0)).toBe('EINVAL');
  });

  it('3, 5: what the exporter answers, and nothing stays behind', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const refuse = (): never => {
      throw new KernelError('EFAULT', 'map');
    };
    const minimal = { mapDmaBuf: () => ({ entries: [] }), unmapDmaBuf: () => {}, release: () => {} };
    for (const [ops, code] of [
      [{ attach: refuse }, 'EFAULT'],
      [{ mapDmaBuf: refuse }, 'EFAULT'],
      [{ mapDmaBuf: () => undefined }, 'ENOMEM'],
    ] as const) {
      const object = bench.dmabuf.export({ exporterName: 't', size: 1, ops: { ...minimal, ...ops }, priv: 0 });
      expect(await tryIt(ep1, bench.dmabuf.open(object))).toBe(code);
      expect(object.references).toBe(1);
      expect(object.attachments).toEqual([]);
      expect(object.resv.locked).toBe(false);
    }
  });

  it('6: success, without the endpoint being enabled', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1', true);
    expect(await tryIt(ep1, bench.allocate())).toBe('0');
  });
});

describe('the lock of the reservation', () => {
  it('contended: EBUSY with O_NONBLOCK, otherwise it waits, or ends with EINTR', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    const { resv } = buffer.object;
    expect(resv.tryLock()).toBe(true);
    expect(await outcome(() => ep1.attach(buffer))).toBe('EBUSY');
    const attaching = ep1.attachBlocking(buffer);
    expect(await soFar(attaching)).toBe('pending');
    resv.unlock();
    expect(await soFar(attaching)).toBe('0');
    expect(buffer.object.attachments).toHaveLength(1);
  });
});

describe('an attach that is interrupted', () => {
  it('ends with EINTR and leaves nothing behind, even if the buffer was closed meanwhile', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    const { object } = buffer;
    const fence = new Fence(bench.dmabuf, 'mover', '', bench.dmabuf.allocateContexts(), 1);
    expect(object.resv.tryLock()).toBe(true);
    object.resv.reserve(1);
    object.resv.add(fence, Usage.KERNEL);
    object.resv.unlock();
    const attaching = outcome(() => ep1.attachBlocking(buffer));
    await bench.clock.advance(0);
    expect(object.resv.locked).toBe(true);
    buffer.close();
    ep1[Symbol.dispose]();
    expect(await attaching).toBe('EINTR');
    await bench.clock.advance(0);
    expect(object.references).toBe(0);
    expect(object.attachments).toEqual([]);
  });
});

describe('a mapping', () => {
  it.each([
    ['ep1', 'to-device'],
    ['ep2', 'from-device'],
  ])('of %s is made %s, for the controller, and lasts until the attachment goes', async (name, direction) => {
    const bench = await Bench.configured();
    const ep = await bench.open(name);
    const log: string[] = [];
    const object = bench.dmabuf.export({
      exporterName: 't',
      size: 4096,
      priv: 0,
      ops: {
        mapDmaBuf: (attachment, way) => {
          log.push(`map ${way} ${attachment.device.name}`);
          return { entries: [] };
        },
        unmapDmaBuf: (_attachment, _table, way) => log.push(`unmap ${way}`),
        release: () => log.push('release'),
      },
    });
    const buffer = bench.dmabuf.open(object);
    ep.attach(buffer);
    ep.transfer(buffer, 1);
    bench.controller.endpoints.find(({ requests }) => requests.length > 0)!.finish();
    expect(log).toEqual([`map ${direction} bench_udc.0`]);
    ep.detach(buffer);
    buffer.close();
    await bench.clock.advance(0);
    expect(log).toEqual([`map ${direction} bench_udc.0`, `unmap ${direction}`, 'release']);
  });

  it('of the same buffer twice is two attachments with two contexts; each needs its own detach', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    const older = ep1.transfer(buffer, 1);
    ep1.attach(buffer);
    const newer = ep1.transfer(buffer, 1);
    expect(newer.context).not.toBe(older.context);
    ep1.detach(buffer);
    expect([older.status, newer.status]).toEqual([0, -104]);
    expect(ep1.transfer(buffer, 1).context).toBe(older.context);
    ep1.detach(buffer);
    expect(await outcome(() => ep1.detach(buffer))).toBe('EPERM');
  });

  it('on several endpoints is independent', async () => {
    const bench = await Bench.configured();
    const [ep1, ep3] = [await bench.open('ep1'), await bench.open('ep3')];
    const buffer = bench.allocate();
    ep1.attach(buffer);
    expect(await outcome(() => ep3.transfer(buffer, 1))).toBe('EPERM');
    ep3.attach(buffer);
    ep1.detach(buffer);
    expect(ep3.transfer(buffer, 1).status).toBe(0);
  });

  it('belongs to the endpoint: all its open files share it', async () => {
    const bench = await Bench.configured();
    const [one, two] = [await bench.open('ep1'), await bench.open('ep1', true)];
    const buffer = bench.allocate();
    one.attach(buffer);
    expect(two.transfer(buffer, 1).status).toBe(0);
    two.detach(buffer);
    expect(await outcome(() => one.detach(buffer))).toBe('EPERM');
  });

  it('is found through any descriptor of the buffer', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    const other = buffer.dup();
    ep1.attach(buffer);
    buffer.close();
    expect(ep1.transfer(other, 1).status).toBe(0);
    expect(await outcome(() => ep1.detach(other))).toBe('0');
  });

  it('keeps the buffer alive when all its descriptors are closed', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    const { object } = buffer;
    buffer.bytes().fill(7);
    ep1.attach(buffer);
    const fence = ep1.transfer(buffer, 4);
    buffer.close();
    expect([...bench.controller.endpoint('ep1in').hostReads()]).toEqual([7, 7, 7, 7]);
    expect(fence.status).toBe(1);
    expect(object.references).toBe(1);
    ep1.close();
    await bench.clock.advance(0);
    expect(object.references).toBe(0);
  });
});

describe('detaching, check by check', () => {
  it('1: unbound: the kernel crashes, whatever the descriptor', async () => {
    const bench = await Bench.active();
    const ep1 = await bench.open('ep1');
    expect(await outcome(() => ep1.detach(bench.ep0))).toBe('ENODEV');
    expect(bench.hazards).toEqual(['FUNCTIONFS_DMABUF_DETACH']);
  });

  it('2, 3: EBADF, EINVAL, EPERM', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    expect(await outcome(() => ep1.detach(buffer))).toBe('EPERM');
    expect(await outcome(() => ep1.detach(bench.ep0))).toBe('EINVAL');
    buffer.close();
    expect(await outcome(() => ep1.detach(buffer))).toBe('EBADF');
  });

  it('4: cancels the transfer that was queued last, and only that', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    const fences = [1, 2, 3].map((length) => ep1.transfer(buffer, length));
    ep1.detach(buffer);
    expect(fences.map(({ status }) => status)).toEqual([0, 0, -104]);
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toHaveLength(1);
    const hardware = bench.controller.endpoint('ep1in');
    hardware.finish();
    hardware.finish();
    expect(buffer.object.attachments).toHaveLength(1);
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toEqual([]);
    expect(fences.map(({ status }) => status)).toEqual([1, 1, -104]);
  });

  it('after a transfer was done and cleaned up cancels nothing', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    ep1.transfer(buffer, 1);
    bench.controller.endpoint('ep1in').finish();
    expect(await outcome(() => ep1.detach(buffer))).toBe('0');
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toEqual([]);
    expect(bench.hazards).toEqual([]);
  });

  it('while somebody else holds the reservation leaves the unmapping to later', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    expect(buffer.object.resv.tryLock()).toBe(true);
    ep1.detach(buffer);
    expect(buffer.object.attachments).toHaveLength(1);
    buffer.object.resv.unlock();
    await bench.clock.advance(0);
    expect(buffer.object.attachments).toEqual([]);
    expect(buffer.object.references).toBe(1);
    expect(buffer.object.resv.locked).toBe(false);
  });
});

describe('another controller', () => {
  it('does not know the attachments of the first: EPERM until they are closed and made anew', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    await bench.gadget.unbind();
    (bench.controller as { dmaDevice: object }).dmaDevice = { name: 'other_udc.0' };
    await bench.gadget.bind();
    bench.controller.configure();
    expect(await outcome(() => ep1.transfer(buffer, 1))).toBe('EPERM');
    expect(await outcome(() => ep1.detach(buffer))).toBe('EPERM');
    ep1.attach(buffer);
    expect(ep1.transfer(buffer, 1).status).toBe(0);
  });
});
