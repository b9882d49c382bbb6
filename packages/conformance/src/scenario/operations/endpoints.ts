import { isKernelError, SECOND } from '@gadgetloom/core';
import type { EndpointFile } from '@gadgetloom/functionfs';
import { crc32, fillPattern } from '../pattern.ts';
import type { ScenarioSession } from '../session.ts';
import type { Operation } from './operation.ts';

/** A call that blocked at least this long says so in its outcome. */
const NOTABLE = 2 * SECOND;

/** Runs a call that may block; a failure after a long wait carries the time: `EBUSY (after ~5s)`. */
async function timed(session: ScenarioSession, call: () => Promise<unknown>): Promise<string> {
  const start = session.stack.clock.now();
  const after = (): string => {
    const waited = session.stack.clock.now() - start;
    return waited >= NOTABLE ? ` (after ~${Math.round(waited / SECOND)}s)` : '';
  };
  try {
    await call();
  } catch (error) {
    if (isKernelError(error)) return `${error.code}${after()}`;
    throw error;
  }
  return `0${after()}`;
}

const ioctls: Readonly<Record<string, (file: EndpointFile) => Promise<string | number>>> = {
  desc: async (file) => {
    const { address, attributes, maxPacketSize } = await file.endpointDescriptor();
    return `addr=${address.toString(16).padStart(2, '0')} attr=${attributes} mps=${maxPacketSize}`;
  },
  revmap: (file) => file.endpointRevmap(),
  fifo_status: (file) => file.fifoStatus(),
  fifo_flush: async (file) => {
    await file.fifoFlush();
    return 0;
  },
  clear_halt: async (file) => {
    await file.clearHalt();
    return 0;
  },
};

/** Operations on endpoint files: the DMABUF ioctls, the copying path, the other ioctls. */
export const endpointOperations: Readonly<Record<string, Operation>> = {
  // ATTACH waits for the buffer's lock with O_NONBLOCK too: dma_buf_attach takes it before f_fs.c tries to.
  attach: (session, [name = '', buffer = '']) =>
    timed(session, () => session.endpoint(name).attachBlocking(session.file(buffer))),
  detach: (session, [name = '', buffer = '']) =>
    timed(session, async () => session.endpoint(name).detach(session.file(buffer))),
  xfer: (session, [name = '', buffer = '', length, flags = 0]) => {
    const endpoint = session.endpoint(name);
    const file = session.file(buffer);
    return timed(session, async () =>
      endpoint.nonblock
        ? endpoint.transfer(file, Number(length), Number(flags))
        : endpoint.transferBlocking(file, Number(length), Number(flags)),
    );
  },
  nonblock: (session, [name = '', value]) => {
    session.openEndpoint(name).nonblock = value === 'on';
    return 0;
  },
  openep: async (session, [name = '', nonblock]) => {
    session.keepEndpoint(await session.mount.openEndpoint(name, { nonblock: nonblock === 'nonblock' }));
    return 0;
  },
  closeep: (session, [name = '']) => {
    session.openEndpoint(name).close();
    return 0;
  },
  epread: async (session, [name = '', length]) => {
    const bytes = new Uint8Array(Number(length));
    const count = await session.endpoint(name).read(bytes);
    return count > 0 ? `${count} crc=${crc32(bytes.subarray(0, count))}` : count;
  },
  epwrite: (session, [name = '', length, seed = 0]) => {
    const bytes = new Uint8Array(Number(length));
    fillPattern(bytes, Number(seed));
    return session.endpoint(name).write(bytes);
  },
  epioctl: async (session, [name = '', ioctl = '']) => {
    const endpoint = session.endpoint(name);
    return (await ioctls[ioctl]?.(endpoint)) ?? endpoint.ioctl(ioctl);
  },
  ep0read: (session, [length]) => session.ep0.read(new Uint8Array(Number(length))),
  ep0write: (session, [length]) => session.ep0.write(new Uint8Array(Number(length))),
};
