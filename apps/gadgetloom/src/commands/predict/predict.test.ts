import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gadgetloom } from '../../../test/captured-output.ts';
import { workFolder } from '../../../test/work-folder.ts';

const small = ['--sizes', '4k,64k', '--depths', '1,4', '--backend', 'mock'];

interface Printed {
  readonly points: readonly { size: number; depth: number; bytesPerSecond: number; latency: number }[];
  readonly published: readonly { hardware: string; bytesPerSecond: number; predicted: number }[];
}

async function predicted(...args: string[]): Promise<Printed> {
  const { status, out, err } = await gadgetloom('predict', ...small, ...args, '--json');
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out) as Printed;
}

const rate = ({ points }: Printed, size: number, depth: number): number =>
  points.find((point) => point.size === size && point.depth === depth)!.bytesPerSecond;

describe('gadgetloom predict', () => {
  it('prints a table: throughput and latency by size and depth', async () => {
    const { status, out } = await gadgetloom('predict', ...small, '--speed', 'high', '--turnaround', '50');
    expect(status).toBe(0);
    expect(out).toMatch(/^streamer on mock at high speed, IN \(stream\.samples\), zero copy; 50 µs from a completion/);
    expect(out).toMatch(/^ +size +depth 1 +depth 4$/m);
    expect(out).toMatch(/^ 4 KiB +\d+\.\d MB\/s \d+ µs +53\.2 MB\/s \d+ µs$/m);
    expect(out).toMatch(/Pluto, 1 MiB, depth 4, IN, high speed: 25 MB\/s measured, 53\.\d MB\/s predicted/);
  });

  it.each([['in'], ['out']])('fills the bus where transfers follow each other: %s', async (direction) => {
    const prediction = await predicted('--speed', 'high', '--direction', direction);
    expect(rate(prediction, 65536, 4)).toBeCloseTo(53_248_000, -5);
  });

  it('counts the time of the program where transfers wait for each other', async () => {
    const [without, withIt] = [
      await predicted('--speed', 'high'),
      await predicted('--speed', 'high', '--turnaround', '77'),
    ];
    // 8 packets of 9.45 microseconds, and a turnaround that takes as long.
    expect(rate(withIt, 4096, 1) / rate(without, 4096, 1)).toBeCloseTo(0.5, 1);
    expect(rate(withIt, 65536, 4)).toBeCloseTo(rate(without, 65536, 4), -6);
  });

  it('lies above what was measured on real hardware, and not far above', async () => {
    const { published } = await predicted('--speed', 'super');
    expect(published.length).toBeGreaterThan(0);
    for (const { bytesPerSecond, predicted: expected } of published) {
      expect(expected).toBeGreaterThan(bytesPerSecond);
      expect(expected).toBeLessThan(1.25 * bytesPerSecond);
    }
  });

  it('says the same every time', async () => {
    expect(await predicted('--speed', 'super')).toEqual(await predicted('--speed', 'super'));
  });

  it('draws the curve', async () => {
    const path = workFolder({})('curve.svg');
    const { out } = await gadgetloom('predict', ...small, '--svg', path);
    expect(out).toContain(`The curve is in ${path}.`);
    const svg = readFileSync(path, 'utf8');
    expect(svg).toMatch(/^<svg [\s\S]*>4 KiB<[\s\S]*>64 KiB<[\s\S]*>depth 1<[\s\S]*>depth 4<[\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('draws curves that can be told apart where they coincide: each inside of the one before', async () => {
    const path = workFolder({})('curve.svg');
    await gadgetloom('predict', '--backend', 'mock', '--sizes', '64k,256k', '--depths', '2,4,8', '--svg', path);
    const svg = readFileSync(path, 'utf8');
    const curves = [...svg.matchAll(/<path d="([^"]*)" fill="none" stroke="([^"]*)" stroke-width="([^"]*)"/g)];
    expect(new Set(curves.map(([, path]) => path)).size).toBeLessThan(3);
    expect(new Set(curves.map(([, , colour]) => colour)).size).toBe(3);
    const widths = curves.map(([, , , width]) => Number(width));
    expect(widths).toEqual([8, 5, 2]);
  });

  it.each([
    [['--sizes', '4k,,8k'], 2, '--sizes is "4k,,8k"; allowed is a list such as 4k,64k,1M.'],
    [['--depths', '0'], 2, '--depths is "0"; allowed is a whole number from 1 to 1024.'],
    [['--sizes', '0'], 2, '--sizes has a 0; a transfer has at least one byte.'],
    [['--turnaround', 'soon'], 2, /^--turnaround is "soon"; allowed is a number of microseconds from 0 to 1000000/],
    [['--turnaround', ''], 2, /^--turnaround is ""; allowed/],
    // A prediction with this turnaround would take days.
    [['--turnaround', '1e15'], 2, /^--turnaround is "1e15"; allowed is a number of microseconds from 0 to 1000000/],
    [['--svg', '/nowhere/curve.svg'], 1, /^The curve "\/nowhere\/curve\.svg" cannot be written \(ENOENT: no such file/],
  ])('refuses %s', async (args, status, message) => {
    const got = await gadgetloom('predict', ...small, ...args);
    expect([got.status, got.out]).toEqual([status, '']);
    expect(got.err).toEqual(expect.stringMatching(message));
  });

  it('says that there is nothing to predict of a gadget without bulk endpoints', async () => {
    const endpoints = '{ keys: { endpoints: { report: { type: interrupt, direction: in, packetSize: 8 } } } }';
    const path = workFolder({ g: `vendorId: 1\nproductId: 2\nfunctions: ${endpoints}\n` });
    const { status, err } = await gadgetloom('predict', path('g'), ...small);
    expect([status, err]).toEqual([1, 'The gadget has no bulk IN endpoint to predict anything of.']);
  });
});
