import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadAddon } from './index.ts';

const addon = loadAddon();
const EBADF = -9;
const folder = mkdtempSync(join(tmpdir(), 'gadgetloom-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

const addonFile = join(import.meta.dirname, `../prebuilds/linux-${process.arch}/addon.node`);

/** Runs Node in a process of its own, which what is tried here may end. Gives what it printed, and how it ended. */
function node(...args: string[]): Promise<{ printed: string; complaints: string; signal: string | undefined }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--expose-gc', ...args], { encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ printed: stdout.trim(), complaints: stderr.trim(), signal: error?.signal ?? undefined });
    });
  });
}

const program = (text: string): ReturnType<typeof node> =>
  node('-e', `const addon = require(${JSON.stringify(addonFile)}); ${text}`);

const survived = { printed: 'survived', complaints: '', signal: undefined };

describe('a program that does what nobody should', { timeout: 120_000 }, () => {
  it.each([
    ['Poller', 'time'],
    ['Poller', 'ready'],
    ['Poller', 'syncFiles'],
    ['Aio', 'done'],
    ['Aio', 'fd'],
    ['Usbfs', 'done'],
  ])('cannot close a %s during its construction, by a setter of a subclass for %s', async (name, property) => {
    const ended = await program(`
      class Closing extends addon.${name} { set ${property}(value) { this.close(); } }
      const object = new Closing(() => {});
      if (object.${property} === undefined) console.log('the property is missing');
      setTimeout(() => { object.close(); console.log('survived'); }, 20);
    `);
    expect(ended).toEqual(survived);
  });

  it.each([
    ['the greatest number twice', 'Int32Array.of(2 ** 31 - 1, 2 ** 31 - 1)', 2],
    ['the least numbers', 'Int32Array.of(-(2 ** 31), -(2 ** 31), -1)', 3],
    ['nothing of a detached array', 'detached', 0],
  ])('may close %s', async (_, descriptors, count) => {
    const ended = await program(`
      const detached = new Int32Array(2);
      structuredClone(detached, { transfer: [detached.buffer] });
      addon.closeAll(${descriptors}, ${count});
      console.log('survived');
    `);
    expect(ended).toEqual(survived);
  });

  it('closes descriptor 0, too, where -1 stands before it', async () => {
    const ended = await program(`
      addon.closeAll(Int32Array.of(-1, 0), 2);
      if (addon.lseek(0, 0, 1) === ${EBADF}) console.log('survived');
    `);
    expect(ended).toEqual(survived);
  });

  it('finds an Aio closed that a getter closes while it is reaped, and no other file is read', async () => {
    const ended = await program(`
      const aio = new addon.Aio();
      let file;
      Object.defineProperty(aio, 'done', { get() {
        aio.close();
        file = addon.memfd('next', 4096, 0);
        return new Int32Array(128);
      } });
      const count = aio.reap();
      if (file === aio.fd && count === 0 && addon.lseek(file, 0, 1) === 0) console.log('survived');
    `);
    expect(ended).toEqual(survived);
  });

  it('finds a Usbfs busy on which a getter begins a call while it is reaped', async () => {
    const ended = await program(`
      const usbfs = new addon.Usbfs((result) => {
        if (result < 0) throw new Error(result);
        Object.defineProperty(usbfs, 'done', { get() { usbfs.begin(1, 0, 0, ''); return new Int32Array(192); } });
        if (usbfs.reap() === -16) console.log('survived');
        usbfs.close();
      });
      usbfs.begin(0, 0, 0, '/dev/null');
    `);
    expect(ended).toEqual(survived);
  });

  it('gets errors or exceptions from every function, whatever it passes', async () => {
    const calls = join(import.meta.dirname, '../test/hostile-calls.mjs');
    expect(await node(calls, addonFile, folder, '2463534242', '200')).toEqual(survived);
  });
});

describe('a class of the addon', () => {
  it.each(['Poller', 'Aio', 'Usbfs'] as const)('%s has to be called with new', (name) => {
    const call = addon[name] as unknown as (this: unknown, callback: () => void) => unknown;
    for (const self of [undefined, {}, new Proxy({}, {})]) {
      expect(() => call.call(self, () => {})).toThrow(/has to be called with new/);
    }
  });

  it('has methods for its own objects alone, whatever their prototype is', () => {
    const poller = Reflect.construct(addon.Poller, [() => {}], addon.Aio);
    const aio = poller as unknown as InstanceType<typeof addon.Aio>;
    expect(() => aio.reap()).toThrow(TypeError);
    addon.Poller.prototype.close.call(poller);
  });
});
