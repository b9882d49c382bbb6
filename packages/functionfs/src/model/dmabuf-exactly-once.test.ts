import { isKernelError } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bench, settle } from '../../test/bench.ts';
import type { EndpointFileModel } from './endpoint-file-model.ts';

const ENDPOINTS = ['ep1', 'ep2', 'ep3', 'ep4'] as const;
const HARDWARE = ['ep1in', 'ep2out', 'ep6in', 'ep7out'] as const;

/** What a program, a host and a controller may do, and how often it is chosen. */
const STEPS = {
  attach: 3,
  detach: 1,
  transfer: 8,
  block: 2,
  finish: 4,
  fail: 1,
  off: 1,
  on: 3,
  unbind: 1,
  bind: 3,
  reopen: 1,
} as const;
type Kind = keyof typeof STEPS;
/** Numbers choose the endpoint and the buffer. */
type Step = readonly [kind: Kind, endpoint: number, buffer: number];
const kinds = Object.entries(STEPS).map(([kind, weight]) => ({ arbitrary: fc.constant(kind as Kind), weight }));
const steps = fc.array(fc.tuple(fc.oneof(...kinds), fc.nat(3), fc.nat(2)), {
  minLength: 30,
  maxLength: 80,
  size: 'max',
});

/** Counts how often each fence signals. */
class Counter {
  readonly fences = new Map<DmaFence, number>();

  watch(fence: DmaFence): void {
    this.fences.set(fence, fence.status === 0 ? 0 : 1);
    fence.addCallback({ fenceSignaled: () => this.fences.set(fence, this.fences.get(fence)! + 1) });
  }
}

async function play(bench: Bench, files: EndpointFileModel[], buffers: ReturnType<Bench['allocate']>[], plan: Step[]) {
  const counter = new Counter();
  const waiting: Promise<unknown>[] = [];
  for (const file of files) for (const buffer of buffers) file.attach(buffer);
  const act = async ([kind, endpoint, which]: Step): Promise<void> => {
    const file = files[endpoint]!;
    const buffer = buffers[which]!;
    const hardware = bench.controller.endpoint(HARDWARE[endpoint]!);
    switch (kind) {
      case 'attach':
        return file.attach(buffer);
      case 'detach':
        return file.detach(buffer);
      case 'transfer':
        return counter.watch(file.transfer(buffer, 1));
      case 'block':
        waiting.push(
          file.transferBlocking(buffer, 1).then(
            (fence) => counter.watch(fence),
            (error) => expect(isKernelError(error)).toBe(true),
          ),
        );
        return;
      case 'finish':
      case 'fail':
        if (hardware.requests.length > 0) hardware.finish(kind === 'fail' ? -32 : 0);
        return;
      case 'off':
      case 'on':
        if (bench.gadget.bound) bench.controller.configure(kind === 'on' ? 1 : 0);
        return;
      case 'unbind':
        return bench.gadget.unbind();
      case 'bind':
        return bench.gadget.bind();
      case 'reopen':
        file.close();
        files[endpoint] = await bench.open(ENDPOINTS[endpoint]!);
    }
  };
  for (const step of plan) {
    await act(step).catch((error: unknown) => {
      if (!isKernelError(error)) throw error;
    });
    if (step[2] === 0) await settle();
  }
  for (const file of files) file[Symbol.dispose]();
  await Promise.all(waiting);
  return counter;
}

describe('whatever happens', () => {
  it('every transfer completes exactly once, and nothing is left of it', async () => {
    let transfers = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const bench = await Bench.configured();
        const files = await Promise.all(ENDPOINTS.map((name) => bench.open(name)));
        const buffers = [bench.allocate(), bench.allocate(), bench.allocate()];
        const counter = await play(bench, files, buffers, plan);
        transfers += counter.fences.size;
        for (const name of HARDWARE) {
          const { requests } = bench.controller.endpoint(name);
          while (requests.length > 0) bench.controller.endpoint(name).finish();
        }
        await settle();
        expect([...counter.fences.values()].filter((times) => times !== 1)).toEqual([]);
        for (const buffer of buffers) {
          const { object } = buffer;
          expect([object.references, object.attachments.length, object.resv.locked]).toEqual([1, 0, false]);
        }
        bench.ep0.close();
        expect(bench.mount.state).toBe('READ_DESCRIPTORS');
        expect(bench.gadget.bound).toBe(false);
      }),
      { seed: 5, numRuns: 100 },
    );
    expect(transfers).toBeGreaterThan(500);
  });
});

it('is not told of a second completion, which is the fault of the controller', async () => {
  const bench = await Bench.configured();
  const file = await bench.open('ep1');
  const buffer = bench.allocate();
  file.attach(buffer);
  const fence = file.transfer(buffer, 1);
  const hardware = bench.controller.endpoint(HARDWARE[0]);
  const [request] = hardware.requests;
  hardware.finish();
  expect(() => request!.complete(hardware, request!)).toThrow('The controller has completed a request twice');
  expect(fence.status).toBe(1);
});
