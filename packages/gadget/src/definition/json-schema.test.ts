import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import { bulk, isochronous } from './endpoints.ts';
import { gadgetJsonSchema } from './schema.ts';

const schema = gadgetJsonSchema();
const editor = z.fromJSONSchema(schema);

describe('the JSON Schema', () => {
  it('is published as gadget.schema.json, as the checks have it (vitest -u writes it anew)', async () => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../gadget.schema.json');
  });

  it('accepts every gadget that is right', () => {
    fc.assert(
      fc.property(arbitraryGadget(), (gadget) => {
        expect(editor.safeParse({ $schema: './gadget.schema.json', ...gadget }).error).toBeUndefined();
      }),
    );
  });

  it.each([
    ['a number that is too large', { vendorId: 70_000 }],
    ['an unknown field', { prodct: 'Scope' }],
    ['a name that is none', { functions: { 'a b': {} } }],
    ['an unknown field of a function', { functions: { f: { clas: 1 } } }],
    ['a packet that is too large', { functions: { f: { endpoints: { e: isochronous.in({ packetSize: 2048 }) } } } }],
    ['a field of another kind of endpoint', { functions: { f: { endpoints: { e: { ...bulk.in(), interval: 1 } } } } }],
    ['fields of both kinds of functions', { functions: { f: { kernel: 'acm', endpoints: {} } } }],
    ['a report descriptor that is none', { functions: { f: { hid: { reportDescriptor: '5 1' } } } }],
    ['an unknown field of a class descriptor', { functions: { f: { dfu: { transferSize: 1, timeout: 1 } } } }],
    ['a list of GUIDs', { functions: { f: { microsoftOs: { properties: { GUIDs: ['a'] } } } } }],
    ['an environment without backend', { environments: { ci: {} } }],
  ])('shows %s', (_, changes) => {
    expect(editor.safeParse({ vendorId: 1, productId: 2, functions: { f: {} }, ...changes }).success).toBe(false);
  });

  it('says what each field is', () => {
    const { properties } = schema as { properties: Record<string, { description?: string }> };
    const texts = ['manufacturer', 'product', 'serialNumber'];
    const silent = Object.entries(properties).filter(
      ([name, { description }]) => !description && !texts.includes(name),
    );
    expect(silent).toEqual([]);
  });
});
