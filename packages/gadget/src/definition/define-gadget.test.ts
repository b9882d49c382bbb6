import { isInputError } from '@gadgetloom/core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { defineGadget } from './define-gadget.ts';
import type { GadgetDefinition } from './definition.ts';
import type { EndpointDirection, EndpointName } from './endpoint-names.ts';
import { bulk, interrupt, isochronous } from './endpoints.ts';
import type { gadgetSchema } from './schema.ts';

const streamer = defineGadget({
  vendorId: 0x1d6b,
  productId: 0x0104,
  functions: {
    stream: { class: 0xff, endpoints: { samples: bulk.in(), commands: bulk.out() } },
    audio: {
      endpoints: { status: interrupt.in({ interval: 1 }) },
      alternates: [{ endpoints: { sound: isochronous.out({ packetSize: 192 }) } }],
    },
    pair: { interfaces: { left: { endpoints: { a: bulk.in() } }, right: { endpoints: { b: bulk.out() } } } },
    serial: { kernel: 'acm' },
  },
});
type Streamer = typeof streamer;
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

describe('a gadget that is defined in TypeScript', () => {
  it('is what was written', () => {
    expect(streamer.functions.stream.endpoints).toEqual({
      samples: { type: 'bulk', direction: 'in' },
      commands: { type: 'bulk', direction: 'out' },
    });
  });

  it('has the names of its endpoints in its type, whether in an interface, an alternate setting or several interfaces', () => {
    expectTypeOf<EndpointName<Streamer>>().toEqualTypeOf<
      | 'stream.samples'
      | 'stream.commands'
      | 'audio.status'
      | 'audio.sound'
      | 'pair.a'
      | 'pair.b'
      | 'pair.left.a'
      | 'pair.right.b'
    >();
  });

  it('has their directions in its type', () => {
    expectTypeOf<EndpointDirection<Streamer, 'stream.samples'>>().toEqualTypeOf<'in'>();
    expectTypeOf<EndpointDirection<Streamer, 'stream.commands'>>().toEqualTypeOf<'out'>();
    expectTypeOf<EndpointDirection<Streamer, 'audio.sound'>>().toEqualTypeOf<'out'>();
    expectTypeOf<EndpointDirection<Streamer, 'pair.a'>>().toEqualTypeOf<'in'>();
  });

  it('takes any name where the compiler cannot know them', () => {
    expectTypeOf<EndpointName<GadgetDefinition>>().toEqualTypeOf<string>();
    expectTypeOf<EndpointDirection<GadgetDefinition, string>>().toEqualTypeOf<'in' | 'out'>();
  });

  it('has the fields that gadget files have', () => {
    expectTypeOf<keyof GadgetDefinition>().toEqualTypeOf<keyof z.input<typeof gadgetSchema>>();
    expectTypeOf<Mutable<GadgetDefinition>>().toExtend<z.input<typeof gadgetSchema>>();
  });
});

describe('a field that does not exist', () => {
  const ids = { vendorId: 1, productId: 2 } as const;

  it.each([
    // @ts-expect-error "prodct"
    ['prodct', () => defineGadget({ ...ids, prodct: 'Scope', functions: { f: {} } })],
    // @ts-expect-error "clas"
    ['functions.f.clas', () => defineGadget({ ...ids, functions: { f: { clas: 0xff } } })],
    [
      'functions.f.interfaces.i.endpoint',
      // @ts-expect-error "endpoint"
      () => defineGadget({ ...ids, functions: { f: { interfaces: { i: { endpoint: {} } } } } }),
    ],
    // @ts-expect-error "atributes"
    ['functions.f.atributes', () => defineGadget({ ...ids, functions: { f: { kernel: 'acm', atributes: {} } } })],
    [
      'functions.f.endpoints.e.bust',
      // @ts-expect-error "bust"
      () => defineGadget({ ...ids, functions: { f: { endpoints: { e: bulk.in({ bust: 2 }) } } } }),
    ],
    [
      'configurations.c.power',
      // @ts-expect-error "power"
      () => defineGadget({ ...ids, functions: { f: {} }, configurations: { c: { functions: ['f'], power: 3 } } }),
    ],
    [
      'functions.f.hid.contry',
      // @ts-expect-error "contry"
      () => defineGadget({ ...ids, functions: { f: { hid: { reportLength: 9, contry: 1 } } } }),
    ],
    [
      'functions.f.interfaces.i.dfu.detachTimeOut',
      () =>
        defineGadget({
          ...ids,
          // @ts-expect-error "detachTimeOut"
          functions: { f: { interfaces: { i: { protocol: 2, dfu: { transferSize: 64, detachTimeOut: 1 } } } } },
        }),
    ],
    [
      'functions.f.dfu.attributes.upLoad',
      () =>
        defineGadget({
          ...ids,
          // @ts-expect-error "upLoad"
          functions: { f: { protocol: 2, dfu: { transferSize: 64, attributes: { upLoad: true } } } },
        }),
    ],
    [
      'functions.f.ccid.slot',
      // @ts-expect-error "slot"
      () => defineGadget({ ...ids, functions: { f: { ccid: { slot: 1 } } } }),
    ],
    [
      'functions.f.association.clas',
      // @ts-expect-error "clas"
      () => defineGadget({ ...ids, functions: { f: { association: { clas: 1 } } } }),
    ],
    [
      'functions.f.microsoftOs.compatibleID',
      // @ts-expect-error "compatibleID"
      () => defineGadget({ ...ids, functions: { f: { microsoftOs: { compatibleID: 'WINUSB' } } } }),
    ],
    [
      'functions.f.alternates[0].clas',
      // @ts-expect-error "clas"
      () => defineGadget({ ...ids, functions: { f: { alternates: [{ clas: 1 }] } } }),
    ],
    [
      'webUsb.page',
      // @ts-expect-error "page"
      () => defineGadget({ ...ids, webUsb: { page: 'https://example.com' }, functions: { f: {} } }),
    ],
    [
      'microsoftOs.code',
      // @ts-expect-error "code"
      () => defineGadget({ ...ids, microsoftOs: { code: 1 }, functions: { f: {} } }),
    ],
  ])('is a compile error, and an error when it runs: %s', (field, define) => {
    expect(define).toThrow(`${field} is not a field of`);
  });
});

describe('a definition that is wrong', () => {
  it('throws an InputError with the path of the field', () => {
    try {
      defineGadget({ vendorId: 70_000, productId: 2, functions: { f: {} } });
      expect.unreachable();
    } catch (error) {
      expect(isInputError(error)).toBe(true);
      expect(error).toMatchObject({ field: 'vendorId', location: undefined });
    }
  });

  it('lists everything that is wrong, a line each', () => {
    const define = () =>
      defineGadget({
        vendorId: -1,
        productId: 2,
        maxPower: 901,
        functions: { f: { endpoints: { e: isochronous.in({ packetSize: 2000 }) } } },
      });
    expect(define).toThrow(
      [
        'vendorId is -1; allowed is a number from 0 to 0xffff (65535), or as text, such as "0x1d6b".',
        'maxPower is 901; allowed is a whole number of mA from 0 to 900, the most that a port gives (USB 3.2, 9.6.3).',
        'endpoint "e" is isochronous with 2000 bytes; at high speed the limit is 1024 (USB 2.0, 5.6.3).',
      ].join('\n'),
    );
  });
});
