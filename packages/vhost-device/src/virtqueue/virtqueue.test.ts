import { isKernelError } from '@gadgetloom/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryRegion } from '../memory/memory-region.ts';
import { MemoryTable } from '../memory/memory-table.ts';
import { type ChainPart, DriverQueue } from '../testing/driver-queue.ts';
import { DescriptorFlag } from './layout.ts';
import { LONGEST_REQUEST, Virtqueue } from './virtqueue.ts';

const GUEST = 0x8000;
const USER = 0x10_0000;
const SIZE = 8;
/** Of the memory, behind the queue. */
const BUFFERS = 1024;
const END = 4096;

function rig(base = 0) {
  const memory = new ArrayBuffer(END);
  const bytes = new Uint8Array(memory);
  const table = new MemoryTable();
  table.replace([new MemoryRegion(GUEST, USER, bytes)]);
  const driver = new DriverQueue(memory, 0, SIZE);
  driver.available[1] = base;
  const { descriptors, available, used } = driver.offsets;
  const addresses = { descriptors: USER + descriptors, available: USER + available, used: USER + used };
  const device = new Virtqueue('test', table, SIZE, base, addresses);
  const buffer = (at: number, length: number, writable = false): ChainPart => ({
    address: GUEST + BUFFERS + at,
    length,
    writable,
  });
  return { bytes, table, driver, device, addresses, buffer };
}

describe('a virtqueue', () => {
  it('brings what the driver hands over, and takes back what the device writes', () => {
    const { bytes, driver, device, buffer } = rig();
    expect(device.take()).toBe(false);
    bytes.set([1, 2, 3, 4, 5], BUFFERS);
    driver.offer(2, [buffer(0, 3), buffer(3, 2), buffer(100, 2, true), buffer(200, 4, true)]);
    expect(device.take()).toBe(true);
    expect([...device.request.subarray(0, device.requestLength)]).toEqual([1, 2, 3, 4, 5]);
    expect(device.room).toBe(6);
    device.reply(Uint8Array.of(11, 12, 13, 14), 3);
    device.put(3);
    expect([...bytes.subarray(BUFFERS + 100, BUFFERS + 102)]).toEqual([11, 12]);
    expect([...bytes.subarray(BUFFERS + 200, BUFFERS + 202)]).toEqual([13, 0]);
    expect(driver.reap()).toEqual({ head: 2, written: 3 });
    expect(driver.reap()).toBeUndefined();
    expect(device.take()).toBe(false);
  });

  it('goes on for ever, round its rings and past 2^16', () => {
    const { bytes, driver, device, buffer } = rig(65_530);
    const given: number[] = [];
    for (let round = 0; round < 20; round++) {
      for (let head = 0; head < SIZE; head++) {
        bytes[BUFFERS] = head;
        driver.offer(head, [buffer(0, 1)]);
      }
      while (device.take()) device.put(0);
      for (let used = driver.reap(); used !== undefined; used = driver.reap()) given.push(used.head);
    }
    expect(given).toEqual(Array.from({ length: 20 * SIZE }, (_, index) => index % SIZE));
    expect(device.base).toBe((65_530 + 20 * SIZE) % 65_536);
  });

  it('hears whether the driver wants calls, and says whether the device wants kicks', () => {
    const { driver, device } = rig();
    expect([device.wantsCalls, driver.wantsKicks]).toEqual([true, true]);
    driver.available[0] = 1;
    device.kicks = false;
    expect([device.wantsCalls, driver.wantsKicks]).toEqual([false, false]);
    device.kicks = true;
    expect(driver.wantsKicks).toBe(true);
  });

  it.each<[string, (it: ReturnType<typeof rig>) => void, RegExp]>([
    ['a descriptor that is not there', ({ driver }) => driver.publish(SIZE), /no descriptor 8/],
    [
      'a next descriptor that is not there',
      ({ driver }) => {
        driver.describe(0, GUEST + BUFFERS, 1, DescriptorFlag.NEXT, 9);
        driver.publish(0);
      },
      /no descriptor 9/,
    ],
    [
      'a chain without an end',
      ({ driver }) => {
        driver.describe(0, GUEST + BUFFERS, 1, DescriptorFlag.NEXT, 1);
        driver.describe(1, GUEST + BUFFERS, 1, DescriptorFlag.NEXT, 0);
        driver.publish(0);
      },
      /has no end/,
    ],
    [
      'indirect descriptors',
      ({ driver }) => {
        driver.describe(0, GUEST + BUFFERS, 16, DescriptorFlag.INDIRECT, 0);
        driver.publish(0);
      },
      /indirect descriptors were not offered/,
    ],
    ['memory that is not shared', ({ driver }) => driver.offer(0, [{ address: 0, length: 1 }]), /0x0 are not/],
    [
      'memory that ends',
      ({ driver, buffer }) => driver.offer(0, [buffer(END - BUFFERS - 1, 2)]),
      /not in the shared memory/,
    ],
    [
      'an address beyond every number',
      ({ driver }) => {
        driver.descriptors.set([0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0]);
        driver.publish(0);
      },
      /not in the shared memory/,
    ],
    [
      'something to read behind something to write',
      ({ driver, buffer }) => driver.offer(0, [buffer(0, 1, true), buffer(1, 1)]),
      /comes after one that it writes/,
    ],
    [
      'more chains than there can be',
      ({ driver }) => {
        driver.available[1] = SIZE + 1;
      },
      /more than 8 chains available/,
    ],
  ])('refuses %s', (_, spoil, message) => {
    const it = rig();
    spoil(it);
    expect(() => it.device.take()).toThrow(message);
  });

  it('refuses a request that is longer than any', () => {
    const memory = new ArrayBuffer(131_072);
    const table = new MemoryTable();
    table.replace([new MemoryRegion(0, 0, new Uint8Array(memory))]);
    const driver = new DriverQueue(memory, 0, SIZE);
    const device = new Virtqueue('test', table, SIZE, 0, driver.offsets);
    driver.offer(0, [{ address: BUFFERS, length: LONGEST_REQUEST }]);
    expect(device.take()).toBe(true);
    expect(device.requestLength).toBe(LONGEST_REQUEST);
    driver.offer(1, [
      { address: BUFFERS, length: LONGEST_REQUEST },
      { address: BUFFERS, length: 1 },
    ]);
    expect(() => device.take()).toThrow(/at most 65552 bytes/);
  });

  it('must be in the memory that is shared, and aligned', () => {
    const { table, addresses } = rig();
    const make = (wrong: Partial<typeof addresses>): Virtqueue =>
      new Virtqueue('test', table, SIZE, 0, { ...addresses, ...wrong });
    expect(() => make({ descriptors: GUEST })).toThrow(/descriptors part is not in the shared memory/);
    expect(() => make({ used: USER + END - 4 })).toThrow(/used part is not in the shared memory/);
    expect(() => make({ available: Number.NaN })).toThrow(/available part is not in the shared memory/);
    expect(() => make({ descriptors: USER + 8 })).toThrow(/multiple of 16/);
    expect(() => make({ used: USER + 2 })).toThrow(/multiple of 4/);
    expect(() => make({ available: USER + 1 })).toThrow(/multiple of 2/);
  });

  it('survives whatever a driver writes into it', () => {
    // Descriptors with addresses that mostly lie in the memory, and indexes that mostly can be.
    const descriptor = fc.tuple(fc.nat(END + 64), fc.nat(128), fc.nat(9), fc.nat(SIZE));
    const ring = fc.array(fc.nat(SIZE), { minLength: SIZE, maxLength: SIZE });
    const queue = fc.record({
      descriptors: fc.array(descriptor, { minLength: SIZE, maxLength: SIZE }),
      ring,
      index: fc.oneof(fc.nat(SIZE), fc.nat(0xffff)),
    });
    fc.assert(
      fc.property(queue, ({ descriptors, ring, index }) => {
        const { bytes, driver, device } = rig();
        descriptors.forEach(([at, length, flags, next], number) => {
          driver.describe(number, GUEST + at, length, flags, next);
        });
        driver.available.set([0, index, ...ring]);
        const before = bytes.slice(BUFFERS);
        let count = 0;
        try {
          for (; device.take(); count++) device.put(0);
        } catch (error) {
          expect(isKernelError(error, 'EPROTO')).toBe(true);
        }
        expect(count).toBeLessThanOrEqual(SIZE);
        expect(Buffer.compare(bytes.subarray(BUFFERS), before)).toBe(0);
      }),
    );
  });
});
