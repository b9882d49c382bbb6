import { describe, expect, it } from 'vitest';
import { Bench, outcome } from '../../test/bench.ts';

describe('attachments', () => {
  it('tell who made them, through whichever file of the endpoint', async () => {
    const bench = await Bench.bound();
    const [ep1, other] = [await bench.open('ep1'), await bench.open('ep1')];
    const [buffer, stream] = [bench.allocate(), {}];
    ep1.attach(buffer);
    await ep1.attachBlocking(buffer, stream);
    expect(other.attachments).toEqual([
      { buffer, owner: undefined },
      { buffer, owner: stream },
    ]);
    expect((await bench.open('ep2')).attachments).toEqual([]);
  });

  it.each(['first', 'last'])('of one owner stay when another detaches, who attached %s', async (when) => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const [buffer, other, stream] = [bench.allocate(), bench.allocate(), {}];
    ep1.attach(other, stream);
    if (when === 'first') ep1.attach(buffer, stream);
    ep1.attach(buffer);
    if (when === 'last') ep1.attach(buffer, stream);
    ep1.detach(buffer, stream);
    expect(ep1.attachments).toEqual([
      { buffer: other, owner: stream },
      { buffer, owner: undefined },
    ]);
    expect(buffer.object.attachments).toHaveLength(1);
  });

  it('end with a detach that names no owner, the newest first, and with the file', async () => {
    const bench = await Bench.bound();
    const ep1 = await bench.open('ep1');
    const [buffer, one, two] = [bench.allocate(), {}, {}];
    for (const owner of [one, two, one]) ep1.attach(buffer, owner);
    ep1.detach(buffer);
    expect(ep1.attachments.map(({ owner }) => owner)).toEqual([one, two]);
    ep1.close();
    expect(ep1.attachments).toEqual([]);
  });
});

describe('an endpoint file that its owner has stopped', () => {
  it('takes nothing new, and still detaches, settles and closes', async () => {
    const bench = await Bench.configured();
    const ep1 = await bench.mount.openEndpoint('ep1', { gadgetName: 'stream.samples' });
    const buffer = bench.allocate();
    ep1.attach(buffer);
    ep1.stop();
    expect(ep1.closing).toBe(true);
    const calls = [
      () => ep1.attach(buffer),
      () => ep1.attachBlocking(buffer),
      () => ep1.transfer(buffer, 1),
      () => ep1.transferBlocking(buffer, 1),
      () => ep1.read(new Uint8Array(1)),
      () => ep1.write(new Uint8Array(1)),
      () => ep1.clearHalt(),
    ];
    for (const call of calls) expect(await outcome(call)).toBe('ENODEV');
    expect(() => ep1.transfer(buffer, 1)).toThrow('stream.samples');
    ep1.detach(buffer);
    expect(await ep1.settle()).toBe(0);
    ep1.close();
    expect(await outcome(() => ep1.write(new Uint8Array(1)))).toBe('ENODEV');
  });

  it('stops no other file of the endpoint', async () => {
    const bench = await Bench.bound();
    const [ep1, other] = [await bench.open('ep1'), await bench.open('ep1')];
    ep1.stop();
    other.attach(bench.allocate());
    expect([other.closing, other.gadgetName, other.use === ep1.use]).toEqual([false, 'ep1', true]);
  });
});
