import { createHash } from 'node:crypto';
import { isKernelError, seededRandom } from '@gadgetloom/core';
import { bulk, composeStack, defineGadget } from '@gadgetloom/gadget';
import { BufferPool, receiveFrom, transferTo } from '@gadgetloom/streams';
import { VIRTUAL_HOST } from '@gadgetloom/virtual-host/model';
import { lastValueFrom, of, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { gadgetloom } from '../test/captured-output.ts';
import { workFolder } from '../test/work-folder.ts';
import { knownBackends } from './backends.ts';

function noise(length: number): Uint8Array {
  const random = seededRandom(length);
  return Uint8Array.from({ length }, () => random() * 256);
}

/** Backends that need no hardware. The lab runs the same program with the other backend on the real kernel. */
const simulated = knownBackends()
  .map(({ name }) => name)
  .filter((name) => name !== 'linux');
const fastest: Readonly<Record<string, readonly string[]>> = { musb: ['full', 'high'] };
const runs = simulated.flatMap((backend) =>
  (fastest[backend] ?? ['full', 'high', 'super']).map((speed) => [backend, speed] as const),
);

describe('the main job', () => {
  it.each(runs)('on %s at %s speed brings the file back identical', { timeout: 30_000 }, async (backend, speed) => {
    const bytes = noise(200_000);
    const path = workFolder({ input: bytes });
    const args = ['--backend', backend, '--speed', speed, '--input', path('input'), '--json'];
    const { status, out, err } = await gadgetloom('run', ...args);
    expect([status, err]).toEqual([0, '']);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const way = { bytes: bytes.length, errors: 0, path: backend === 'musb' ? 'copy' : 'dmabuf' };
    expect(JSON.parse(out)).toMatchObject({
      ...{ backend, speed, verdict: 'identical', sha256: { sent: hash, received: hash } },
      ...{ in: way, out: way },
    });
  });

  it('says that bytes are copied where they are, and refuses if that was asked for', { timeout: 30_000 }, async () => {
    const path = workFolder({ input: noise(5000) });
    const copied = await gadgetloom('run', '--backend', 'musb', '--input', path('input'));
    expect(copied.out).toMatch(/^IN .*copied$/m);
    expect(copied.out).toMatch(/^copied: .*no scatter-gather.*EPERM/m);
    const refused = await gadgetloom('run', '--backend', 'musb', '--input', path('input'), '--fallback', 'error');
    expect([refused.status, refused.err]).toEqual([1, expect.stringMatching(/EPERM.*scatter-gather/s)]);
  });
});

const gadget = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: { echo: { class: 0xff, endpoints: { up: bulk.in(), down: bulk.out() } } },
});

/** A program that sends and receives over streams and does not know its backend. */
async function program(backend: string): Promise<{ readonly sent: string; readonly received: string }> {
  await using stack = await composeStack({ gadget, backends: knownBackends({ speed: 'high' }), backend });
  const device = await stack.resolve(VIRTUAL_HOST).waitForDevice();
  const pipes = device.endpoints();
  const stream = {
    depth: 2,
    clock: stack.clock,
    trace: stack.trace,
    scatterGather: stack.controller.features.scatterGather,
  };
  const up = new BufferPool(stack.allocate({ count: 2, size: 8192 }));
  const down = new BufferPool(stack.allocate({ count: 2, size: 8192 }));
  const outgoing = await up.acquire();
  outgoing.bytes().set(noise(8192));
  const sending = lastValueFrom(
    transferTo(stack.endpoint('echo.up'), { ...stream, returnTo: up })(of(outgoing)).pipe(toArray()),
  );
  const { data } = await pipes.find(({ direction }) => direction === 'in')!.transferIn(8192);
  await sending;
  const receiving = lastValueFrom(receiveFrom(stack.endpoint('echo.down'), down, stream).pipe(take(1)));
  await pipes.find(({ direction }) => direction === 'out')!.transferOut(noise(8192));
  using received = await receiving;
  await received.buffer.beginCpuAccess('read');
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const result = { sent: digest(data), received: digest(received.buffer.bytes()) };
  received.buffer.endCpuAccess('read');
  return result;
}

describe('one program', () => {
  const hash = createHash('sha256').update(noise(8192)).digest('hex');

  it.each(simulated)('runs on %s by one setting', { timeout: 30_000 }, async (backend) => {
    expect(await program(backend)).toEqual({ sent: hash, received: hash });
  });

  it('says why where it cannot', async () => {
    const outcome = await program('linux').catch((refusal: unknown) => refusal);
    if (isKernelError(outcome) || outcome instanceof Error) expect(outcome.message).toMatch(/linux/i);
    else expect(outcome).toEqual({ sent: hash, received: hash });
  });
});
