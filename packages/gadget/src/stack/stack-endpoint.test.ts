import type { OpenFile } from '@gadgetloom/core';
import type { DmaFence } from '@gadgetloom/dmabuf';
import type { EndpointFile } from '@gadgetloom/functionfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bulk } from '../definition/endpoints.ts';
import { StackEndpoint } from './stack-endpoint.ts';

/** A fence that is over when its status is set. */
interface Fence {
  status: number;
  waits: number;
}

/** A stack's endpoint over a file that keeps its fences and what is attached. */
function rig() {
  const fences: Fence[] = [];
  const attached: OpenFile[] = [];
  const file: Partial<EndpointFile> = {
    name: 'ep1',
    fd: 5,
    attach: (buffer) => void attached.push(buffer),
    detach: (buffer) => void attached.splice(attached.indexOf(buffer), 1),
    transfer: () => {
      const fence: Fence & { wait(): Promise<number> } = {
        status: 0,
        waits: 0,
        wait: async () => {
          fence.waits++;
          return fence.status;
        },
      };
      fences.push(fence);
      return fence as unknown as DmaFence;
    },
  };
  return { endpoint: new StackEndpoint('f.e', bulk.in(), file as EndpointFile), fences, attached };
}

const buffer = (fd = 3): OpenFile => ({ fd, close: () => {}, [Symbol.dispose]: () => {} });

describe('an endpoint of a stack', () => {
  it('waits for exactly the transfers that are not over, in whichever order they end', async () => {
    const steps = fc.array(fc.oneof(fc.constant('transfer' as const), fc.nat({ max: 20 })), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(steps, async (todo) => {
        const { endpoint, fences } = rig();
        const memory = buffer();
        for (const step of todo) {
          if (step === 'transfer') endpoint.transfer(memory, 1);
          else {
            const pending = fences.filter(({ status }) => status === 0);
            const one = pending[step % Math.max(1, pending.length)];
            if (one) one.status = step % 2 === 0 ? 1 : -108;
          }
        }
        const left = fences.filter(({ status }) => status === 0);
        expect(await endpoint.settle(1)).toBe(left.length);
        expect(fences.filter(({ waits }) => waits > 0)).toEqual(left);
      }),
    );
  });

  it('detaches each buffer as often as it is attached', () => {
    const { endpoint, attached } = rig();
    const [one, two] = [buffer(), buffer()];
    for (const memory of [one, two, one, one]) endpoint.attach(memory);
    endpoint.detach(one);
    endpoint.release(two);
    expect(attached).toEqual([one, one]);
    endpoint.releaseAll();
    expect(attached).toEqual([]);
  });

  it('leaves buffers whose descriptor is closed to the endpoint file', () => {
    const { endpoint, attached } = rig();
    const gone = { ...buffer(), fd: 3 };
    endpoint.attach(gone);
    gone.fd = -1;
    endpoint.releaseAll();
    expect(attached).toEqual([gone]);
  });

  it('can end calls that wait only where the file can', () => {
    const { endpoint } = rig();
    expect(endpoint.interrupt).toBeUndefined();
    let interrupted = 0;
    const file = { name: 'ep1', interrupt: () => void interrupted++ } as Partial<EndpointFile> as EndpointFile;
    new StackEndpoint('f.e', bulk.in(), file).interrupt?.();
    expect(interrupted).toBe(1);
  });
});
