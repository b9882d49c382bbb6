import { describe, expect, it } from 'vitest';
import { gadgetloom } from '../../../test/captured-output.ts';

describe('gadgetloom fuzz', () => {
  it('walks randomly on two backends, with seeds that can be used again', async () => {
    const { status, out } = await gadgetloom('fuzz', '--against', 'mock,mock', '--seeds', '3', '--seed', '7');
    expect([status, out]).toEqual([0, 'seeds 7 to 9, 60 steps each, mock against mock\n3 walks: no difference']);
  });

  it('takes fresh seeds unless told which', async () => {
    const { out } = await gadgetloom('fuzz', '--against', 'mock,mock', '--seeds', '1', '--steps', '5');
    expect(out).toMatch(/^seeds (\d+) to \1, 5 steps each/);
  });

  it.each([
    [['--against', 'mock'], /^--against is "mock"; allowed are two backends/],
    [['--against', 'mock,mock', '--seed', 'x'], /^--seed is "x"; allowed is a whole number from 0 on/],
    [['--against', 'mock,mock', '--seeds', '0'], /^--seeds is "0"/],
    [['--against', 'mock,mock', '--steps', 'NaN'], /^--steps is "NaN"; allowed is a whole number from 1 to 1000000/],
    [['--against', 'mock,nope'], /^--against is "nope"; allowed is "dwc3"/],
  ])('refuses %s before it prints anything else', async (args, message) => {
    const { status, out, err } = await gadgetloom('fuzz', ...args);
    expect([status, out, err]).toEqual([2, '', expect.stringMatching(message)]);
  });

  it('names the backends that there are', async () => {
    const { status, err } = await gadgetloom('fuzz', '--against', 'mock,moc');
    expect([status, err]).toEqual([2, expect.stringContaining('mock')]);
  });
});
