import { errnoCode } from '@gadgetloom/core';
import { DMA_BUF_SYNC_END, DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE } from '@gadgetloom/dmabuf';
import type { Operation } from './operation.ts';

const flagBits: Readonly<Record<string, number>> = {
  r: DMA_BUF_SYNC_READ,
  w: DMA_BUF_SYNC_WRITE,
  e: DMA_BUF_SYNC_END,
  x: 8,
};

const flags = (word: string): number => [...word].reduce((mask, letter) => mask | (flagBits[letter] ?? 0), 0);

const status = (value: number): string => (value === 0 ? 'active' : value > 0 ? 'signaled' : errnoCode(value));

/** Operations on sync files. */
export const fenceOperations: Readonly<Record<string, Operation>> = {
  export: (session, [name = '', buffer = '', access = '']) => {
    session.keep(name, session.buffer(buffer).exportSyncFile(flags(access)));
    return 0;
  },
  import: (session, [buffer = '', name = '', access = '']) => {
    session.buffer(buffer).importSyncFile(flags(access), session.file(name));
    return 0;
  },
  merge: (session, [name = '', first = '', second = '']) => {
    session.keep(name, session.stack.fences.merge(name, session.syncFile(first), session.file(second)));
    return 0;
  },
  fence: (session, [name = '']) => {
    const info = session.syncFile(name).info();
    const entries = info.fences.map((fence) => ` ${fence.driverName}=${status(fence.status)}`);
    return `status=${status(info.status)} n=${info.fences.length}${entries.join('')}`;
  },
};
