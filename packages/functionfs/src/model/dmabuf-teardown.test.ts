import { Errno } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Bench, outcome, settle } from '../../test/bench.ts';

/** A transfer in flight on ep2. */
async function flying() {
  const bench = await Bench.configured();
  const ep2 = await bench.open('ep2');
  const buffer = bench.allocate();
  ep2.attach(buffer);
  return { bench, ep2, buffer, fence: ep2.transfer(buffer, 4096) };
}

describe('what ends a transfer in flight', () => {
  it.each<[string, (bench: Bench) => unknown]>([
    ['disable', (bench) => bench.controller.configure(0)],
    ['SET_CONFIGURATION again', (bench) => bench.controller.configure(1)],
    ['SET_INTERFACE', (bench) => bench.controller.setInterface(0, 0)],
    ['bus reset', (bench) => bench.controller.core!.reset()],
    ['disconnect', (bench) => bench.udc.disconnect()],
    ['unbind', (bench) => bench.gadget.unbind()],
  ])('%s: ESHUTDOWN; the attachment survives', async (_, end) => {
    const { bench, buffer, fence } = await flying();
    await end(bench);
    expect(fence.status).toBe(-Errno.ESHUTDOWN);
    await settle();
    expect(buffer.object.attachments).toHaveLength(1);
  });

  it.each<[string, (it: Awaited<ReturnType<typeof flying>>) => unknown]>([
    ['DETACH', ({ ep2, buffer }) => ep2.detach(buffer)],
    ['close', ({ ep2 }) => ep2.close()],
    ['dispose', ({ ep2 }) => ep2[Symbol.dispose]()],
  ])('%s: ECONNRESET; the attachment goes', async (_, end) => {
    const it = await flying();
    end(it);
    expect(it.fence.status).toBe(-Errno.ECONNRESET);
    await settle();
    expect(it.buffer.object.attachments).toEqual([]);
    expect(it.bench.controller.endpoint('ep2out').requests).toEqual([]);
  });
});

describe('closing any of several files of an endpoint', () => {
  it('drops all attachments, whoever made them; the newest first', async () => {
    const bench = await Bench.configured();
    const [one, two] = [await bench.open('ep1'), await bench.open('ep1')];
    const buffers = [bench.allocate(), bench.allocate(), bench.allocate()];
    const order: number[] = [];
    buffers.forEach((buffer, n) => {
      one.attach(buffer);
      one.transfer(buffer, 1).addCallback({ fenceSignaled: () => order.push(n) });
    });
    two.close();
    expect(order).toEqual([2, 1, 0]);
    expect(await outcome(() => one.transfer(buffers[0]!, 1))).toBe('EPERM');
  });

  it('leaves all but the latest transfer of an attachment in flight', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.open('ep1');
    const buffer = bench.allocate();
    ep1.attach(buffer);
    const [first, second] = [ep1.transfer(buffer, 1), ep1.transfer(buffer, 2)];
    ep1.close();
    expect([first!.status, second!.status]).toEqual([0, -Errno.ECONNRESET]);
    await settle();
    expect(buffer.object.attachments).toHaveLength(1);
    bench.controller.endpoint('ep1in').finish();
    await settle();
    expect(first!.status).toBe(1);
    expect(buffer.object.attachments).toEqual([]);
  });
});

describe('after a disable', () => {
  it('transfers work again once the endpoint is enabled, with the same attachments', async () => {
    const { bench, ep2, buffer } = await flying();
    bench.controller.configure(0);
    expect(await outcome(() => ep2.transfer(buffer, 1))).toBe('EAGAIN');
    bench.controller.configure(1);
    const fence = ep2.transfer(buffer, 1);
    bench.controller.endpoint('ep2out').finish();
    expect(fence.status).toBe(1);
  });

  it('a callback that transfers again gets EAGAIN, and the disable comes to an end', async () => {
    const { bench, ep2, buffer, fence } = await flying();
    let again = '';
    fence.addCallback({
      fenceSignaled: () => {
        outcome(() => ep2.transfer(buffer, 1)).then((code) => {
          again = code;
        });
      },
    });
    bench.controller.configure(0);
    await settle();
    expect(again).toBe('EAGAIN');
  });
});

describe('after an unbind', () => {
  it('attachments stay until the endpoint is closed, and work again on the same controller', async () => {
    const { bench, ep2, buffer } = await flying();
    await bench.gadget.unbind();
    await bench.gadget.bind();
    bench.controller.configure();
    expect(ep2.transfer(buffer, 1).status).toBe(0);
    await bench.gadget.unbind();
    ep2.close();
    await settle();
    expect(buffer.object.attachments).toEqual([]);
  });

  it('nothing is left of completions: they were cleaned up before it returned', async () => {
    const { bench, ep2, buffer } = await flying();
    ep2.detach(buffer);
    expect(buffer.object.attachments).toHaveLength(1);
    bench.gadget.unregister();
    expect(buffer.object.attachments).toEqual([]);
  });
});
