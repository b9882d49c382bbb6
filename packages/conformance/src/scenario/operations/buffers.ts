import { KernelError, MILLISECOND, POLLIN, POLLOUT, sleep } from '@gadgetloom/core';
import { type MemfdSeal, PAGE_SIZE } from '@gadgetloom/dmabuf';
import { crc32, fillPattern } from '../pattern.ts';
import { isSyncFile, type ScenarioSession } from '../session.ts';
import type { Operation } from './operation.ts';

const seals: Readonly<Record<string, readonly MemfdSeal[]>> = {
  seal: ['shrink'],
  noseal: [],
  wseal: ['shrink', 'write'],
};

/** Names of poll(2) bits, in the order in which outcomes list them. */
const pollNames = [
  ['IN', POLLIN],
  ['OUT', POLLOUT],
] as const;

const whence = (word: string): 'set' | 'cur' | 'end' => (word === 'set' || word === 'cur' ? word : 'end');

/** Operations on buffers and on anything that is polled, duplicated or closed. */
export const bufferOperations: Readonly<Record<string, Operation>> = {
  alloc: (session, [name = '', size, fdFlags, heapFlags]) => {
    const buffer = session.stack.exporter.allocate({
      size: Number(size),
      ...(fdFlags === undefined ? {} : { fdFlags: Number(fdFlags) }),
      ...(heapFlags === undefined ? {} : { heapFlags: Number(heapFlags) }),
    });
    session.keep(name, buffer);
    return `size=${buffer.size}`;
  },
  udmabuf: (session, [name = '', length, seal = 'seal', offset = 0, size = length]) => {
    const { udmabuf } = session.stack;
    if (udmabuf === undefined) throw new KernelError('ENODEV', 'udmabuf', 'this backend has no udmabuf.');
    using memfd = udmabuf.memfd(Number(length), seals[seal] ?? []);
    const buffer = udmabuf.create(memfd, Number(offset), Number(size));
    session.keep(name, buffer);
    return `size=${buffer.size}`;
  },
  memfd: (session, [name = '']) => {
    const { udmabuf } = session.stack;
    if (udmabuf === undefined) throw new KernelError('ENODEV', 'memfd', 'this backend has no memfd.');
    session.keep(name, udmabuf.memfd(PAGE_SIZE, []));
    return 0;
  },
  fill: async (session, [name = '', seed]) => {
    const buffer = session.buffer(name);
    fillPattern(buffer.bytes(), Number(seed));
    return 0;
  },
  crc: (session, [name = '', length]) => {
    const bytes = session.buffer(name).bytes();
    return crc32(length === undefined ? bytes : bytes.subarray(0, Number(length)));
  },
  poll: async (session, [name = '', events = '', timeout]) => {
    const asked = events
      .split(',')
      .reduce((mask, word) => mask | (word === 'in' ? POLLIN : word === 'out' ? POLLOUT : 0), 0);
    const wait = Number(timeout) * MILLISECOND;
    const got = await ready(session, name, asked, wait);
    return (
      pollNames
        .filter(([, bit]) => got & bit)
        .map(([word]) => word)
        .join(' ') || 'none'
    );
  },
  sync: async (session, [name = '', flags]) => {
    await session.buffer(name).sync(Number(flags));
    return 0;
  },
  setname: (session, [name = '', text = '']) => {
    session.buffer(name).setName(text);
    return 0;
  },
  lseek: (session, [name = '', offset, from = '']) => {
    const file = session.openFile(name);
    if (isSyncFile(file)) throw new KernelError('ESPIPE', 'lseek', 'a sync file has no position.');
    return session.buffer(name).seek(Number(offset), whence(from));
  },
  mmaplen: (session, [name = '', length, offset]) => {
    const file = session.openFile(name);
    // Its anonymous file is open for reading only, and the mapping is shared and writable (do_mmap).
    if (isSyncFile(file)) throw new KernelError('EACCES', 'mmap', 'a sync file has no memory.');
    session.buffer(name).mmap(Number(length), Number(offset));
    return 0;
  },
  dup: (session, [copy = '', name = '']) => {
    const file = session.openFile(name);
    session.keep(copy, isSyncFile(file) ? file.dup() : session.buffer(name).dup());
    return 0;
  },
  closefd: (session, [name = '']) => {
    const file = session.file(name);
    if (file.fd < 0) throw new KernelError('EBADF', 'close', `"${name}" is not open.`);
    file.close();
    return 0;
  },
};

/** poll(2): a descriptor of -1 is passed over for as long as the call waits (do_pollfd). */
async function ready(session: ScenarioSession, name: string, asked: number, wait: number): Promise<number> {
  const file = session.pollable(name);
  if (file !== undefined && file.fd >= 0) return file.ready(asked, wait);
  // A file without a poll method, such as a memfd, is always ready.
  if (session.file(name).fd >= 0) return asked;
  await sleep(session.stack.clock, wait);
  return 0;
}
