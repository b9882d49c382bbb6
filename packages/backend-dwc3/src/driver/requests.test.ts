import { Errno, errnoCode } from '@gadgetloom/core';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { UsbRequest } from '@gadgetloom/udc';
import { pattern, sameBytes } from '@gadgetloom/udc/testing';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { DWC3_BOARD, dwc3 } from '../plugin/dwc3.ts';
import type { Dwc3Options } from '../plugin/dwc3-options.ts';

async function stack(options: Dwc3Options = {}) {
  const pieces = new TinyContainer(dwc3(options));
  const loopback = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  const board = pieces.resolve(DWC3_BOARD);
  const outcomes: string[] = [];
  const find = (name: string) => board.gadget.endpoints.find((endpoint) => endpoint.name === name)!;
  const make = (bytes: Uint8Array, name = String(outcomes.length)): UsbRequest => {
    const request = new UsbRequest();
    request.buffer = bytes;
    request.length = bytes.length;
    request.complete = () => {
      outcomes.push(`${name} ${request.status === 0 ? 'ok' : errnoCode(request.status)} ${request.actual}`);
    };
    return request;
  };
  return { ...loopback, board, outcomes, find, make };
}

describe('requests on a data endpoint', () => {
  it('complete in order, with what moved', async () => {
    const { find, make, outcomes, device } = await stack();
    for (const [at, length] of [100, 1024, 0, 3000].entries()) find('ep1in').queue(make(pattern(length), `r${at}`));
    const reads = [1024, 1024, 1024, 3000].map((length) => device.pipe(0x81).transferIn(length));
    expect((await Promise.all(reads)).map(({ actual }) => actual)).toEqual([100, 1024, 0, 3000]);
    await settle();
    expect(outcomes).toEqual(['r0 ok 100', 'r1 ok 1024', 'r2 ok 0', 'r3 ok 3000']);
  });

  it('OUT, of any length, take whole packets and drop what they have no room for', async () => {
    const { find, make, outcomes, device } = await stack();
    const memory = new Uint8Array(700);
    find('ep1out').queue(make(memory, 'short'));
    await device.pipe(0x01).transferOut(pattern(1000));
    await settle();
    expect(outcomes).toEqual(['short ok 700']);
    expect(sameBytes(memory, pattern(1000).subarray(0, 700))).toBe(true);
  });

  it('IN, of whole packets, end with a zero-length packet if that was asked for', async () => {
    const { find, make, device } = await stack();
    const request = make(pattern(2048));
    request.zero = true;
    find('ep1in').queue(request);
    expect(await device.pipe(0x81).transferIn(4096)).toMatchObject({ status: 0, actual: 2048 });
  });

  it('that wait are cancelled one by one; those with TRBs all together', async () => {
    const { find, make, outcomes } = await stack();
    const requests = Array.from({ length: 260 }, (_, at) => make(new Uint8Array(8), `r${at}`));
    for (const request of requests) find('ep1in').queue(request);
    find('ep1in').dequeue(requests[258]!);
    expect(outcomes).toEqual(['r258 ECONNRESET 0']);
    find('ep1in').dequeue(requests[3]!);
    expect(outcomes).toHaveLength(1);
    await settle();
    expect(outcomes).toHaveLength(1 + 255);
    expect(new Set(outcomes.map((text) => text.split(' ')[1]))).toEqual(new Set(['ECONNRESET']));
    expect(() => find('ep1in').dequeue(requests[3]!)).toThrow('EINVAL');
  });

  it('keep an endpoint from halting while they are with the hardware', async () => {
    const { find, make } = await stack();
    find('ep1in').queue(make(new Uint8Array(8)));
    expect(() => find('ep1in').setHalt(true)).toThrow('EAGAIN');
    find('ep2in').setHalt(true);
  });

  it('fail with EPIPE when a halt is cleared, even if there was none; later ones work', async () => {
    const { find, make, outcomes, device } = await stack();
    find('ep1in').queue(make(pattern(8), 'old'));
    find('ep1in').setHalt(false);
    find('ep1in').queue(make(pattern(8), 'new'));
    await settle();
    expect(outcomes).toEqual(['old EPIPE 0']);
    await device.pipe(0x81).transferIn(512);
    await settle();
    expect(outcomes).toEqual(['old EPIPE 0', 'new ok 8']);
  });

  it('on a halted endpoint wait until the host has cleared the halt', async () => {
    const { find, make, outcomes, device } = await stack();
    find('ep1in').setHalt(true);
    find('ep1in').queue(make(pattern(8), 'r'));
    expect((await device.pipe(0x81).transferIn(512)).status).toBe(-Errno.EPIPE);
    await device.clearHalt(0x81);
    expect((await device.pipe(0x81).transferIn(512)).actual).toBe(8);
    await settle();
    expect(outcomes).toEqual(['r ok 8']);
  });

  it('are refused twice, and without a host', async () => {
    const { find, make, gadget } = await stack();
    const request = make(new Uint8Array(8));
    find('ep1in').queue(request);
    expect(() => find('ep1in').queue(request)).toThrow('EINVAL');
    // Where its submitter has overwritten the status, it is still queued.
    request.status = 0;
    for (const name of ['ep1in', 'ep2in']) expect(() => find(name).queue(request)).toThrow('EINVAL');
    const untouched = make(new Uint8Array(8));
    find('ep1in').queue(untouched);
    await gadget.unbind();
    // The driver sets the status only where there is none yet.
    expect([request.status, untouched.status]).toEqual([0, -Errno.ESHUTDOWN]);
    expect(() => find('ep1in').queue(make(new Uint8Array(8)))).toThrow('ESHUTDOWN');
  });

  it('for which there are no addresses are mapped as a whole once there are', async () => {
    const { find, make, board, outcomes, device } = await stack();
    const { memory } = board;
    const taken: number[] = [];
    // All but one page; the last ones page by page.
    for (let pages = 64; pages >= 1; ) {
      try {
        taken.push(memory.mapSingle(new Uint8Array(0), 0, pages * 4096, 'to-device'));
      } catch {
        pages = pages > 1 ? 1 : 0;
      }
    }
    memory.unmapSingle(taken.pop()!);
    const bytes = pattern(8192);
    const request = make(bytes, 'both');
    request.sg = {
      entries: [0, 4096].map((offset) => ({ dmaAddress: 0, length: 4096, memory: bytes, offset })),
    };
    request.buffer = undefined;
    expect(() => find('ep1in').queue(request)).toThrow('EFAULT');
    for (const address of taken) memory.unmapSingle(address);
    find('ep1in').queue(make(pattern(10), 'next'));
    const { data, actual } = await device.pipe(0x81).transferIn(8192);
    expect(sameBytes(data.subarray(0, actual), bytes)).toBe(true);
    await device.pipe(0x81).transferIn(1024);
    await settle();
    expect(outcomes).toEqual(['both ok 8192', 'next ok 10']);
  });

  it('leave no memory mapped behind', async () => {
    const { find, make, board, device, gadget } = await stack();
    const before = board.memory.mappedPages;
    find('ep1in').queue(make(pattern(10_000)));
    expect(board.memory.mappedPages).toBe(before + 3);
    await device.pipe(0x81).transferIn(16_384);
    await settle();
    expect(board.memory.mappedPages).toBe(before);
    find('ep1out').queue(make(new Uint8Array(5000)));
    await gadget.unbind();
    expect(board.memory.mappedPages).toBe(before);
    board[Symbol.dispose]();
    expect(board.memory.mappedPages).toBe(0);
  });
});

/** Until every deferred job has run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
