import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import { FakeKernel } from '../../test/fake-kernel.ts';
import type { GadgetDefinition } from '../definition/definition.ts';
import { bulk } from '../definition/endpoints.ts';
import { composeStack } from './compose-stack.ts';

const gadget: GadgetDefinition = {
  vendorId: 1,
  productId: 2,
  functions: { left: { endpoints: { a: bulk.in(), b: bulk.out() } }, right: { endpoints: { c: bulk.in() } } },
};

/** The names in `text`, in reverse: what was opened has to be closed so. */
function reversed(steps: readonly string[], verb: string): string[] {
  return steps.flatMap((step) => (step.startsWith(`${verb} `) ? [step.slice(verb.length + 1)] : [])).reverse();
}

describe('opening a stack', () => {
  it('makes every function ready before the host sees anything', async () => {
    const kernel = new FakeKernel();
    await using stack = await composeStack({ gadget, plugins: [kernel.plugin()] });
    expect(kernel.steps).toEqual([
      'open exporter',
      'open functionfs',
      'open controller',
      'open watch',
      'open gadget',
      'open mount left',
      'open left/ep0',
      'write left/ep0',
      'write left/ep0',
      'open left/ep1',
      'open left/ep2',
      'open mount right',
      'open right/ep0',
      'write right/ep0',
      'write right/ep0',
      'open right/ep1',
      'open bind',
    ]);
    expect(stack.endpoints.map(({ gadgetName, direction }) => `${gadgetName} ${direction}`)).toEqual([
      'left.a in',
      'left.b out',
      'right.c in',
    ]);
  });

  it('can leave binding to the program', async () => {
    const kernel = new FakeKernel();
    await using stack = await composeStack({ gadget, plugins: [kernel.plugin()], bind: false });
    expect(kernel.bound).toBe(false);
    await stack.usbGadget.bind();
    expect(kernel.bound).toBe(true);
  });

  it('undoes everything when a step fails, whichever it is', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryGadget({ endpoints: 3 }), fc.nat({ max: 30 }), async (wanted, failAt) => {
        const kernel = new FakeKernel();
        kernel.failAt = failAt;
        const composed = composeStack({ gadget: wanted, plugins: [kernel.plugin()] });
        const failed = await composed.then(
          async (stack) => {
            expect(kernel.steps.length, 'opened although a step had to fail').toBeLessThanOrEqual(failAt);
            await stack.close();
            return undefined;
          },
          (error: unknown) => error,
        );
        if (failed !== undefined) expect(failed).toMatchObject({ code: 'EIO', operation: expect.any(String) });
        expect(kernel.open).toEqual([]);
        expect(kernel.bound).toBe(false);
      }),
    );
  });

  it('fails with the reason, also when undoing fails', async () => {
    const kernel = new FakeKernel();
    kernel.failAt = 10;
    kernel.unclosable = 'left/ep0';
    const failure = await composeStack({ gadget, plugins: [kernel.plugin()] }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AggregateError);
    expect(failure).toMatchObject({
      message: expect.stringContaining('EIO'),
      errors: [{ code: 'EIO' }, { code: 'EBUSY' }],
    });
  });
});

describe('closing a stack', () => {
  it('goes in reverse order of opening, after hiding the gadget from the host', async () => {
    const kernel = new FakeKernel();
    const stack = await composeStack({ gadget, plugins: [kernel.plugin()] });
    const buffers = stack.allocate({ count: 1, size: 4096 });
    await stack.close();
    expect(reversed(kernel.steps, 'close')).toEqual(reversed(kernel.steps, 'open').reverse());
    expect(kernel.steps.indexOf('disconnect')).toBeLessThan(kernel.steps.indexOf('close buffer'));
    expect([kernel.open, buffers.at(0).fd]).toEqual([[], -1]);
  });

  it('twice is harmless', async () => {
    const kernel = new FakeKernel();
    const stack = await composeStack({ gadget, plugins: [kernel.plugin()] });
    await Promise.all([stack.close(), stack.close()]);
    await stack[Symbol.asyncDispose]();
    expect(kernel.open).toEqual([]);
  });

  it('does not unbind what the program has unbound', async () => {
    const kernel = new FakeKernel();
    const stack = await composeStack({ gadget, plugins: [kernel.plugin()] });
    await stack.usbGadget.unbind();
    await stack.close();
    expect(kernel.open).toEqual([]);
    expect(kernel.steps).not.toContain('disconnect');
  });

  it('goes on when something cannot be closed, and tells', async () => {
    const kernel = new FakeKernel();
    const stack = await composeStack({ gadget, plugins: [kernel.plugin()] });
    kernel.unclosable = 'left/ep1';
    await expect(stack.close()).rejects.toMatchObject({ code: 'EBUSY' });
    expect(kernel.open).toEqual([]);
  });
});
