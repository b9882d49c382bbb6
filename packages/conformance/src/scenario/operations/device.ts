import { KernelError, MILLISECOND, sleep } from '@gadgetloom/core';
import { decodeEvents, EVENT_SIZE } from '@gadgetloom/functionfs';
import { crc32, fillPattern } from '../pattern.ts';
import type { Operation } from './operation.ts';

/** Events that one read asks for; the kernel's queue holds four. */
const EVENTS_PER_READ = 8;
const HOST_TIMEOUT = 1000;

/** Operations on the gadget as a whole, its events, and the host. */
export const deviceOperations: Readonly<Record<string, Operation>> = {
  bind: async (session) => {
    await session.gadget.bind();
    await session.stack.host.configured();
    return 0;
  },
  unbind: async (session) => {
    await session.gadget.unbind();
    return 0;
  },
  state: (session) => session.stack.controller.state,
  disconnect: async (session) => {
    await session.stack.controller.disconnect();
    return 0;
  },
  events: async (session) => {
    session.ep0.nonblock = true;
    const bytes = new Uint8Array(EVENTS_PER_READ * EVENT_SIZE);
    const count = await session.ep0.read(bytes);
    const events = decodeEvents(bytes.subarray(0, count));
    return events.map(({ type }) => type).join(' ');
  },
  hostin: async (session, [name = '', length, timeout = HOST_TIMEOUT]) => {
    const index = session.endpointIndex(name);
    const bytes = await session.stack.host.bulkIn(index, Number(length), Number(timeout) * MILLISECOND);
    return bytes.length > 0 ? `${bytes.length} crc=${crc32(bytes)}` : 0;
  },
  hostout: (session, [name = '', length, timeout = HOST_TIMEOUT, seed = 0]) => {
    const bytes = new Uint8Array(Number(length));
    fillPattern(bytes, Number(seed));
    return session.stack.host.bulkOut(session.endpointIndex(name), bytes, Number(timeout) * MILLISECOND);
  },
  hosthalt: async (session, [name = '']) => {
    await session.stack.host.halt(session.endpointIndex(name));
    return 0;
  },
  hostclear: async (session, [name = '']) => {
    await session.stack.host.clearHalt(session.endpointIndex(name));
    return 0;
  },
  hostsetcfg: async (session, [value]) => {
    await session.stack.host.setConfiguration(Number(value));
    return 0;
  },
  hostsetif: async (session, [alternate]) => {
    await session.stack.host.setInterface(Number(alternate));
    return 0;
  },
  hostreset: async (session) => {
    await session.stack.host.reset();
    return 0;
  },
  hostsuspend: async ({ stack: { host } }) => {
    if (host.suspend === undefined)
      throw new KernelError('EOPNOTSUPP', 'hostsuspend', 'this host cannot suspend the device.');
    await host.suspend();
    return 0;
  },
  hostctrl: (session, [requestType, request, value, index, length]) =>
    session.stack.host.control(Number(requestType), Number(request), Number(value), Number(index), Number(length)),
  sleep: async (session, [time]) => {
    await sleep(session.stack.clock, Number(time) * MILLISECOND);
    return 0;
  },
};
