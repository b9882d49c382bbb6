import { POLLIN, seededRandom } from '@gadgetloom/core';
import { describe, expect, it } from 'vitest';
import { Kernel, kernelError } from '../../test/kernel.ts';
import type { SyncFile } from '../sync-file.ts';
import { SwSyncTimeline } from './sw-sync.ts';

const kernel = new Kernel();
const merge = (a: SyncFile, b: SyncFile): SyncFile => kernel.fences.merge('merged', a, b);
const count = (file: SyncFile, status: number): number =>
  file.info().fences.filter((fence) => fence.status === status).length;

describe('a software timeline', () => {
  it('signals its fences as it moves on, in their order', () => {
    const timeline = new SwSyncTimeline(kernel, 'test');
    const files = [3, 1, 2].map((value) => timeline.createFence(value));
    const log: number[] = [];
    for (const { fence } of files) fence.addCallback({ fenceSignaled: ({ seqno }) => log.push(seqno) });
    timeline.increment(2);
    expect(log).toEqual([1, 2]);
    expect(timeline.value).toBe(2);
    expect(files.map((file) => file.info().status)).toEqual([0, 1, 1]);
    expect(files[0]?.info()).toMatchObject({
      name: `sw_sync-test${timeline.context}-3`,
      fences: [{ objectName: 'test' }],
    });
  });

  it('has passed what it has reached', () => {
    const timeline = new SwSyncTimeline(kernel);
    timeline.increment(5);
    expect(timeline.createFence(5).poll()).toBe(POLLIN);
    expect(timeline.createFence(6).poll()).toBe(0);
  });

  it('has one pending fence for one value', () => {
    const timeline = new SwSyncTimeline(kernel);
    expect(timeline.createFence(4).fence).toBe(timeline.createFence(4).fence);
  });

  it('wraps around', () => {
    const timeline = new SwSyncTimeline(kernel);
    timeline.increment(0xffff_fffe);
    expect(timeline.value).toBe(0xffff_fffe);
    const file = timeline.createFence(1);
    expect(file.poll()).toBe(0);
    timeline.increment(2);
    expect(file.poll()).toBe(0);
    timeline.increment(1);
    expect(timeline.value).toBe(1);
    expect(file.poll()).toBe(POLLIN);
  });

  it('fails what is pending when it is closed', () => {
    const timeline = new SwSyncTimeline(kernel);
    const file = timeline.createFence(1);
    timeline[Symbol.dispose]();
    timeline.close();
    expect(file.info().status).toBe(-2);
    expect(timeline.fd).toBe(-1);
    expect(() => timeline.createFence(2)).toThrow(kernelError('EBADF'));
    expect(() => timeline.increment(2)).toThrow(kernelError('EBADF'));
    expect(() => timeline.deadline(file)).toThrow(kernelError('EBADF'));
  });

  it('remembers the soonest deadline of each fence', () => {
    const timeline = new SwSyncTimeline(kernel);
    const file = timeline.createFence(1);
    expect(() => timeline.deadline(file)).toThrow(kernelError('ENOENT'));
    for (const at of [300, 100, 200]) file.setDeadline(at);
    expect(timeline.deadline(file)).toBe(100);
    expect(() => timeline.deadline(timeline)).toThrow(kernelError('EINVAL'));
    expect(() => timeline.deadline(kernel.syncFile(kernel.stub))).toThrow(kernelError('EINVAL'));
  });
});

// The kernel's tests of sync files from user space (tools/testing/selftests/sync).
describe('selftests sync', () => {
  it('test_alloc_timeline', () => {
    expect(new SwSyncTimeline(kernel).fd).toBeGreaterThan(0);
  });

  it('test_alloc_fence', () => {
    expect(new SwSyncTimeline(kernel).createFence(1).fd).toBeGreaterThan(0);
  });

  it('test_alloc_fence_negative', () => {
    const timeline = new SwSyncTimeline(kernel);
    timeline.close();
    expect(() => timeline.createFence(1)).toThrow(kernelError('EBADF'));
  });

  it('test_fence_one_timeline_wait', async () => {
    const timeline = new SwSyncTimeline(kernel);
    const file = timeline.createFence(5);
    expect(await file.ready(0)).toBe(0);
    timeline.increment(1);
    expect(await file.ready(0)).toBe(0);
    timeline.increment(4);
    expect(await file.ready(0)).toBe(POLLIN);
    timeline.increment(10);
    expect(await file.ready(0)).toBe(POLLIN);
  });

  it('test_fence_one_timeline_merge', () => {
    const timeline = new SwSyncTimeline(kernel);
    const [a, b, c] = [timeline.createFence(1), timeline.createFence(2), timeline.createFence(3)];
    const d = merge(merge(b, a), c);
    for (const file of [a, b, c, d]) expect(count(file, 0)).toBe(1);
    for (const file of [a, b]) {
      timeline.increment(1);
      expect([count(file, 1), count(d, 0)]).toEqual([1, 1]);
    }
    timeline.increment(1);
    expect([count(c, 1), count(d, 0), count(d, 1)]).toEqual([1, 0, 1]);
  });

  it('test_fence_merge_same_fence', () => {
    const timeline = new SwSyncTimeline(kernel);
    const file = timeline.createFence(5);
    const merged = merge(file, file);
    expect(count(merged, 1)).toBe(0);
    timeline.increment(5);
    expect(count(merged, 1)).toBe(1);
  });

  it('test_fence_multi_timeline_wait', async () => {
    const timelines = [new SwSyncTimeline(kernel), new SwSyncTimeline(kernel), new SwSyncTimeline(kernel)] as const;
    const [a, b, c] = [timelines[0].createFence(5), timelines[1].createFence(5), timelines[2].createFence(5)];
    const merged = merge(c, merge(a, b));
    expect(count(merged, 0)).toBe(3);
    expect(await merged.ready(0)).toBe(0);
    for (const [at, timeline] of timelines.entries()) {
      timeline.increment(5);
      expect([count(merged, 0), count(merged, 1)]).toEqual([2 - at, 1 + at]);
    }
    expect(await merged.ready(0)).toBe(POLLIN);
  });

  it('test_stress_two_threads_shared_timeline', async () => {
    const timeline = new SwSyncTimeline(kernel);
    const turns = 512;
    let counter = 0;
    const thread = async (id: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) {
        using file = timeline.createFence(turn * 2 + id);
        expect(await file.ready()).toBe(POLLIN);
        expect(counter++).toBe(turn * 2 + id);
        timeline.increment(1);
      }
    };
    await Promise.all([thread(0), thread(1)]);
    expect(counter).toBe(2 * turns);
  });

  it('test_consumer_stress_multi_producer_single_consumer', async () => {
    const turns = 128;
    const consumer = new SwSyncTimeline(kernel);
    const producers = [0, 1, 2, 3, 4].map(() => new SwSyncTimeline(kernel));
    let counter = 0;
    const produce = async (timeline: SwSyncTimeline): Promise<void> => {
      for (let turn = 0; turn < turns; turn++) {
        using file = consumer.createFence(turn);
        expect(await file.ready()).toBe(POLLIN);
        counter++;
        timeline.increment(1);
      }
    };
    const consume = async (): Promise<void> => {
      for (let turn = 1; turn <= turns; turn++) {
        const files = producers.map((timeline) => timeline.createFence(turn));
        const merged = files.reduce<SyncFile>(merge, files[0]!);
        expect(await merged.ready()).toBe(POLLIN);
        expect(counter).toBe(producers.length * turn);
        consumer.increment(1);
        merged.close();
        for (const file of files) file.close();
      }
    };
    await Promise.all([consume(), ...producers.map(produce)]);
  });

  it('test_merge_stress_random_merge', () => {
    const random = seededRandom(4);
    const fresh = new Kernel();
    const timelines = Array.from({ length: 32 }, () => new SwSyncTimeline(fresh));
    const latest = new Map<number, number>();
    let merged: SyncFile = timelines[0]!.createFence(0);
    for (let turn = 0; turn < 4096; turn++) {
      const which = Math.floor(random() * 32);
      const value = Math.floor(random() * 0x7fff_ffff);
      const file = timelines[which]!.createFence(value);
      const next = fresh.fences.merge('fence', merged, file);
      latest.set(which, Math.max(value, latest.get(which) ?? 0));
      merged.close();
      file.close();
      merged = next;
    }
    expect(merged.info().fences).toHaveLength(latest.size);
    for (const [which, value] of latest) {
      expect(merged.poll()).toBe(0);
      timelines[which]!.increment(value);
    }
    expect(merged.poll()).toBe(POLLIN);
  });
});
