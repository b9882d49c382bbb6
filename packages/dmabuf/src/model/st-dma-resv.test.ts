import { describe, expect, it } from 'vitest';
import { Kernel } from '../../test/kernel.ts';
import { Reservation } from './reservation.ts';
import { ReservationCursor } from './reservation-cursor.ts';
import { USAGE_NAMES, Usage } from './usage.ts';

// The kernel's own tests of dma-resv, under their names (drivers/dma-buf/st-dma-resv.c).
describe.each(Object.values(Usage).map((usage) => [USAGE_NAMES[usage], usage] as const))(
  'dma_resv %s',
  (_name, usage) => {
    const kernel = new Kernel();

    const reserved = (): { resv: Reservation; fence: ReturnType<Kernel['mockFence']> } => {
      const resv = new Reservation(kernel);
      const fence = kernel.mockFence();
      fence.enableSignaling();
      kernel.add(resv, fence, usage);
      return { resv, fence };
    };

    it('sanitycheck', async () => {
      const resv = new Reservation(kernel);
      await resv.lock();
      resv.unlock();
      resv.finish();
      expect(resv.locked).toBe(false);
    });

    it('test_signaling', () => {
      const { resv, fence } = reserved();
      expect(resv.testSignaled(usage)).toBe(false);
      fence.signal();
      expect(resv.testSignaled(usage)).toBe(true);
    });

    it('test_for_each', () => {
      const { resv, fence } = reserved();
      expect(resv.tryLock()).toBe(true);
      const cursor = new ReservationCursor(resv, usage);
      expect(cursor.first()).toBe(fence);
      expect(cursor.usage).toBe(usage);
      expect(cursor.next()).toBe(undefined);
      resv.unlock();
    });

    it('test_for_each_unlocked', () => {
      const { resv, fence } = reserved();
      const cursor = new ReservationCursor(resv, usage);
      expect(cursor.firstUnlocked()).toBe(fence);
      expect(cursor.restarted).toBe(true);
      expect(cursor.usage).toBe(usage);
      // Somebody exchanges the slots under the walk: it starts again.
      const copy = new Reservation(kernel);
      expect(copy.tryLock() && resv.tryLock()).toBe(true);
      copy.copyFrom(resv);
      resv.copyFrom(copy);
      expect(cursor.nextUnlocked()).toBe(fence);
      expect(cursor.restarted).toBe(true);
      expect(cursor.nextUnlocked()).toBe(undefined);
      expect(cursor.restarted).toBe(false);
    });

    it('test_get_fences', () => {
      const { resv, fence } = reserved();
      expect(resv.fences(usage)).toEqual([fence]);
    });
  },
);
