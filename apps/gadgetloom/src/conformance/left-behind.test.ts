import { expect, it } from 'vitest';
import { keepers, leftBehind } from './left-behind.ts';

it('tells what is still there that was not there before', async () => {
  const before = await keepers();
  expect(leftBehind(before, await keepers())).toEqual([]);
  const timers = [setInterval(() => {}, 1000), setInterval(() => {}, 1000)];
  expect(leftBehind(before, await keepers())).toEqual(['Timeout (2)']);
  timers.forEach(clearInterval);
  expect(leftBehind(before, await keepers())).toEqual([]);
});
