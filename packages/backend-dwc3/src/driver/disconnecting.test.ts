import { CLOCK, MILLISECOND, sleep } from '@gadgetloom/core';
import { EVENT_SIZE } from '@gadgetloom/functionfs';
import { openLoopback, TinyContainer } from '@gadgetloom/functionfs/testing';
import { FAULTS } from '@gadgetloom/udc/faults';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { describe, expect, it } from 'vitest';
import { dwc3 } from '../plugin/dwc3.ts';

async function open() {
  const pieces = new TinyContainer(dwc3());
  const loopback = await openLoopback(pieces, pieces.resolve(VIRTUAL_HOST));
  const clock = pieces.resolve(CLOCK);
  const later = () => sleep(clock, MILLISECOND);
  return { ...loopback, clock, later, faults: pieces.resolve(FAULTS) };
}

const vendor = (toHost: boolean, length: number) => ({
  ...{ requestType: toHost ? 0xc1 : 0x41, request: 5, value: 0, index: 0, length },
});

/** How a control transfer of the host's ended: bytes or errno. */
const outcomeOf = (transfer: Promise<Uint8Array | number>): Promise<string> =>
  transfer.then(
    (moved) => `ok ${typeof moved === 'number' ? moved : moved.length}`,
    (refusal: { readonly code: string }) => refusal.code,
  );

describe.each(['disconnect', 'unbind'] as const)('%s while a control transfer is under way', (way) => {
  const leave = (it: Awaited<ReturnType<typeof open>>) =>
    way === 'unbind' ? it.gadget.unbind() : it.controller.disconnect();

  it('finishes a request without data that the function has not answered', async () => {
    const it = await open();
    const outcome = outcomeOf(it.device.control(vendor(false, 0)));
    await it.later();
    const before = it.clock.now();
    await leave(it);
    expect(await outcome).toBe('ok 0');
    expect(it.clock.now() - before).toBeLessThan(500 * MILLISECOND);
  });

  it('waits half a second for a host that does not come again', async () => {
    const it = await open();
    const outcome = outcomeOf(it.device.control(vendor(false, 0)));
    await it.later();
    it.faults.neverReads({ endpoint: 0 });
    const before = it.clock.now();
    await leave(it);
    expect(it.clock.now() - before).toBe(500 * MILLISECOND);
    expect(await outcome).not.toMatch(/^ok/);
  });

  it('does not wait for a function that has not answered with data: no stage has begun', async () => {
    const it = await open();
    const outcome = outcomeOf(it.device.control(vendor(true, 8)));
    await it.later();
    const before = it.clock.now();
    await leave(it);
    expect(it.clock.now()).toBe(before);
    expect(await outcome).not.toMatch(/^ok/);
  });

  it('lets the host fetch what the function has answered already', async () => {
    const it = await open();
    const outcome = outcomeOf(it.device.control(vendor(true, 8)));
    await it.later();
    await it.ep0.read(new Uint8Array(4 * EVENT_SIZE));
    const written = it.ep0.write(new Uint8Array(8)).catch(() => undefined);
    await leave(it);
    expect(await outcome).toBe('ok 8');
    await written;
  });

  it('does not wait without one', async () => {
    const it = await open();
    const before = it.clock.now();
    await leave(it);
    expect(it.clock.now()).toBe(before);
  });
});
