import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { loadAddon, USBFS_REQUESTS, type Usbfs, type UsbfsRequest } from './index.ts';

const addon = loadAddon();
const ENOENT = -2;
const EBADF = -9;
const EBUSY = -16;
const EINVAL = -22;
const ENOTTY = -25;
const BULK = 3;

function opener() {
  let resolve: (result: number) => void = () => {};
  const usbfs = new addon.Usbfs((result) => resolve(result));
  const number = (request: UsbfsRequest): number => USBFS_REQUESTS.indexOf(request);
  const begin = (request: UsbfsRequest, path = ''): number => usbfs.begin(number(request), 0, 0, path);
  const call = (request: UsbfsRequest, path = ''): Promise<number> =>
    new Promise((settle) => {
      resolve = settle;
      const refused = begin(request, path);
      if (refused < 0) settle(refused);
    });
  return { usbfs, begin, call };
}

/** A file that is no device: every request of usbfs fails, and what happens around them shows. */
function noDevice(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'u-')), 'f');
  writeFileSync(path, 'unchanged');
  return path;
}

describe('usbfs', () => {
  it('opens, calls and closes on a thread, and gives results or negative errnos', async () => {
    const { usbfs, call } = opener();
    expect(await call('reset')).toBe(EBADF);
    expect(await call('open', '/does/not/exist')).toBe(ENOENT);
    const path = noDevice();
    expect(await call('open', path)).toBeGreaterThan(2);
    expect(await call('open', path)).toBe(EBADF);
    for (const request of USBFS_REQUESTS.slice(2)) expect([request, await call(request)]).toEqual([request, ENOTTY]);
    expect(usbfs.submit(BULK, 0x81, 0, 512)).toBe(ENOTTY);
    expect(usbfs.reap()).toBe(ENOTTY);
    expect(await call('close')).toBe(0);
    expect(usbfs.submit(BULK, 0x81, 0, 512)).toBe(EBADF);
    expect(await call('close')).toBe(EBADF);
    expect(readFileSync(path, 'utf8')).toBe('unchanged');
    usbfs.close();
  });

  it('lets nothing in while a call is under way, so that nothing waits', async () => {
    const { usbfs, begin, call } = opener();
    await call('open', noDevice());
    const over = call('reset');
    expect([
      begin('reset'),
      usbfs.submit(BULK, 0x81, 0, 512),
      usbfs.reap(),
      usbfs.discard(0),
      usbfs.take(0, 0),
    ]).toEqual(Array(5).fill(EBUSY));
    expect(await over).toBe(ENOTTY);
    usbfs.close();
  });

  it('leaves no descriptor behind, also if it is closed while it is opened', async () => {
    const path = noDevice();
    const first = openSync(path, 'r');
    closeSync(first);
    for (let round = 0; round < 20; round++) {
      const { usbfs, begin } = opener();
      expect(begin('open', path)).toBe(0);
      usbfs.close();
      usbfs.close();
      expect(begin('open', path)).toBe(EBUSY);
    }
    // Descriptors are given out lowest first: this one is free again once the last thread is done.
    for (let got = -1; got !== first; ) {
      await new Promise((resolve) => setImmediate(resolve));
      got = openSync(path, 'r');
      closeSync(got);
    }
  });

  it.each<[string, (usbfs: Usbfs) => unknown, RegExp]>([
    ['a request that there is not', (it) => it.begin(99, 0, 0, ''), /request must be an integer in its range/],
    ['a path that is too long', (it) => it.begin(0, 0, 0, 'x'.repeat(64)), /path must be a shorter string/],
    ['an isochronous transfer', (it) => it.submit(0, 0x81, 0, 8), /type must be an integer in its range/],
    ['a length that is negative', (it) => it.submit(BULK, 0x81, 0, -1), /length must be an integer in its range/],
    ['a length that is huge', (it) => it.submit(BULK, 0x81, 0, 2 ** 31), /length must be an integer in its range/],
    ['more bytes than the length', (it) => it.submit(BULK, 1, 0, 3, new Uint8Array(4)), /more bytes than/],
    ['bytes of another kind', (it) => it.submit(BULK, 1, 0, 3, [] as never), /bytes must be a Uint8Array/],
    ['a slot out of range', (it) => it.take(64, 0), /slot must be an integer in its range/],
    ['another object', (it) => it.reap.call({} as never), /./],
  ])('refuses %s', (_, call, message) => {
    const { usbfs } = opener();
    expect(() => call(usbfs)).toThrow(message);
    usbfs.close();
  });

  it('touches nothing where no transfer is, and no array but its own kind', async () => {
    const { usbfs, call } = opener();
    await call('open', noDevice());
    expect([usbfs.take(0, 0, new Uint8Array(8)), usbfs.discard(0)]).toEqual([EINVAL, EINVAL]);
    Object.defineProperty(usbfs, 'done', { value: new Uint8Array(192) });
    expect(usbfs.reap()).toBe(EINVAL);
    usbfs.close();
  });

  it('goes with its worker thread, in the middle of a call too', async () => {
    const file = new URL(`../prebuilds/linux-${process.arch}/addon.node`, import.meta.url).pathname;
    const program = `
      const addon = require('node:module').createRequire(process.cwd() + '/')(${JSON.stringify(file)});
      globalThis.keep = Array.from({ length: 8 }, () => new addon.Usbfs(() => {}));
      for (const usbfs of keep) usbfs.begin(0, 0, 0, ${JSON.stringify(noDevice())});
      require('node:worker_threads').parentPort.postMessage('begun');
      setInterval(() => {}, 1000);
    `;
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(program, { eval: true });
      expect(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))).toBe(
        'begun',
      );
      expect(await worker.terminate()).toBe(1);
    }
  });
});
