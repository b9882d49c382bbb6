import { expect, it } from 'vitest';
import { keepers, leftBehind } from './left-behind.ts';

it('tells what is still there that was not there before', async () => {
  const before = keepers();
  expect(await leftBehind(before)).toEqual([]);
  const timers = [setInterval(() => {}, 1000), setInterval(() => {}, 1000)];
  expect(await leftBehind(before)).toEqual(['Timeout (2)']);
  timers.forEach(clearInterval);
  expect(await leftBehind(before)).toEqual([]);
});
