import { describe, expect, it } from 'vitest';
import { busTimes, serviceInterval, transferTime } from './bus-times.ts';

describe('the time that things take on the bus', () => {
  // USB 2.0, tables 5-3 to 5-10: "maximum transfers" of the largest payload.
  it.each([
    ['full', 'bulk', 64, 19],
    ['full', 'bulk', 8, 71],
    ['full', 'interrupt', 64, 19],
    ['full', 'isochronous', 1023, 1],
    ['full', 'isochronous', 256, 5],
    ['high', 'bulk', 512, 13],
    ['high', 'bulk', 64, 63],
    ['high', 'interrupt', 1024, 6],
    ['high', 'isochronous', 1024, 7],
    ['high', 'isochronous', 512, 13],
  ] as const)('at %s speed, %s packets of %i bytes: %i in a frame', (speed, type, size, count) => {
    const times = busTimes(speed);
    expect(Math.floor(times.frame / transferTime(times, type, size, size))).toBe(count);
  });

  it('lets SuperSpeed bursts of 16 come near the 500 MB/s of the line code', () => {
    const burst = transferTime(busTimes('super'), 'bulk', 16384, 1024);
    expect((16384 / burst) * 1000).toBeGreaterThan(440);
    expect((16384 / burst) * 1000).toBeLessThan(480);
  });

  it.each([
    ['interrupt', 10, 'full', 8],
    ['interrupt', 4, 'high', 8],
    ['isochronous', 1, 'full', 1],
    ['isochronous', 3, 'super', 4],
    ['bulk', 4, 'high', 0],
  ] as const)('serves %s endpoints with bInterval %i at %s speed every %i frames', (type, interval, speed, frames) => {
    expect(serviceInterval(type, interval, speed)).toBe(frames);
  });
});
