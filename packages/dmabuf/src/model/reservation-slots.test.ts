import { expect, it } from 'vitest';
import { ReservationSlots, roundUpSlots } from './reservation-slots.ts';

it.each([
  [0, 1],
  [1, 1],
  [2, 5],
  [4, 5],
  [5, 5],
  [6, 9],
  [10, 13],
  [14, 21],
  [22, 29],
  [26, 29],
  [58, 61],
  [1024, 2045],
])('room for %d fences is room for %d, as allocations come in fixed sizes', (wanted, slots) => {
  expect(roundUpSlots(wanted)).toBe(slots);
  expect(new ReservationSlots(wanted)).toMatchObject({ capacity: slots, count: 0 });
});
