import { bulk, composeStack, defineGadget, type FaultName } from '@gadgetloom/gadget';
import { BufferPool, receiveFrom, type TransferCompletion, transferTo } from '@gadgetloom/streams';
import { firstValueFrom, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { knownBackends } from './backends.ts';

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { echo: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } } },
});

/** The faults that each simulated backend cannot do. It can do all others. */
const IMPOSSIBLE: Readonly<Record<string, readonly FaultName[]>> = {
  mock: ['dmaError'],
  dwc3: ['stall', 'fail', 'refuse'],
  musb: ['stall', 'fail', 'refuse'],
};

async function open(backend: string) {
  const stack = await composeStack({ gadget, backends: knownBackends({ speed: 'high' }), backend });
  const host = await stack.host();
  await host.open();
  await host.claimInterface(0);
  const pool = new BufferPool(stack.allocate({ count: 1, size: 4096 }));
  const { clock } = stack;
  const { endpoints } = host.configuration!.interfaces[0]!.alternate;
  const out = endpoints.find(({ direction }) => direction === 'out')!.endpointNumber;
  return {
    ...{ stack, clock, host, out, faults: stack.faults },
    send: async (): Promise<TransferCompletion> =>
      firstValueFrom(transferTo(stack.endpoint('echo.up'), { clock, returnTo: pool })(of(await pool.acquire()))),
    receive: (): Promise<TransferCompletion> =>
      firstValueFrom(receiveFrom(stack.endpoint('echo.down'), pool, { clock, length: 4096 }).pipe(take(1))),
    [Symbol.asyncDispose]: () => stack.close(),
  };
}

describe.each(Object.keys(IMPOSSIBLE))('on %s', (backend) => {
  it('a cable that is pulled ends the transfer that is under way', async () => {
    await using device = await open(backend);
    const fault = device.faults.disconnectAfter({ packets: 3 });
    const sent = device.send();
    await expect(device.host.transferIn(1, 4096)).rejects.toThrow();
    expect(await sent).toMatchObject({ status: 'ESHUTDOWN' });
    expect(fault.hits).toBe(1);
  });

  it.each(['nak', 'crcError'] as const)('%s is a delay, and nothing is lost', async (name) => {
    await using device = await open(backend);
    const fault = device.faults[name]({ endpoint: 'in', after: { packets: 2 }, times: 2 });
    const sent = device.send();
    expect((await device.host.transferIn(1, 4096)).data?.byteLength).toBe(4096);
    expect(await sent).toMatchObject({ status: 'ok' });
    expect(fault).toMatchObject({ hits: 2, over: true });
  });

  it('a late interrupt makes a completion late', async () => {
    await using device = await open(backend);
    const by = 50_000_000;
    const before = device.clock.now();
    device.faults.lateInterrupt({ by });
    const received = device.receive();
    await device.host.transferOut(device.out, new Uint8Array(4096));
    expect((await received).status).toBe('ok');
    expect(device.clock.now() - before).toBeGreaterThanOrEqual(by);
  });

  it('memory runs out when asked to', async () => {
    await using device = await open(backend);
    const fault = device.faults.outOfMemory();
    expect(() => device.stack.allocate({ count: 1, size: 4096 })).toThrow('ENOMEM');
    device.stack.allocate({ count: 1, size: 4096 });
    expect(fault.hits).toBe(1);
  });

  it('what cannot be done is said', async () => {
    await using device = await open(backend);
    const { faults } = device;
    const names: readonly FaultName[] = [
      'nak',
      'babble',
      'crcError',
      'stall',
      'fail',
      'refuse',
      'loseEvent',
      'dmaError',
    ];
    expect(names.filter((name) => faults.whyNot(name) !== undefined)).toEqual(
      names.filter((name) => IMPOSSIBLE[backend]?.includes(name)),
    );
    for (const name of IMPOSSIBLE[backend] ?? [])
      expect(() => faults[name as 'nak']()).toThrow(`${name} is not possible with this backend`);
  });

  it('everything that was asked for can be taken back', async () => {
    await using device = await open(backend);
    device.faults.neverReads({ endpoint: 'in' });
    device.faults.loseEvent({ after: { transfers: 100 } });
    expect(device.faults.pending).toHaveLength(2);
    device.faults.clear();
    expect(device.faults.pending).toEqual([]);
    const sent = device.send();
    await device.host.transferIn(1, 4096);
    expect(await sent).toMatchObject({ status: 'ok' });
  });
});
