import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { loadAddon } from './index.ts';

const addon = loadAddon();
const EBADF = -9;
const EINVAL = -22;
const ENOTTY = -25;
const F_SEAL_SHRINK = 2;
const EPOLLIN = 1;
const EPOLLOUT = 4;

const request = (name: string): number => addon.requests.indexOf(name);

function transfer(endpoint: number, buffer: number, length: number): number {
  addon.transferIntegers.set([endpoint, buffer]);
  addon.transferNumbers[0] = length;
  addon.dmabufTransfer();
  return addon.transferIntegers[2]!;
}

describe('system calls', () => {
  it('give their result, or the negative errno', () => {
    const fd = addon.memfd('test', 8192, F_SEAL_SHRINK);
    expect(fd).toBeGreaterThan(2);
    expect(addon.lseek(fd, 0, 2)).toBe(8192);
    expect(addon.ioctl(fd, request('DMA_BUF_IOCTL_SYNC'), new Uint8Array(8))).toBe(ENOTTY);
    expect(transfer(fd, fd, 4096)).toBe(ENOTTY);
    expect(transfer(-1, fd, 4096)).toBe(EBADF);
    for (const length of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(transfer(fd, fd, length)).toBe(EINVAL);
    expect(addon.syncFileStatus(fd)).toBe(-1000 + ENOTTY);
    addon.close(fd);
    expect(addon.lseek(fd, 0, 2)).toBe(EBADF);
    expect(addon.dup(-1)).toBe(EBADF);
  });

  it('work with the pages that this machine has', () => {
    const fd = addon.memfd('test', 2 * addon.pageSize, 0);
    expect(addon.mmap(fd, addon.pageSize, addon.pageSize)).toHaveLength(2);
    expect(addon.mmap(fd, addon.pageSize, addon.pageSize / 2)).toBe(EINVAL);
    addon.close(fd);
  });

  it('close many descriptors, whatever their order, and no others', () => {
    const open = (): number => openSync('/dev/null', 'r');
    const fds = [open(), open(), open(), open(), open(), open()];
    const closed = [fds[5]!, fds[1]!, -1, fds[0]!, fds[2]!];
    addon.closeAll(Int32Array.from([...closed, fds[3]!]), closed.length);
    const left = fds.filter((fd) => addon.poll(fd, 0) === 0);
    expect(left).toEqual([fds[3], fds[4]]);
    for (const fd of left) closeSync(fd);
  });

  it('mount functionfs and configfs only', () => {
    expect(addon.mount('none', '/does/not/exist', 'functionfs', '')).toBeLessThan(0);
    expect(() => addon.mount('proc', '/does/not/exist', 'proc', '')).toThrow(RangeError);
  });
});

describe('arguments', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['an argument shorter than the request takes', () => addon.ioctl(0, 0, new Uint8Array(3)), /too short/],
    ['an argument that is missing', () => addon.ioctl(0, 0), /argument must be a Uint8Array/],
    [
      'an argument of another kind',
      () => addon.ioctl(0, 0, new Int32Array(9) as never),
      /argument must be a Uint8Array/,
    ],
    ['a request that is not in the table', () => addon.ioctl(0, 999), /request must be an integer in its range/],
    ['a descriptor that is no integer', () => addon.dup(1.5), /fd must be an integer in its range/],
    ['a descriptor that is no number', () => addon.dup('1' as never), /fd must be a number/],
    ['a negative offset', () => addon.mmap(0, 4096, -1), /offset must be an integer in its range/],
    ['a name with a zero in it', () => addon.setDmaBufName(0, 'a\0b'), /name must be a string without zeros/],
    ['a name that is too long', () => addon.syncMerge(0, 0, 'x'.repeat(32)), /name must be a shorter string/],
    ['too few arguments', () => (addon.lseek as (fd: number) => number)(0), /too few arguments/],
    ['an array too short for the answer', () => addon.syncFileInfo(0, new Uint8Array(10)), /too short/],
    ['more descriptors than there are', () => addon.closeAll(new Int32Array(2), 3), /fewer descriptors/],
    ['descriptors in another array', () => addon.closeAll([1] as never, 1), /descriptors must be an Int32Array/],
    ['an unmap of what was never mapped', () => addon.unmap(new ArrayBuffer(8), {}), /not a mapping/],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('a mapping', () => {
  const map = (fd: number): readonly [ArrayBuffer, object] => {
    const mapping = addon.mmap(fd, 4096, 0);
    if (typeof mapping === 'number') throw new Error(`mmap: ${mapping}`);
    return mapping;
  };

  it('is the memory of the file, both ways', () => {
    const fd = addon.memfd('test', 4096, 0);
    const [memory, handle] = map(fd);
    const view = new Uint8Array(memory);
    view[5] = 42;
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, 5);
    expect(byte[0]).toBe(42);
    writeSync(fd, Buffer.from([7]), 0, 1, 6);
    expect(view[6]).toBe(7);
    addon.unmap(memory, handle);
    addon.close(fd);
  });

  it('leaves every view empty once unmapped, and can be unmapped twice', () => {
    const fd = addon.memfd('test', 4096, 0);
    const [memory, handle] = map(fd);
    const view = new Uint8Array(memory);
    addon.unmap(memory, handle);
    expect(view.length).toBe(0);
    expect(() => addon.unmap(memory, handle)).not.toThrow();
    addon.close(fd);
  });

  it('cannot be unmapped through the buffer of another', () => {
    const fd = addon.memfd('test', 4096, 0);
    const [first, firstHandle] = map(fd);
    const [second, secondHandle] = map(fd);
    expect(() => addon.unmap(first, secondHandle)).toThrow(/do not belong together/);
    addon.unmap(first, firstHandle);
    expect(() => addon.unmap(second, firstHandle)).toThrow(/do not belong together/);
    addon.unmap(second, secondHandle);
    addon.close(fd);
  });

  it('is as long as asked, or fails', () => {
    const fd = addon.memfd('test', 4096, 0);
    const length = 2 ** 32 + 4096;
    const mapping = addon.mmap(fd, length, 0);
    if (typeof mapping === 'number') expect(mapping).toBe(-12);
    else {
      expect(mapping[0].byteLength).toBe(length);
      addon.unmap(...mapping);
    }
    addon.close(fd);
  });

  it('fails like mmap', () => {
    expect(addon.mmap(-1, 4096, 0)).toBe(EBADF);
    const fd = addon.memfd('test', 4096, 0);
    expect(addon.mmap(fd, 0, 0)).toBe(EINVAL);
    expect(addon.mmap(fd, 4096, 1)).toBe(EINVAL);
    addon.close(fd);
  });
});

describe('a poller', () => {
  it('reports what is ready with its token, all of it in one call', async () => {
    const [a, b] = [openSync('/dev/ptmx', 'r+'), openSync('/dev/ptmx', 'r+')];
    const calls = await new Promise<number[][]>((resolve) => {
      const poller = new addon.Poller((count) => {
        const reports = [...poller.ready.subarray(0, 3 * count)];
        poller.close();
        resolve([reports]);
      });
      expect(poller.add(a, 11, EPOLLOUT)).toBe(0);
      expect(poller.add(b, 22, EPOLLOUT)).toBe(0);
    });
    expect(calls).toEqual([[11, EPOLLOUT, 0, 22, EPOLLOUT, 0]]);
    closeSync(a);
    closeSync(b);
  });

  it('asks for the status of the sync file of a token, whatever that is', async () => {
    const terminal = openSync('/dev/ptmx', 'r+');
    const report = (syncFile: number): Promise<number[]> =>
      new Promise((resolve) => {
        const poller = new addon.Poller(() => {
          poller.close();
          resolve([...poller.ready.subarray(0, 3)]);
        });
        expect(poller.add(terminal, 11, EPOLLOUT)).toBe(0);
        poller.syncFiles[11] = syncFile;
      });
    expect(await report(-1)).toEqual([11, EPOLLOUT, 0]);
    expect(await report(terminal)).toEqual([11, EPOLLOUT, -1000 + ENOTTY]);
    expect(await report(2 ** 30)).toEqual([11, EPOLLOUT, -1000 + EBADF]);
    closeSync(terminal);
  });

  it('goes on with memory of its own, whoever is given its arrays', async () => {
    const terminal = openSync('/dev/ptmx', 'r+');
    let reports = 0;
    const poller = new addon.Poller(() => {
      if (reports++ > 0) return;
      // Runtimes differ in what they do then: refuse, copy, or empty the arrays.
      try {
        structuredClone(poller.ready, { transfer: [poller.ready.buffer as ArrayBuffer] });
      } catch (error) {
        expect(error).toBeInstanceOf(DOMException);
      }
    });
    expect(poller.add(terminal, 0, EPOLLOUT)).toBe(0);
    while (reports < 100) await new Promise((resolve) => setImmediate(resolve));
    poller.close();
    closeSync(terminal);
  });

  it('tells when it was woken', async () => {
    const terminal = openSync('/dev/ptmx', 'r+');
    const before = Number(process.hrtime.bigint());
    const time = await new Promise<number>((resolve) => {
      const poller = new addon.Poller(() => {
        poller.close();
        resolve(poller.time[0]!);
      });
      expect(poller.add(terminal, 0, EPOLLOUT)).toBe(0);
    });
    expect(time).toBeGreaterThan(before);
    expect(time).toBeLessThan(Number(process.hrtime.bigint()));
    closeSync(terminal);
  });

  it('says so when a descriptor cannot be watched, or is not', () => {
    const poller = new addon.Poller(() => {});
    const file = openSync(new URL(import.meta.url), 'r');
    expect(poller.add(file, 0, EPOLLIN)).toBe(-1);
    const terminal = openSync('/dev/ptmx', 'r+');
    expect(poller.remove(terminal)).toBe(-2);
    closeSync(terminal);
    poller.close();
    poller.close();
    expect(poller.add(file, 0, EPOLLIN)).toBe(EBADF);
    closeSync(file);
  });

  it('gives promises and process.nextTick their turn before it reports again, with nothing else on the event loop', async () => {
    const program = `
      const addon = require(${JSON.stringify(addonFile())});
      const order = [];
      const poller = new addon.Poller(() => {
        order.push('report');
        Promise.resolve().then(() => order.push('promise'));
        process.nextTick(() => order.push('tick'));
        if (order.length < 6) return;
        poller.close();
        require('node:worker_threads').parentPort.postMessage(order);
      });
      poller.add(require('node:fs').openSync('/dev/ptmx', 'r+'), 0, ${EPOLLOUT});
    `;
    const worker = new Worker(program, { eval: true });
    const order = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    expect(order).toEqual(['report', 'tick', 'promise', 'report', 'tick', 'promise', 'report']);
    await worker.terminate();
  });

  it('lives and dies with a worker thread', async () => {
    const program = `
      const { createRequire } = require('node:module');
      const addon = createRequire(process.cwd() + '/')(${JSON.stringify(addonFile())});
      const fd = require('node:fs').openSync('/dev/ptmx', 'r+');
      const poller = new addon.Poller((count) => {
        require('node:worker_threads').parentPort.postMessage(poller.ready[0]);
      });
      globalThis.keep = [poller, addon.mmap(addon.memfd('w', 4096, 0), 4096, 0)];
      poller.add(fd, 33, ${EPOLLOUT});
    `;
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(program, { eval: true });
      const token = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      expect(token).toBe(33);
      await worker.terminate();
    }
  });
});

describe('the descriptors of a thread', () => {
  const open = (): number => readdirSync('/proc/self/fd').length;

  it('are closed when it is terminated, but for those that it had closed', async () => {
    const program = `
      const addon = require(${JSON.stringify(addonFile())});
      const first = addon.memfd('a', 4096, 0);
      addon.close(first);
      globalThis.keep = addon.mmap(addon.dup(addon.memfd('b', 4096, 0)), 4096, 0);
      const fds = Int32Array.of(addon.eventfd(), addon.eventfd(), addon.eventfd());
      addon.closeAll(fds, 2);
      require('node:worker_threads').parentPort.postMessage(0);
      setInterval(() => {}, 1000);
    `;
    const start = async (): Promise<Worker> => {
      const worker = new Worker(program, { eval: true });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      return worker;
    };
    await (await start()).terminate();
    const before = open();
    const mine = addon.memfd('mine', 4096, 0);
    const workers = [await start(), await start()];
    expect(open()).toBeGreaterThan(before + 1);
    for (const worker of workers) await worker.terminate();
    expect(open()).toBe(before + 1);
    expect(addon.lseek(mine, 0, 2)).toBe(4096);
    expect(addon.close(mine)).toBe(0);
    expect(addon.close(mine)).toBe(EBADF);
  });
});

function addonFile(): string {
  return new URL(`../prebuilds/linux-${process.arch}/addon.node`, import.meta.url).pathname;
}

describe('asynchronous reads and writes', () => {
  const over = async (aio: InstanceType<typeof addon.Aio>): Promise<number[]> => {
    while (addon.poll(aio.fd, EPOLLIN) === 0) await new Promise((resolve) => setImmediate(resolve));
    return [...aio.done.subarray(0, 2 * aio.reap())];
  };

  it('move bytes through memory of their own, and give their slots back', async () => {
    const aio = new addon.Aio();
    const fd = addon.memfd('test', 4096, 0);
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
    const first = aio.write(fd, bytes);
    bytes.fill(0);
    expect(await over(aio)).toEqual([first, 16]);
    expect(aio.take(first)).toBe(0);
    const second = aio.read(fd, 16);
    expect(second).toBe(first);
    expect(await over(aio)).toEqual([second, 16]);
    const into = new Uint8Array(4);
    expect(aio.take(second, into)).toBe(0);
    expect([...into]).toEqual([1, 2, 3, 4]);
    aio.close();
    addon.close(fd);
  });

  it('give errors as the kernel does', async () => {
    const aio = new addon.Aio();
    expect(aio.read(-1, 16)).toBe(EBADF);
    const fd = openSync('/proc/self/status', 'r');
    const slot = aio.write(fd, new Uint8Array(1));
    expect(slot).toBe(EBADF);
    expect(aio.cancel(0)).toBe(EINVAL);
    expect(aio.take(0)).toBe(EINVAL);
    expect(() => aio.read(fd, 1e9)).toThrow(/length must be an integer in its range/);
    expect(() => aio.take(64)).toThrow(RangeError);
    closeSync(fd);
    aio.close();
    aio.close();
    expect(aio.read(0, 1)).toBe(EBADF);
    expect(aio.reap()).toBe(0);
  });
});

describe('poll', () => {
  it('tells what holds now, and never waits', () => {
    const fd = addon.memfd('test', 0, 0);
    expect(addon.poll(fd, EPOLLIN | EPOLLOUT)).toBe(EPOLLIN | EPOLLOUT);
    addon.close(fd);
    expect(addon.poll(fd, EPOLLIN)).toBe(EBADF);
    expect(addon.poll(-1, EPOLLIN)).toBe(0);
  });
});

describe('a terminal', () => {
  it('becomes raw', () => {
    const fd = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    const modes = (): string[] => {
      const { stdout } = spawnSync('stty', ['-a'], { stdio: [fd, 'pipe', 'inherit'], encoding: 'utf8' });
      return stdout.split(/\s+/).filter((word) => /^-?(icanon|echo|opost|icrnl|ixon)$/.test(word));
    };
    expect(modes().sort()).toEqual(['echo', 'icanon', 'icrnl', 'ixon', 'opost']);
    expect(addon.setRaw(fd)).toBe(0);
    expect(modes().sort()).toEqual(['-echo', '-icanon', '-icrnl', '-ixon', '-opost']);
    expect(addon.ioctl(fd, request('TIOCOUTQ'), new Uint8Array(4))).toBe(0);
    expect([addon.ioctl(fd, request('TIOCSBRK')), addon.ioctl(fd, request('TIOCCBRK'))]).toEqual([0, 0]);
    closeSync(fd);
  });

  it('is not any other file', () => {
    const fd = addon.memfd('test', 0, 0);
    expect(addon.setRaw(fd)).toBe(ENOTTY);
    addon.close(fd);
    expect(addon.setRaw(fd)).toBe(EBADF);
  });
});

describe('requests that could crash a kernel', () => {
  it('are preceded by a harmless one, whose refusal is the answer', () => {
    const fd = addon.memfd('test', 0, 0);
    expect(addon.requests).not.toContain('FUNCTIONFS_DMABUF_TRANSFER');
    expect(addon.requests).not.toContain('FUNCTIONFS_DMABUF_DETACH');
    expect(addon.dmabufDetach(fd, fd)).toBe(ENOTTY);
    expect(addon.interfaceRevmap(fd, 0)).toBe(ENOTTY);
    addon.close(fd);
  });
});
