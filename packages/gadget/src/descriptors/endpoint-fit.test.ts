import { isKernelError, ResourceScope, VirtualClock } from '@gadgetloom/core';
import { DmaBufModel } from '@gadgetloom/dmabuf/model';
import { FunctionFsModel } from '@gadgetloom/functionfs/model';
import type { EndpointLimits, UsbSpeed } from '@gadgetloom/udc';
import { FunctionRegistry, UdcModel } from '@gadgetloom/udc/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import type { EndpointDefinition, GadgetDefinition } from '../definition/definition.ts';
import { bulk, interrupt, isochronous } from '../definition/endpoints.ts';
import { DescribedController } from '../describe/described-controller.ts';
import { functionEndpoints } from '../stack/function-endpoints.ts';
import { openGadget } from '../stack/open-gadget.ts';
import { fitProblems } from './endpoint-fit.ts';

/** `'ep1in bulk interrupt in 512'`. */
function limits(text: string): EndpointLimits {
  const [name = '', ...words] = text.split(' ');
  const has = (word: string) => words.includes(word);
  return {
    name,
    maxPacketLimit: Number(words.at(-1)),
    capabilities: {
      control: false,
      isochronous: has('isochronous'),
      bulk: has('bulk'),
      interrupt: has('interrupt'),
      in: has('in'),
      out: has('out'),
    },
  };
}

function controller(maximumSpeed: UsbSpeed, endpoints: readonly EndpointLimits[] | undefined) {
  return { name: 'tiny.0', features: { scatterGather: true, maximumSpeed, virtual: true, endpoints } };
}

function gadget(endpoints: Record<string, EndpointDefinition>): GadgetDefinition {
  return { vendorId: 1, productId: 2, functions: { f: { endpoints } } };
}

const tiny = ['ep1in bulk interrupt in 512', 'ep1out bulk interrupt out 512', 'ep2in interrupt in 64'].map(limits);

/** What is said about these endpoints on the tiny controller. */
function messages(endpoints: Record<string, EndpointDefinition>, speed: UsbSpeed = 'high'): string[] {
  return fitProblems(gadget(endpoints), controller(speed, tiny)).map(({ message }) => message);
}

describe('a controller', () => {
  it('has room for what fits', () => {
    expect(messages({ a: bulk.in(), b: bulk.out(), c: interrupt.in() })).toEqual([]);
  });

  it('that does not tell its endpoints is given the benefit of the doubt', () => {
    expect(fitProblems(gadget({ a: isochronous.in({ packetSize: 1 }) }), controller('high', undefined))).toEqual([]);
  });

  it('can have too few of a kind', () => {
    expect(messages({ a: bulk.in(), b: bulk.in() })).toEqual([
      'endpoint "f.b" (bulk IN) has no place on the controller tiny.0: its one endpoint for bulk IN is taken (ep1in).',
    ]);
    expect(messages({ a: interrupt.in(), b: interrupt.in(), c: interrupt.in() })).toEqual([
      'endpoint "f.c" (interrupt IN) has no place on the controller tiny.0: all of its 2 endpoints for interrupt IN are taken (ep1in, ep2in).',
    ]);
  });

  it('can have none of a kind', () => {
    expect(messages({ a: isochronous.out({ packetSize: 64 }) })).toEqual([
      'endpoint "f.a" (isochronous OUT) has no place on the controller tiny.0: it has no endpoint for isochronous OUT; ' +
        'it has ep1in (bulk or interrupt IN, 512 bytes), ep1out (bulk or interrupt OUT, 512 bytes), ep2in (interrupt IN, 64 bytes).',
    ]);
  });

  it('can have too small packets, at the speeds that it reaches', () => {
    const endpoints = { a: interrupt.in({ packetSize: 1024 }) };
    expect(messages(endpoints)).toEqual([
      'endpoint "f.a" (interrupt IN) has packets of 1024 bytes at high speed; the controller tiny.0 would take ep1in for it, which takes 512.',
    ]);
    expect(messages(endpoints, 'full')).toEqual([]);
    expect(messages({ a: bulk.in() }, 'super')).toEqual([
      'endpoint "f.a" (bulk IN) has packets of 1024 bytes at super speed; the controller tiny.0 would take ep1in for it, which takes 512.',
    ]);
  });

  it('has room for every configuration by itself', () => {
    const endpoints = { a: bulk.in() };
    const two: GadgetDefinition = {
      ...gadget({}),
      functions: { f: { endpoints }, g: { endpoints } },
      configurations: { one: { functions: ['f'] }, two: { functions: ['g'] } },
    };
    expect(fitProblems(two, controller('high', tiny))).toEqual([]);
    const both = { ...two, configurations: { both: { functions: ['f', 'g'] }, again: { functions: ['f', 'g'] } } };
    expect(fitProblems(both, controller('high', tiny))).toHaveLength(1);
  });

  it('is asked as the kernel asks: what has a place can be bound, and what has none cannot', async () => {
    const kinds = fc.subarray(['isochronous', 'bulk', 'interrupt'], { minLength: 1 });
    const endpoint = fc.tuple(kinds, fc.subarray(['in', 'out'], { minLength: 1 }), fc.constantFrom(8, 64, 512, 1024));
    const lists = fc
      .array(endpoint, { maxLength: 12 })
      .map((list) =>
        list.map(([types, directions, size], n) =>
          limits(`ep${n + 1}x ${types.join(' ')} ${directions.join(' ')} ${size}`),
        ),
      );
    await fc.assert(
      fc.asyncProperty(arbitraryGadget({ endpoints: 4 }), lists, async (wanted, endpoints) => {
        const problems = fitProblems(wanted, controller('high', endpoints));
        const unplaced = problems.filter(({ message }) => message.includes('has no place'));
        expect(await binds(wanted, endpoints)).toBe(unplaced.length === 0);
      }),
      { numRuns: 60 },
    );
  });
});

/** Whether the simulated kernel can bind a gadget to a controller with these endpoints. */
async function binds(wanted: GadgetDefinition, endpoints: readonly EndpointLimits[]): Promise<boolean> {
  const clock = new VirtualClock({ auto: false });
  const functions = new FunctionRegistry();
  await using scope = new ResourceScope();
  const functionFs = scope.use(new FunctionFsModel({ dmabuf: new DmaBufModel({ clock }), functions, clock }));
  const hardware = new DescribedController('tiny.0', 'high', endpoints);
  const udc = scope.use(new UdcModel({ controller: hardware, functions, clock }));
  const functionFiles = functionEndpoints(wanted, () => {});
  const opening = { gadget: wanted, controller: udc, functionFs, functions: functionFiles, backend: undefined, scope };
  const usbGadget = await openGadget(opening);
  try {
    await usbGadget.bind();
    await usbGadget.unbind();
    return true;
  } catch (refusal) {
    if (isKernelError(refusal, 'EBUSY')) return false;
    throw refusal;
  }
}
