import { decodeDescriptors, decodeStrings, ENDPOINTS_MAX, validateDescriptors } from '@gadgetloom/functionfs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryGadget } from '../../test/arbitrary-gadget.ts';
import type { ProgramFunction } from '../definition/definition.ts';
import { bulk, interrupt } from '../definition/endpoints.ts';
import { programFunctions } from '../definition/gadget-parts.ts';
import { endpointPlans, functionBlobs } from './function-blobs.ts';

const ids = { vendorId: 1, productId: 2 } as const;

function blobsOf(definition: ProgramFunction, gadget: { maxSpeed?: 'full' | 'high'; language?: string } = {}) {
  const { descriptors, strings } = functionBlobs({ ...ids, ...gadget, functions: { f: definition } }, 'f', definition);
  return { descriptors: decodeDescriptors(descriptors), strings: decodeStrings(strings) };
}

const vendor = { class: 0xff, subClass: 0, protocol: 0 };

describe('what is written to ep0', () => {
  it('has the descriptors of every speed', () => {
    const { descriptors } = blobsOf({ endpoints: { samples: bulk.in({ burst: 4 }), commands: bulk.out() } });
    const set = (packet: number) => [
      { type: 'interface', number: 0, alternate: 0, endpoints: 2, ...vendor, string: 0 },
      { type: 'endpoint', address: 0x81, attributes: 2, maxPacketSize: packet, interval: 0 },
      { type: 'endpoint', address: 0x02, attributes: 2, maxPacketSize: packet, interval: 0 },
    ];
    const [intf, samples, commands] = set(1024);
    const companion = { type: 'companion', attributes: 0, bytesPerInterval: 0 };
    expect(descriptors).toEqual({
      full: set(64),
      high: set(512),
      super: [intf, samples, { ...companion, maxBurst: 3 }, commands, { ...companion, maxBurst: 0 }],
    });
  });

  it('has none for speeds above the fastest of the gadget', () => {
    expect(Object.keys(blobsOf({}, { maxSpeed: 'high' }).descriptors)).toEqual(['full', 'high']);
    expect(Object.keys(blobsOf({}, { maxSpeed: 'full' }).descriptors)).toEqual(['full']);
  });

  it('has several interfaces and their alternate settings in order, with their classes', () => {
    const { descriptors } = blobsOf({
      interfaces: {
        control: { class: 0x0a, subclass: '0x01', protocol: 2 },
        data: { endpoints: { a: bulk.in() }, alternates: [{ endpoints: { b: bulk.out(), c: interrupt.in() } }] },
      },
    });
    expect(descriptors.high).toMatchObject([
      { type: 'interface', number: 0, alternate: 0, endpoints: 0, class: 0x0a, subClass: 1, protocol: 2 },
      { type: 'interface', number: 1, alternate: 0, endpoints: 1, class: 0xff },
      { type: 'endpoint', address: 0x81 },
      { type: 'interface', number: 1, alternate: 1, endpoints: 2 },
      { type: 'endpoint', address: 0x02 },
      { type: 'endpoint', address: 0x83 },
    ]);
  });

  it('counts the strings that it needs, and gives all of them in every language', () => {
    const { descriptors, strings } = blobsOf({
      interfaces: { a: { description: 'left' }, b: {}, c: { description: { 'de-DE': 'rechts', 'fr-FR': 'droit' } } },
    });
    expect(descriptors.full).toMatchObject([{ string: 1 }, { string: 0 }, { string: 2 }]);
    expect(strings).toEqual([
      { language: 0x0409, strings: ['left', 'rechts'] },
      { language: 0x0407, strings: ['left', 'rechts'] },
      { language: 0x040c, strings: ['left', 'droit'] },
    ]);
  });

  it('has an association in front, with the number of its first interface', () => {
    const pair: ProgramFunction = {
      association: { subclass: 2, description: 'pair' },
      interfaces: { a: { class: 0xfe, description: 'first' }, b: {} },
    };
    const gadget = { ...ids, maxSpeed: 'full', functions: { sound: { kernel: 'uac2' }, pair } } as const;
    const blobs = functionBlobs(gadget, 'pair', pair);
    const association = { firstInterface: 3, interfaceCount: 2, class: 0xfe, subClass: 2, protocol: 0, string: 1 };
    const full = decodeDescriptors(blobs.descriptors).full!;
    expect(full[0]).toEqual({ type: 'association', ...association });
    expect(full[1]).toMatchObject({ type: 'interface', number: 0, string: 2 });
    expect(decodeStrings(blobs.strings)).toEqual([{ language: 0x0409, strings: ['pair', 'first'] }]);
  });

  it('has the descriptors of classes behind the interface', () => {
    const descriptorsOf = (definition: ProgramFunction) => blobsOf(definition, { maxSpeed: 'full' }).descriptors.full;
    const body = (hex: string) => ({
      type: 'class',
      body: Uint8Array.from(hex.split(' '), (one) => Number.parseInt(one, 16)),
    });
    expect(
      descriptorsOf({
        hid: { reportDescriptor: '05 01 09 06', country: 33 },
        descriptors: ['03 09 01'],
        endpoints: { e: interrupt.in() },
        alternates: [{ protocol: 1, hid: { version: '1.1', reportLength: 0x1234 } }],
      }),
    ).toMatchObject([
      { type: 'interface', class: 3, subClass: 0, protocol: 0 },
      body('11 01 21 01 22 04 00'),
      { type: 'otg', attributes: 1 },
      { type: 'endpoint' },
      { type: 'interface', alternate: 1, class: 3, protocol: 1 },
      body('10 01 00 01 22 34 12'),
    ]);
    const dfu = { attributes: { download: true, willDetach: true }, detachTimeout: 255, transferSize: 4096 };
    expect(descriptorsOf({ protocol: 2, dfu })).toMatchObject([
      { type: 'interface', class: 0xfe, subClass: 1, protocol: 2 },
      body('09 ff 00 00 10 10 01'),
    ]);
    const [setting, ccid] = descriptorsOf({ ccid: { slots: 2, voltages: ['5 V', '1.8 V'], protocols: ['T=0'] } })!;
    expect(setting).toMatchObject({ class: 0x0b });
    expect(ccid?.type === 'class' && [...ccid.body.subarray(0, 5)]).toEqual([0x10, 1, 1, 0b101, 1]);
  });

  it('tells Windows something about each interface, if anything about one', () => {
    const definition: ProgramFunction = {
      interfaces: {
        a: {},
        b: {
          microsoftOs: {
            compatibleId: 'WINUSB',
            properties: { Label: 'scope', Path: { text: '%x%', as: 'expand' }, Icon: { bytes: [1, 2] } },
          },
        },
      },
    };
    const latin1 = (text: string) => new TextEncoder().encode(text);
    expect(blobsOf(definition).descriptors.os).toEqual([
      {
        type: 'compatible-ids',
        interface: 0,
        functions: [
          { firstInterface: 0, compatibleId: '', subCompatibleId: '' },
          { firstInterface: 1, compatibleId: 'WINUSB', subCompatibleId: '' },
        ],
      },
      {
        type: 'properties',
        interface: 1,
        properties: [
          { dataType: 1, name: 'Label\0', data: latin1('scope\0') },
          { dataType: 2, name: 'Path\0', data: latin1('%x%\0') },
          { dataType: 3, name: 'Icon\0', data: Uint8Array.of(1, 2) },
        ],
      },
    ]);
    expect(blobsOf({}).descriptors.os).toBeUndefined();
    const other = functionBlobs({ ...ids, microsoftOs: {}, functions: { f: {} } }, 'f', {});
    expect(decodeDescriptors(other.descriptors).os).toHaveLength(1);
  });

  it('has plain text in the language of the gadget', () => {
    expect(blobsOf({ description: 'links' }, { language: 'de-DE' }).strings).toEqual([
      { language: 0x0407, strings: ['links'] },
    ]);
  });

  it('has no strings where none is needed', () => {
    expect(blobsOf({ endpoints: { a: bulk.in() } }).strings).toEqual([]);
  });

  it('asks for the control requests that the function wants', () => {
    const { descriptors } = blobsOf({ allControlRecipients: true, setupBeforeConfiguration: true });
    expect(descriptors).toMatchObject({ allControlRecipients: true, config0Setup: true });
  });

  it('numbers endpoints one by one, and IN and OUT apart where there are too many for that', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`e${n}`, n % 2 === 0 ? bulk.in() : bulk.out()]));
    expect(endpointPlans({ endpoints: many(4) }).map(({ file, number }) => `${file} ${number}`)).toEqual([
      'ep1 1',
      'ep2 2',
      'ep3 3',
      'ep4 4',
    ]);
    const thirty = endpointPlans({ endpoints: many(ENDPOINTS_MAX) });
    expect(thirty.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, n) => 1 + (n >> 1)));
  });

  it('is accepted by FunctionFS, whatever the gadget', () => {
    fc.assert(
      fc.property(arbitraryGadget(), (gadget) => {
        for (const [name, definition] of programFunctions(gadget)) {
          const { descriptors, strings } = functionBlobs(gadget, name, definition);
          expect(validateDescriptors(descriptors)).toBeUndefined();
          const needed = decodeDescriptors(descriptors).full?.filter((one) => 'string' in one && one.string > 0);
          for (const table of decodeStrings(strings)) expect(table.strings).toHaveLength(needed?.length ?? 0);
        }
      }),
      { numRuns: 50 },
    );
  });
});
