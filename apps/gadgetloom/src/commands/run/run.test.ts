import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { seededRandom } from '@gadgetloom/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { gadgetloom } from '../../../test/captured-output.ts';
import { workFolder } from '../../../test/work-folder.ts';

function noise(length: number): Uint8Array {
  const random = seededRandom(length);
  return Uint8Array.from({ length }, () => random() * 256);
}

const gadgetText = (endpoints: string): string => `
vendorId: 0x1d6b
productId: 0x0104
functions:
  data:
    endpoints: { ${endpoints} }
`;
const both = 'up: { type: bulk, direction: in }, down: { type: bulk, direction: out }';

describe('gadgetloom run', () => {
  it.each([
    ['super', '4096', '1', 1],
    ['super', '64 KiB', '4', 200_000],
    ['high', '64k', '8', 524_288],
    ['high', '512', '4', 5000],
    ['full', '64', '2', 6400],
    ['full', '4 KiB', '3', 12_288],
  ])(
    'brings a file back identical at %s speed with buffers of %s, %s at a time (%i bytes)',
    async (speed, size, depth, length) => {
      const bytes = noise(length);
      const path = workFolder({ input: bytes });
      const args = ['--input', path('input'), '--speed', speed, '--buffer-size', size, '--depth', depth];
      const { status, out, err } = await gadgetloom('run', ...args, '--json');
      expect([status, err]).toEqual([0, '']);
      const hash = createHash('sha256').update(bytes).digest('hex');
      const transfers = expect.any(Number);
      expect(JSON.parse(out)).toMatchObject({
        ...{ verdict: 'identical', bytes: length, sha256: { sent: hash, received: hash }, speed, backend: 'dwc3' },
        in: { endpoint: 'stream.samples', bytes: length, errors: 0, path: 'dmabuf', transfers },
        out: { endpoint: 'stream.commands', bytes: length, errors: 0, path: 'dmabuf', transfers },
      });
    },
  );

  it('tells a person what happened, in plain lines where nobody can see a bar', async () => {
    const path = workFolder({ input: noise(100_000) });
    const { status, out } = await gadgetloom('run', '--input', path('input'));
    expect(status).toBe(0);
    expect(out.split('\n')).toEqual([
      'streamer (Sample streamer) on dwc3 (fe800000.usb), 4 x 64 KiB at a time',
      expect.stringMatching(/^IN +stream\.samples +97\.7 KiB +[\d.]+ .?B\/s {2}2 transfers {2}0 errors {2}DMABUF$/),
      expect.stringMatching(/^OUT +stream\.commands +97\.7 KiB +[\d.]+ .?B\/s {2}2 transfers {2}0 errors {2}DMABUF$/),
      expect.stringMatching(/^sha256 [0-9a-f]{64}$/),
      expect.stringMatching(/^identical: \S+input, [\d.]+ m?s at super speed$/),
    ]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('cancels what is in flight on %s, says so, and ends with status %i', async (signal, expected) => {
    const stop = (event: string | symbol, listener: (signal: string) => void) => {
      if (event === signal) setImmediate(listener, signal);
    };
    process.on('newListener', stop);
    onTestFinished(() => void process.off('newListener', stop));
    const { status, out } = await gadgetloom('run', '--json');
    expect([status, JSON.parse(out)]).toMatchObject([
      expected,
      { verdict: 'stopped', sha256: null, in: { errors: 0 }, out: { errors: 0 } },
    ]);
    expect(process.listeners(signal)).toEqual([]);
  });

  it('takes no more buffers than the file fills, however deep', async () => {
    const path = workFolder({ input: noise(100_000) });
    const args = ['--input', path('input'), '--depth', '1000', '--json'];
    const { status, out } = await gadgetloom('run', ...args);
    expect([status, JSON.parse(out)]).toMatchObject([0, { verdict: 'identical', depth: 1000 }]);
  });

  it('writes what comes back to a file, instead of what was there', async () => {
    const bytes = noise(100_000);
    const path = workFolder({ input: bytes, output: noise(200_000) });
    const { status } = await gadgetloom('run', '--input', path('input'), '--output', path('output'));
    expect(status).toBe(0);
    expect(readFileSync(path('output')).equals(bytes)).toBe(true);
    const refused = await gadgetloom('run', '--input', path('input'), '--output', path('input'));
    expect([refused.status, refused.err]).toEqual([1, expect.stringMatching(/is also the input, which would be lost/)]);
    expect(readFileSync(path('input')).equals(bytes)).toBe(true);
  });

  it('tells the time of a bus that takes time', async () => {
    const path = workFolder({ input: noise(1_000_000) });
    const args = ['run', '--input', path('input'), '--backend', 'dwc3:timed'];
    const { out } = await gadgetloom(...args);
    expect(out).toMatch(/^on the simulated bus: [\d.]+ ms, IN \d{3} MB\/s, OUT \d{3} MB\/s$/m);
    const { out: json } = await gadgetloom(...args, '--json');
    const { busSeconds } = JSON.parse(json) as { busSeconds: number };
    // A bus at super speed moves at most 472 MB/s; this machine's time for the file counts a little.
    expect(1_000_000 / busSeconds).toBeGreaterThan(200e6);
    expect(1_000_000 / busSeconds).toBeLessThan(480e6);
    const { out: untimed } = await gadgetloom('run', '--input', path('input'), '--json');
    expect(JSON.parse(untimed)).toMatchObject({ busSeconds: null });
  });

  it('reads standard input and writes standard output where the file is "-"', async () => {
    const bytes = noise(100_000);
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(
      Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]) as never,
    );
    const written: Uint8Array[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation(((chunk: Uint8Array, done: () => void) => {
      written.push(chunk);
      done();
    }) as never);
    const { status, out, err } = await gadgetloom('run', '--input', '-', '--output', '-');
    vi.restoreAllMocks();
    expect([status, out]).toEqual([0, '']);
    expect(err).toMatch(/^identical: standard input, /m);
    expect(Buffer.concat(written).equals(bytes)).toBe(true);
  });

  it('takes options of the backend with its name', async () => {
    const path = workFolder({ input: noise(1000) });
    const { status, out } = await gadgetloom('run', '--input', path('input'), '--backend', 'mock:scatterGather=false');
    expect([status, out]).toEqual([
      0,
      expect.stringMatching(/ {2}copied\n[\s\S]*\ncopied: the controller takes no scatter-gather/),
    ]);
  });

  it('calls a gadget with names in several languages by the first', async () => {
    const product = 'product: { en-US: Scope, de-DE: Oszilloskop }';
    const path = workFolder({ input: noise(10), 'scope.yaml': `${gadgetText(both)}${product}` });
    const { out } = await gadgetloom('run', path('scope.yaml'), '--input', path('input'));
    expect(out).toMatch(/^scope \(Scope\) on dwc3[\s\S]* {2}1 transfer {2}0 errors/);
  });

  it('copies where the controller cannot do scatter-gather, and says so', async () => {
    const gadget = `${gadgetText(both)}environments: { old: { backend: mock, scatterGather: false } }`;
    const path = workFolder({ input: noise(70_000), 'g.yaml': gadget });
    const args = ['run', path('g.yaml'), '--environment', 'old', '--input', path('input')];
    const { status, out } = await gadgetloom(...args);
    expect([status, out]).toEqual([
      0,
      expect.stringMatching(/ {2}copied\n[\s\S]*\ncopied: the controller takes no scatter-gather/),
    ]);
    expect(out).toMatch(/\ncopied: the controller takes no scatter-gather requests, so .* \(EPERM\)\n/);
    const { out: json } = await gadgetloom(...args, '--json');
    expect(JSON.parse(json)).toMatchObject({ in: { path: 'copy', copying: 'EPERM' }, out: { path: 'copy' } });
    const refused = await gadgetloom(...args, '--fallback', 'error');
    expect([refused.status, refused.err]).toEqual([1, expect.stringMatching(/scatter-gather/)]);
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown backend', ['--backend', 'mok'], 2, /--backend is "mok"; allowed is "dwc3"/],
    [
      'an unreadable input',
      ['--input', '/does/not/exist'],
      1,
      /"\/does\/not\/exist" cannot be read \(ENOENT: no such file/,
    ],
    ['an empty input', ['--input', 'EMPTY'], 1, /is empty, so there is nothing to stream/],
    [
      'an output that cannot be written',
      ['--output', '/no/file'],
      1,
      /"\/no\/file" cannot be written \(ENOENT: no such/,
    ],
    ['an option that the backend has not', ['--backend', 'mock:warp'], 2, /--backend is "mock:warp": warp is/],
    ['an option with a wrong value', ['--backend', 'mock:speed=warp'], 2, /speed is "warp"; allowed is "/],
    ['a backend that cannot be read', ['--backend', 'mock:,'], 2, /--backend is "mock:,"; write NAME/],
    [
      'an environment that the gadget has not',
      ['--environment', 'lab'],
      2,
      /--environment is "lab"; .*streamer\.yaml has these: ci\./,
    ],
    [
      'a full disk',
      ['--output', '/dev/full'],
      1,
      /^The output "\/dev\/full" cannot be written \(ENOSPC: no space left/,
    ],
    ['a directory', ['--input', '/'], 1, /is a directory/],
    ['a device', ['--input', '/dev/null'], 1, /is no regular file/],
    ['a missing gadget', ['--gadget', '/no.yaml'], 1, /gadget file "\/no\.yaml" cannot be read \(ENOENT: no such file/],
    ['a buffer size of 0', ['--buffer-size', '0'], 2, /--buffer-size is 0; allowed is a multiple of the packet size/],
    ['more buffers than there is room for', ['--depth', '1000'], 1, /no room for .* buffers.*Use a smaller --depth/s],
    ['a buffer size between packets', ['--buffer-size', '1000'], 1, /multiple of 1024, such as 1024\./],
    ['a buffer size that is no size', ['--buffer-size', '64 parsecs'], 2, /--buffer-size is "64 parsecs"; allowed is/],
    ['a depth of 0', ['--depth', '0'], 2, /--depth is "0"; allowed is a whole number from 1 to 1024\./],
    ['a depth without end', ['--depth', '1e9'], 2, /--depth is "1e9"; allowed is a whole number from 1 to 1024\./],
    ['a speed that does not exist', ['--speed', 'warp'], 2, /Allowed choices are full, high, super/],
    [
      'an option that does not exist',
      ['--bufer-size', '1'],
      2,
      /unknown option '--bufer-size'.*Did you mean --buffer-size/s,
    ],
    [
      'a controller of a simulated backend',
      ['--controller', 'x', '--backend', 'mock'],
      2,
      /--controller is for the backend linux/,
    ],
    ['a controller that is not there', ['--controller', 'no.usb'], 1, /backend "linux" cannot run here: /],
    ['a gadget given twice', ['a.yaml', '--gadget', 'b.yaml'], 2, /given twice/],
    ['a gadget without bulk endpoints', ['KEYS'], 1, /no bulk IN endpoint.*it has data\.a \(interrupt in\)/s],
    [
      'an endpoint that the controller has not',
      ['ISO', '--backend', 'mock'],
      1,
      /iso\.yaml:6:21 .*no place on the controller dummy_udc/s,
    ],
    ['a gadget with too many endpoints', ['MANY'], 1, /many\.yaml:\d+:\d+ .*20 IN endpoints; USB has numbers for 15/],
    [
      'a gadget with a wrong field',
      ['BROKEN'],
      1,
      /broken\.yaml:6:47 .*direction is "sideways"; allowed is "in" or "out"/,
    ],
  ])('refuses %s', async (_, args, expected, message) => {
    const many = Array.from({ length: 20 }, (_, index) => `e${index}: { type: bulk, direction: in }`).join(', ');
    const path = workFolder({
      empty: '',
      'keys.yaml': gadgetText('a: { type: interrupt, direction: in }'),
      'iso.yaml': gadgetText('a: { type: isochronous, direction: in, packetSize: 64 }'),
      'many.yaml': gadgetText(many),
      'broken.yaml': gadgetText('up: { type: bulk, direction: sideways }'),
    });
    const files: Readonly<Record<string, string>> = {
      EMPTY: 'empty',
      KEYS: 'keys.yaml',
      ISO: 'iso.yaml',
      MANY: 'many.yaml',
      BROKEN: 'broken.yaml',
    };
    const { status, out, err } = await gadgetloom('run', ...args.map((arg) => (files[arg] ? path(files[arg]) : arg)));
    expect(err).toMatch(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect([status, out.includes('sha256')]).toEqual([expected, false]);
  });
});
