import type { GadgetConfig, InterfaceOsDescriptors } from '@gadgetloom/udc';
import { decodeBos, WEBUSB_UUID } from '@gadgetloom/udc';
import { describe, expect, it } from 'vitest';
import { boundGadget } from '../../test/rig.ts';
import { type Control, setup } from '../../test/tiny-controller.ts';
import { TinyFunction } from '../../test/tiny-function.ts';

const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const wide = (text: string): number[] => [...text].flatMap((letter) => [letter.charCodeAt(0), 0]);
const bytes = (outcome: Control): number[] => {
  if (typeof outcome === 'string') throw new Error(`no data, but ${outcome}`);
  return outcome.data;
};

describe('Microsoft OS descriptors', () => {
  const VENDOR = 0x77;
  const COMPATIBLE = (length: number) => setup(0xc0, VENDOR, 0, 4, length);
  const PROPERTIES = (interfaceNumber: number, length: number) => setup(0xc1, VENDOR, interfaceNumber, 5, length);
  const WINUSB = Uint8Array.from([...ascii('WINUSB'), ...new Array<number>(10).fill(0)]);

  function rig(described: readonly InterfaceOsDescriptors[], fields: Partial<GadgetConfig> = {}) {
    const one = new TinyFunction([], 'tiny.a', { interfaces: 2 });
    one.osDescriptors = () => described;
    return { ...boundGadget([one], { osDescriptors: { vendorCode: VENDOR }, ...fields }), one };
  }

  it('are announced by string 0xee, without a language', () => {
    const { controller, one } = rig([]);
    expect(one.binding?.osDescriptors).toBe(true);
    expect(bytes(controller.control(setup(0x80, 6, 0x03ee, 0, 255)))).toEqual([18, 3, ...wide('MSFT100'), VENDOR, 0]);
    expect(controller.control(setup(0x80, 6, 0x03ee, 0x409, 255))).toBe('stall EINVAL');
  });

  it('the signature can be another one, of at most seven letters', () => {
    const { controller } = rig([], { osDescriptors: { vendorCode: 1, signature: 'LOOM100X' } });
    expect(bytes(controller.control(setup(0x80, 6, 0x03ee, 0, 255)))).toEqual([18, 3, ...wide('LOOM100'), 1, 0]);
  });

  it('give the compatible ids of all interfaces', () => {
    const { controller } = rig([{ interfaceNumber: 1, compatibleId: WINUSB }]);
    const header = [40, 0, 0, 0, 0, 1, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    expect(bytes(controller.control(COMPATIBLE(16)))).toEqual(header);
    expect(bytes(controller.control(COMPATIBLE(40)))).toEqual([...header, 1, 1, ...WINUSB, 0, 0, 0, 0, 0, 0]);
    expect(bytes(controller.control(COMPATIBLE(20)))).toEqual([...header, 1, 1, 0x57, 0x49]);
  });

  it('give the properties of one interface', () => {
    const { controller } = rig([
      {
        interfaceNumber: 0,
        compatibleId: WINUSB,
        properties: [
          { type: 1, name: 'Ab', data: 'xy' },
          { type: 3, name: 'C', data: Uint8Array.of(9, 8) },
        ],
      },
    ]);
    const first = [26, 0, 0, 0, 1, 0, 0, 0, 6, 0, ...wide('Ab\0'), 6, 0, 0, 0, ...wide('xy\0')];
    const second = [20, 0, 0, 0, 3, 0, 0, 0, 4, 0, ...wide('C\0'), 2, 0, 0, 0, 9, 8];
    const header = [56, 0, 0, 0, 0, 1, 5, 0, 2, 0];
    expect(bytes(controller.control(PROPERTIES(0, 10)))).toEqual(header);
    expect(bytes(controller.control(PROPERTIES(0, 200)))).toEqual([...header, ...first, ...second]);
    expect(bytes(controller.control(PROPERTIES(1, 200)))).toEqual([10, 0, 0, 0, 0, 1, 5, 0, 0, 0]);
  });

  it('stop before a property that does not fit into 4096 bytes', () => {
    const properties = [1, 2, 3].map(() => ({ type: 3, name: 'C', data: new Uint8Array(2000) }));
    const { controller } = rig([{ interfaceNumber: 0, compatibleId: WINUSB, properties }]);
    const answer = bytes(controller.control(PROPERTIES(0, 4096)));
    expect(answer).toHaveLength(10 + 2 * 2018);
    expect(answer.slice(0, 4)).toEqual([0, 16, 0, 0]);
  });

  it.each([
    ['another index', setup(0xc0, VENDOR, 0, 5, 16)],
    ['a page', setup(0xc0, VENDOR, 0x0100, 4, 16)],
    ['an interface that is not there', PROPERTIES(2, 16)],
    ['an endpoint', setup(0xc2, VENDOR, 0, 4, 16)],
  ])('refuse %s', (_, request) => {
    expect(rig([]).controller.control(request)).toBe('stall EOPNOTSUPP');
  });

  it('refuse a property of a type that the kernel does not know how to send', () => {
    const properties = [{ type: 4, name: 'C', data: Uint8Array.of(1, 0, 0, 0) }];
    const { controller } = rig([{ interfaceNumber: 0, properties }]);
    expect(controller.control(PROPERTIES(0, 200))).toBe('stall EINVAL');
  });

  it('describe the configuration that is chosen, which then comes first', () => {
    const configurations = [
      { value: 1, functions: [{ type: 'tiny', instance: 'a' }] },
      { value: 2, label: 'os', functions: [{ type: 'tiny', instance: 'a' }] },
    ];
    const { controller } = rig([{ interfaceNumber: 0, compatibleId: WINUSB }], {
      configurations,
      osDescriptors: { vendorCode: VENDOR, configuration: 2 },
    });
    expect(bytes(controller.control(setup(0x80, 6, 0x0200, 0, 9)))[5]).toBe(2);
    expect(bytes(controller.control(setup(0x80, 6, 0x0201, 0, 9)))[5]).toBe(1);
  });
});

describe('WebUSB', () => {
  const VENDOR = 0x21;
  const URL = (length: number) => setup(0xc0, VENDOR, 1, 2, length);
  const rig = (landingPage?: string) =>
    boundGadget([new TinyFunction([], 'tiny.a')], {
      webUsb: { vendorCode: VENDOR, ...(landingPage === undefined ? {} : { landingPage }) },
    }).controller;

  it('is announced in the BOS descriptor of a 2.01 device', () => {
    const controller = rig('https://loom.example');
    expect(decodeBos(Uint8Array.from(bytes(controller.control(setup(0x80, 6, 0x0f00, 0, 255)))))).toEqual([
      { type: 'platform', uuid: WEBUSB_UUID, data: Uint8Array.of(0x00, 0x01, VENDOR, 1) },
    ]);
    expect(bytes(controller.control(setup(0x80, 6, 0x0100, 0, 18))).slice(2, 4)).toEqual([0x01, 0x02]);
    expect(bytes(rig().control(setup(0x80, 6, 0x0f00, 0, 255))).at(-1)).toBe(0);
  });

  it.each([
    ['https://loom.example', 1, 'loom.example'],
    ['HTTP://loom.example', 0, 'loom.example'],
    ['ftp://loom.example', 255, 'ftp://loom.example'],
  ] as const)('gives the landing page %s with scheme %i', (page, scheme, rest) => {
    expect(bytes(rig(page).control(URL(255)))).toEqual([3 + rest.length, 3, scheme, ...ascii(rest)]);
  });

  it('of 252 bytes is whole for a host that asks for 255, and three shorter for one that asks for more', () => {
    const controller = rig(`https://${'x'.repeat(252)}`);
    expect(bytes(controller.control(URL(255)))).toHaveLength(255);
    expect(bytes(controller.control(URL(300)))).toHaveLength(252);
  });

  it('cuts the address, and says so in bLength', () => {
    const controller = rig('https://loom.example');
    expect(bytes(controller.control(URL(7)))).toEqual([7, 3, 1, ...ascii('loom')]);
    expect(bytes(controller.control(URL(2)))).toEqual([3, 3, 1]);
  });

  it('fills up with zeros where only the scheme would not have fitted', () => {
    expect(bytes(rig('https://a.b').control(URL(10)))).toEqual([10, 3, 1, ...ascii('a.b'), 0, 0, 0, 0]);
  });

  it.each([
    ['another URL', setup(0xc0, VENDOR, 2, 2, 255)],
    ['another request', setup(0xc0, VENDOR + 1, 1, 2, 255)],
  ])('has no answer to %s', (_, request) => {
    expect(rig('https://a.b').control(request)).toBe('stall EOPNOTSUPP');
  });
});
